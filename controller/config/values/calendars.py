"""`windows`, `freeze` and `finish_by` → the calendar of the core. Reads the calendar files."""

from collections.abc import Iterator
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Final

from controller.config.sections.rollout import Rollout
from controller.config.text import calendar_words, ics
from controller.config.text.document import Document
from controller.config.text.places import Trail
from controller.config.text.scalars import Wrong
from controller.errors import ConfigurationError, Fault
from controller.windows.calendar import Calendar, Freeze

MAX_BYTES: Final = 4 * 1024 * 1024
"""Of a calendar file: thousands of events fit in."""


def calendar_of(rollout: Rollout, document: Document, path: Path, folder: str) -> Calendar:
    """`path`: of the rollout file; `folder`: what paths in it are relative to. Raises
    ConfigurationError."""
    windows = tuple(calendar_words.window(text) for text in rollout.windows)
    by = calendar_words.finish_by(rollout.finish_by) if rollout.finish_by is not None else None
    zones = list(dict.fromkeys(window.zone for window in windows)) or ([by.zone] if by else [])
    only_one = zones[0] if len(zones) == 1 else None
    faults: list[Fault] = []
    freezes: list[Freeze] = []
    for index, entry in enumerate(rollout.freeze):
        trail: Trail = ("freeze", index)
        try:
            if entry.ics is not None:
                trail = (*trail, "ics")
                freezes += _of_file(Path(folder, entry.ics), only_one)
            else:
                freezes.append(calendar_words.freeze(entry.dates, only_one))
        except Wrong as wrong:
            faults.append(document.fault(trail, str(wrong)))
    if faults:
        raise ConfigurationError(str(path), tuple(faults))
    zone: tzinfo = zones[0] if zones else UTC
    return Calendar(windows, tuple(freezes), by, zone)


def _of_file(path: Path, zone: tzinfo | None) -> Iterator[Freeze]:
    """Raises Wrong."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "this cannot be the name of a file"
        raise Wrong(f"{path} cannot be read: {why}") from None
    if len(raw) > MAX_BYTES:
        raise Wrong(f"{path} is longer than {MAX_BYTES // 1024**2} MiB; leave old events out")
    try:
        yield from ics.freezes_of(raw.decode("utf-8"), zone)
    except UnicodeDecodeError:
        raise Wrong(f"{path} is not UTF-8; save the file in that encoding") from None
    except Wrong as wrong:
        raise Wrong(f"{path}: {wrong}") from None
