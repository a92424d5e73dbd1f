"""Load and parse a rollout file: all its faults at once, or a valid RolloutFile."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from controller.config.checks.contradictions import contradictions
from controller.config.checks.doubts import doubts_about
from controller.config.checks.empty_values import empty_values
from controller.config.checks.exposures import exposures
from controller.config.checks.faults import faults_of
from controller.config.checks.templates import template_faults
from controller.config.rollout_file import RolloutFile, folder_of
from controller.config.sections.rollout import Rollout
from controller.config.sets import option_faults
from controller.config.text.document import MAX_BYTES, Document, read
from controller.config.values.alone import alone_faults
from controller.config.values.filling import variables
from controller.config.values.inventory import with_inventory
from controller.config.values.metrics_servers import Servers, filled_faults, servers_of
from controller.config.values.pair import pair_faults
from controller.config.values.scripted import hosts_faults
from controller.config.values.settings import known_at_load, settings_of
from controller.errors import ConfigurationError, Fault

STDIN = "-"
"""In place of a path: standard input."""

MAX_FAULTS = 100
"""More than anyone fixes in one go; a file of another kind has thousands."""

_NO_SETS: Mapping[str, str] = {}


def load(
    path: Path,
    sets: Mapping[str, str] = _NO_SETS,
    *,
    only: Sequence[str] = (),
    canaries_only: bool = False,
) -> RolloutFile:
    """The rollout file at `path`, or on standard input. Raises ConfigurationError."""
    text = decode(_bytes(path), str(path))
    return parse(text, str(path), sets, only=only, canaries_only=canaries_only)


def reload(file: RolloutFile) -> RolloutFile:
    """The file at the same path as it is now; `file` itself where its text is still the same.

    Raises ConfigurationError.
    """
    text = decode(_bytes(file.path), str(file.path))
    return file if text == file.text else parse(text, str(file.path), file.sets)


def parse(
    text: str,
    file: str,
    sets: Mapping[str, str] = _NO_SETS,
    *,
    only: Sequence[str] = (),
    canaries_only: bool = False,
) -> RolloutFile:
    """A rollout file from its text. `file` is its path; commands run in its folder.

    Raises ConfigurationError.
    """
    document = read(text)
    if document.data is None:
        raise _refusal(file, document.faults)
    folder = folder_of(Path(file))
    rollout, faults = _rollout(document)
    rollout, missing = with_inventory(rollout, folder)
    faults += [document.fault(*found) for found in missing]
    faults += template_faults(document)
    faults += contradictions(document)
    faults += option_faults(document.data, sets, canaries_only=canaries_only)
    if rollout is None or faults or document.faults:
        raise _refusal(file, (*document.faults, *faults))
    faults += empty_values(document, rollout, sets)
    values = {**variables(rollout.vars), **sets}
    servers = Servers(known_at_load(rollout, values), folder)
    faults += [document.fault(*found) for found in filled_faults(rollout, servers)]
    faults += hosts_faults(rollout, servers.known, document, file)
    faults += alone_faults(rollout, servers.known, document, file)
    faults += pair_faults(rollout, servers.known, document, file)
    if faults:
        raise _refusal(file, faults)
    asked = servers_of(rollout, servers)
    settings = settings_of(
        rollout,
        values,
        folder,
        only=only,
        canaries_only=canaries_only,
        warnings=(*doubts_about(rollout, sets), *exposures(rollout, asked, folder)),
    )
    return RolloutFile(Path(file), text, dict(sets), settings, document, rollout, asked)


def decode(raw: bytes, file: str) -> str:
    """Raises ConfigurationError when `raw` is too long or not UTF-8."""
    if len(raw) > MAX_BYTES:
        raise _refusal(
            file, [Fault(0, 0, "", "longer than 1 MiB; a rollout file is a page or two")]
        )
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        message = "this is not UTF-8; save the file in that encoding"
        raise _refusal(file, [Fault(line, column, "", message)]) from None


def _bytes(path: Path) -> bytes:
    try:
        if str(path) == STDIN:
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        message = "no such file; check the path"
    except IsADirectoryError:
        message = "this is a folder; name the rollout file in it"
    except PermissionError:
        message = "permission denied; check its owner and mode"
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
    except ValueError:
        message = "this cannot be the name of a file; check the path"
    raise _refusal(str(path), [Fault(0, 0, "", message)])


def _rollout(document: Document) -> tuple[Rollout | None, list[Fault]]:
    try:
        return Rollout.model_validate(document.data), []
    except ValidationError as error:
        return None, faults_of(error, document)


def _refusal(file: str, faults: Iterable[Fault]) -> ConfigurationError:
    ordered = sorted(
        dict.fromkeys(faults),
        key=lambda fault: (fault.line == 0, fault.line, fault.column, fault.path, fault.message),
    )
    rest = len(ordered) - MAX_FAULTS
    if rest > 0:
        ordered[MAX_FAULTS:] = [Fault(0, 0, "", f"and {rest} more faults; fix these first")]
    return ConfigurationError(file, tuple(ordered))
