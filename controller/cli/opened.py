"""Opens the state, for the commands about an unfinished rollout."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from controller import bootstrap
from controller.core.outcome import Outcome
from controller.errors import PoolHeld, Refused
from controller.journal.replay import replayed
from controller.lifecycle import Unfinished, complete, lacks_outcome, next_commands, unfinished
from controller.ports import Journal, Store
from controller.records import RolloutRow
from controller.report.run.summary import over


@dataclass(frozen=True, slots=True)
class Opened:
    """The state, and the unfinished rollout that an operator means."""

    store: Store
    place: bootstrap.StatePlace
    former: Unfinished


@contextlib.asynccontextmanager
async def open_unfinished(
    name: str, state: str | None, *, or_aborted: bool = False
) -> AsyncIterator[Opened]:
    """`or_aborted`: also the newest one, if an abort has ended it. Raises Refused, StateError."""
    place = bootstrap.state_place(state)
    if not await bootstrap.has_state(place):
        raise Refused(bootstrap.no_state(place))
    async with contextlib.aclosing(bootstrap.open_state(place, create=False)) as store:
        await _complete(store.journal, place, name)
        former = await unfinished(store.journal, name)
        if former is None and or_aborted:
            former = await _aborted(store.journal, name)
        if former is None:
            raise Refused(*await over_already(store.journal, place, name))
        yield Opened(store, place, former)


async def read_again(opened: Opened) -> Opened:
    """Under the lock on its name: whoever held that until now may have gone on with the rollout.

    Raises Refused where it has ended since, StateError.
    """
    journal, row = opened.store.journal, opened.former.row
    await complete(journal, row.name)
    former = await unfinished(journal, row.name)
    if former is None:
        raise Refused(*await over_already(journal, opened.place, row.name))
    if former.row.id != row.id:
        raise Refused(
            f"rollout {row.id} was ended a moment ago, and another one of that name was begun, "
            f"{former.row.id}: say it again if that one is meant"
        )
    return replace(opened, former=former)


async def _complete(journal: Journal, place: bootstrap.StatePlace, name: str) -> None:
    """Only what no process runs: one that lives is about to note the outcome itself, and whoever
    writes to a journal in a cluster takes it from the one who did."""
    if not await lacks_outcome(journal, name):
        return
    with contextlib.suppress(PoolHeld):
        async with bootstrap.lock(place).hold(name):
            await complete(journal, name)


async def _aborted(journal: Journal, name: str) -> Unfinished | None:
    row = await journal.latest(name)
    if row is None or row.outcome != Outcome.ABORTED or row.pruned:
        return None
    found = await replayed(journal, row.id)
    return Unfinished(row, found.plan, found.state, await journal.key())


async def over_already(journal: Journal, place: bootstrap.StatePlace, name: str) -> list[str]:
    """There is no unfinished rollout of that name: say how the last one ended."""
    row = await _newest_over(journal, name)
    none = f"no unfinished rollout {name!r} in {place}"
    if row is None:
        names = ", ".join(sorted(each.name for each in await journal.newest())) or "none"
        return [f"{none}; known names: {names}"]
    if row.pruned:
        return [f"{none}; the last one ended {row.outcome}, and was pruned"]
    found = await replayed(journal, row.id)
    commands = next_commands(bootstrap.place_to_name(place), row, found.plan, found.state)
    return over(none, row, found.plan, found.state, commands)


async def _newest_over(journal: Journal, name: str) -> RolloutRow | None:
    """Also one whose outcome is about to be noted by its own process."""
    for row in await journal.rollouts(name, 2):
        if row.outcome is not None:
            return row
        over = (await replayed(journal, row.id)).state.finished
        if over is not None and over.outcome.is_final:
            return replace(row, outcome=over.outcome, exit_code=over.exit_code)
    return None
