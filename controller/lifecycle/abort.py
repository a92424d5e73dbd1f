"""Ends a rollout for good that no process has in hand."""

from collections.abc import Callable, Sequence

from controller.core.events import AbortRequested, Finished
from controller.core.outcome import ExitCode, Outcome
from controller.core.state.apply import apply
from controller.core.state.state import State
from controller.errors import Refused
from controller.journal.codec import encode
from controller.journal.unfinished import Unfinished
from controller.lifecycle.begin import began
from controller.lifecycle.changes import as_it_was_run, without_secrets
from controller.lifecycle.options import Prepared, Wishes, World
from controller.lifecycle.run import carry_out
from controller.ports import Hold
from controller.preflight.survey import reach, survey
from controller.report.words import names
from controller.runner.loop import Runner
from controller.runner.recorder import Narrator


async def abort_at_rest(
    world: World,
    hold: Hold,
    former: Unfinished,
    restore: bool,
    narrators: Sequence[Narrator],
    on_start: Callable[[Runner], None],
) -> State:
    """End a rollout for good that no process has in hand, from the file as it was run. Without
    `restore` the journal is enough, where a load balancer does not answer."""
    file = as_it_was_run(former) if restore else without_secrets(former.row)
    try:
        reached = await reach(world.balancer, file.settings.selection)
    except Refused as refused:
        if restore:
            raise
        return await _abort_unasked(world, hold, former, refused, narrators)
    await hold.add(reached.keys)
    found = await survey(file, reached, None, former.plan.purpose)
    prepared = Prepared(
        former.row,
        former.plan,
        former.state,
        (began(world, former.plan, Wishes()), AbortRequested(world.by, restore)),
        found,
        is_new=False,
        abandoned=None,
    )
    return await carry_out(world, hold, prepared, narrators, None, on_start)


async def _abort_unasked(
    world: World,
    hold: Hold,
    former: Unfinished,
    refused: Refused,
    narrators: Sequence[Narrator],
) -> State:
    """The end of a rollout, from the journal alone. What is out stays known to later ones (S8)."""
    row, journal, state = former.row, world.journal, former.state
    await hold.add({one.key for one in await journal.taken_by(row.id)})
    ending = Finished(
        Outcome.ABORTED, ExitCode.STOPPED, f"by {world.by}; {_by_the_journal(state, refused)}"
    )
    for event in (
        began(world, former.plan, Wishes()),
        AbortRequested(world.by, restore=False),
        ending,
    ):
        now = world.clock.now()
        after = apply(former.plan, state, event, now)
        await journal.append(row.id, now, *encode(event))
        for narrator in narrators:
            narrator.tell(event, state, after)
        state = after
    await journal.end(row.id, ending.outcome, ending.exit_code)
    return state


def _by_the_journal(state: State, refused: Refused) -> str:
    """What is known of the members without a load balancer's word."""
    out = [m.name for m in state.members.values() if m.placement.found is not None]
    busy = [m.name for m in state.members.values() if m.progress.unfinished]
    words = f"no load balancer was told anything ({'; '.join(refused.reasons)}); by the journal, "
    words += f"out because of us: {names(out)}"
    return words + (f"; a step may be running still on {names(busy)}" if busy else "")
