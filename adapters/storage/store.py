"""Opens the journal and the requests of a state folder."""

from functools import partial
from pathlib import Path

from adapters.storage.connection import Connection
from adapters.storage.database import SCHEMA, create_schema, mapped
from adapters.storage.flocks import guard, is_locked
from adapters.storage.folder import DATABASE, exists, make_file, make_folder, mend
from adapters.storage.journal import SqliteJournal
from adapters.storage.key import keep_key
from adapters.storage.migration import migrate
from adapters.storage.requests import SqliteRequests
from adapters.storage.reserve import keep
from adapters.storage.tables import Tables
from adapters.storage.worker import Worker
from controller.errors import StateError
from controller.ports import Clock


class SqliteStore:
    """Implements `controller.ports.Store`."""

    def __init__(self, worker: Worker, clock: Clock) -> None:
        self._worker = worker
        self.journal = SqliteJournal(worker)
        self.requests = SqliteRequests(worker, clock)

    async def aclose(self) -> None:
        await self._worker.aclose()


def open_store(folder: Path, clock: Clock, *, create: bool) -> SqliteStore:
    """To write in the state folder `folder`; with `create`, it and its journal are made where
    missing. A journal of a former version is migrated, unless this user may only read it.

    Raises StateError when there is none, or when it cannot be used.
    """
    return SqliteStore(Worker(partial(open_tables, folder, clock, create=create)), clock)


def read_store(folder: Path, clock: Clock) -> SqliteStore:
    """The same only to read, as it is, also while a former version writes it."""
    return SqliteStore(Worker(partial(read_tables, folder, clock)), clock)


def open_tables(folder: Path, clock: Clock, *, create: bool) -> Tables:
    """As `open_store`, for one thread."""
    if create:
        make_folder(folder)
        path = folder / DATABASE
        with guard(folder), mapped(path):
            make_file(path)
            create_schema(path)
            keep(folder)
            keep_key(folder)
    _require_state(folder)
    mend(folder)
    _bring_up_to_date(folder)
    return Tables(folder, clock)


def read_tables(folder: Path, clock: Clock) -> Tables:
    """As `read_store`, for one thread."""
    _require_state(folder)
    return Tables(folder, clock)


def _require_state(folder: Path) -> None:
    if not exists(folder):
        raise StateError(f"there is no state in {folder}: this state folder was never used")


def _bring_up_to_date(folder: Path) -> None:
    """Migrate a journal of an older version. A running process of that version could not use it any
    more, so the migration is refused meanwhile. Raises StateError."""
    db = Connection(folder)
    try:
        if db.version == SCHEMA or db.is_read_only:
            return
        with guard(folder) as locks:
            held = sorted(path.stem for path in locks.glob("*.lock") if is_locked(path))
            if held:
                raise StateError(
                    f"the journal in {folder} is in use by an older version of poolroll, which "
                    f"runs {', '.join(map(repr, held))}: wait until it ends, or use that version"
                )
            with db.writing() as writing:
                if db.version != SCHEMA:
                    migrate(writing, db.version)
    finally:
        db.close()
