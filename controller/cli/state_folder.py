"""Opening the state folder, for the commands that only read it."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from controller import bootstrap
from controller.errors import Refused
from controller.ports import Journal, Store
from controller.records import RolloutRow


@contextlib.asynccontextmanager
async def known(state: str | None) -> AsyncIterator[tuple[Store, Path]]:
    """Journal and requests, and their folder. Raises Refused when there is none, StateError."""
    folder = bootstrap.state_folder(state)
    if not bootstrap.exists(folder):
        raise Refused(bootstrap.no_state(folder))
    async with contextlib.aclosing(bootstrap.read_state(folder)) as store:
        yield store, folder


async def find(journal: Journal, folder: Path, wanted: str | None) -> RolloutRow:
    """The rollout with that id, else the newest of that name; without either, the newest of all.
    Raises Refused, StateError."""
    rows = await journal.rollouts()
    named = [row for row in rows if wanted in (row.id, None)]
    named += [row for row in rows if row.name == wanted]
    if not named:
        known_names = ", ".join(sorted({row.name for row in rows})) or "none"
        raise Refused(
            f"no rollout {wanted or ''} in {folder}".replace("  ", " ")
            + f"; known names: {known_names}"
        )
    return named[0]
