"""Opening the state, for the commands that only read it."""

import contextlib
from collections.abc import AsyncIterator

from controller import bootstrap
from controller.errors import Refused
from controller.ports import Journal, Store
from controller.records import RolloutRow


@contextlib.asynccontextmanager
async def known(state: str | None) -> AsyncIterator[tuple[Store, bootstrap.StatePlace]]:
    """Journal and requests, and where they are. Raises Refused when there is none, StateError."""
    place = bootstrap.state_place(state)
    if not await bootstrap.has_state(place):
        raise Refused(bootstrap.no_state(place))
    async with contextlib.aclosing(bootstrap.read_state(place)) as store:
        yield store, place


async def find(journal: Journal, place: bootstrap.StatePlace, wanted: str | None) -> RolloutRow:
    """The rollout with that id, else the newest of that name; without either, the newest of all.
    Raises Refused, StateError."""
    rows = await journal.rollouts()
    named = [row for row in rows if wanted in (row.id, None)]
    named += [row for row in rows if row.name == wanted]
    if not named:
        known_names = ", ".join(sorted({row.name for row in rows})) or "none"
        raise Refused(
            f"no rollout {wanted or ''} in {place}".replace("  ", " ")
            + f"; known names: {known_names}"
        )
    return named[0]
