"""The rollout file of a rollout that has begun: the journal's copy, and the file at its path."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from controller.config import (
    RolloutFile,
    fingerprint,
    key_fault,
    load,
    notices_fingerprint,
    parse,
    reload,
)
from controller.errors import ConfigurationError, Fault, Refused
from controller.journal.unfinished import Unfinished
from controller.lifecycle.owners import astray, distrust
from controller.records import RolloutRow


@dataclass(frozen=True, slots=True)
class FormerFile:
    """The rollout file of a rollout that has begun."""

    path: str
    kept: RolloutFile | ConfigurationError
    """As the journal has it, without its secrets, or why this version cannot read that."""
    now: RolloutFile | ConfigurationError
    """As it is at its path now, or why it is not used."""
    is_ours: bool = True
    """Whether nobody but this user and root can have written the journal's copy."""


def former_file(row: RolloutRow, *, is_ours: bool = True) -> FormerFile:
    kept = _read(lambda: parse(row.file, row.path, row.sets))
    if isinstance(kept, RolloutFile) and (why := astray(kept, is_ours=is_ours)):
        kept = _refusal(row.path, f"in the journal: {why}")
    if why := distrust(Path(row.path)):
        now: RolloutFile | ConfigurationError = _refusal(row.path, why)
    elif isinstance(kept, ConfigurationError):
        now = _read(lambda: load(Path(row.path), row.sets))
    else:
        now = _read(lambda: reload(kept))
    return FormerFile(row.path, kept, now, is_ours)


def _refusal(path: str, why: str) -> ConfigurationError:
    return ConfigurationError(path, (Fault(0, 0, "", f"{why}: nothing in it is run or read"),))


def _read(read: Callable[[], RolloutFile]) -> RolloutFile | ConfigurationError:
    try:
        return read()
    except ConfigurationError as error:
        return error


def file_of_pool(former: Unfinished, file: FormerFile) -> RolloutFile | ConfigurationError:
    """A rollout file that says where the load balancers of a rollout are: the journal's copy, or
    the file at its path where it is still the same. Else why there is none."""
    if isinstance(file.kept, RolloutFile):
        return file.kept
    if isinstance(file.now, RolloutFile) and is_unchanged(former, file.now):
        return file.now
    return file.kept


def as_it_was_run(former: Unfinished, file: FormerFile) -> RolloutFile:
    """The rollout file of a rollout, with its secrets, which are read again from its path. Where
    others share the journal, its copy is enough for a file that runs no command and names no
    secret.

    Raises Refused when the file there has changed since the run, or is somebody else's.
    """
    is_enough = isinstance(file.kept, RolloutFile) and (file.is_ours or not file.kept.reaches_out)
    for one in (file.kept if is_enough else None, file.now):
        if isinstance(one, RolloutFile) and is_unchanged(former, one):
            return one
    why = "the rollout file has secrets, which the journal does not keep"
    if not is_enough:
        why = "the rollout file names commands or secrets, and others may write this journal"
    if isinstance(file.kept, ConfigurationError):
        why = f"the copy of the rollout file in the journal cannot be read ({_first(file.kept)})"
    if fault := key_fault(former.state.fingerprint, former.key):
        raise Refused(f"{why}, and {fault} (without --restore)")
    now = "has changed since the run"
    if isinstance(file.now, ConfigurationError):
        now = f"cannot be used ({_first(file.now)})"
    raise Refused(
        f"{why}, and {file.path} {now}: restore that file as it was run, or abort without --restore"
    )


def refuse_other_notices(former: Unfinished, file: RolloutFile) -> None:
    """Whoever wrote into `notify` since would have it run now. Raises ConfigurationError."""
    was = former.state.notices
    if notices_fingerprint(file, former.row.id, former.key, like=was) != was:
        why = "`notify` or `heartbeat` is not as the run had it"
        if fault := key_fault(was, former.key):
            why = fault
        if not was:
            why = "the run was of a former version, which did not record whom it tells"
        raise _refusal(str(file.path), why)


def _first(error: ConfigurationError) -> str:
    fault = error.faults[0]
    return f"{fault.path}: {fault.message}" if fault.path else fault.message


def is_unchanged(former: Unfinished, file: RolloutFile) -> bool:
    was = former.state.fingerprint
    return fingerprint(file, former.row.id, former.key, like=was) == was
