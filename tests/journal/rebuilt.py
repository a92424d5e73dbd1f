"""State folders as SQL text, and back: what former versions of poolroll wrote is kept like this."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from adapters.storage.folder import DATABASE

RECORDED: Final = Path(__file__).with_name("recorded")

_HEADER: Final = ("journal_mode", "application_id", "user_version")
"""Kept in the header of an SQLite file, which a dump leaves out."""


_JOB: Final = "-- job "
"""Before the folder of each execution of a step, which a resumed rollout must find again."""


def dumped(folder: Path) -> str:
    """The journal of a state folder as SQL."""
    jobs = sorted(folder.glob("jobs/*/*/*"))
    with closing(sqlite3.connect(folder / DATABASE)) as db:
        header = [
            f"PRAGMA {name} = {db.execute(f'PRAGMA {name}').fetchone()[0]};" for name in _HEADER
        ]
        notes = [f"{_JOB}{job.relative_to(folder / 'jobs')}" for job in jobs]
        return "\n".join([*header, *db.iterdump(), *notes, ""])


def rebuild(script: str, folder: Path) -> None:
    """Make the state folder `folder` with the journal that `script` holds; no jobs are in it."""
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / DATABASE)) as db:
        db.executescript(script)


def jobs_of(script: str) -> list[str]:
    """Keys of the executions that the state folder held."""
    return [line.removeprefix(_JOB) for line in script.splitlines() if line.startswith(_JOB)]
