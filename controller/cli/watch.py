"""`status --watch`: the board of a rollout that another process runs."""

from controller import bootstrap
from controller.cli.narrator import Narrating, narrator_for
from controller.cli.pool_of import pool_of
from controller.cli.show import show
from controller.cli.state_folder import find, known
from controller.core.events import Event, Observation
from controller.core.state.state import State
from controller.lifecycle.beside import Beside
from controller.report.status.values import kept_file

FOOTER = "watching from beside: Ctrl-C ends this view, and leaves the rollout alone"


async def watch(name: str | None, state: str | None) -> None:
    """Until the rollout has finished, or nobody runs it any more."""
    async with known(state) as (store, place):
        row = await find(store.journal, place, name)
        lock = bootstrap.lock(place)
        if await lock.holder(row.name) is None:
            show(f"no process runs rollout {row.name!r} now", err=True)
            return
        pool = pool_of(kept_file(row), place)
        if isinstance(pool, str):
            show(f"only the journal is shown: {pool}", err=True)
        asked = None if isinstance(pool, str) else pool
        one = Beside(store.journal, row, asked, lock, bootstrap.clock())
        narrator = narrator_for(row.name, one.clock, "text", footer=lambda: FOOTER)
        await one.read(lambda *told: _caught_up(narrator, one, *told))
        narrator.start()
        try:
            await one.follow(narrator.tell)
        finally:
            narrator.stop()


def _caught_up(
    narrator: Narrating, one: Beside, event: Event | Observation, before: State, after: State
) -> None:
    """What happened before is on the board, and no line above it."""
    if one.plan is not None:
        narrator.watch(one.plan, None, one.row.id)
    narrator.catch_up(event, before, after)
