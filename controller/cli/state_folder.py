"""Opening the state, for the commands that only read it."""

import contextlib
import json
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
    if wanted is None:
        found = next(iter(await journal.rollouts(most=1)), None)
    else:
        found = await journal.rollout(wanted) or await journal.latest(wanted)
    if found is None:
        names = ", ".join(sorted(row.name for row in await journal.newest())) or "none"
        raise Refused(
            f"no rollout {wanted or ''} in {place}".replace("  ", " ") + f"; known names: {names}"
        )
    if found.pruned:
        left = json.loads(found.pruned)
        raise Refused(
            f"the records of rollout {found.id} were pruned by {left['by']} on "
            f"{left['wall'][:10]}; `history {found.id}` still tells how it ended"
        )
    return found
