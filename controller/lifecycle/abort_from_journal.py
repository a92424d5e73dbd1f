"""Ends a rollout from its journal alone, without its rollout file and load balancers."""

from collections.abc import Sequence

from controller.core.events import AbortRequested, Finished
from controller.core.outcome import ExitCode, Outcome
from controller.core.state.apply import apply
from controller.core.state.state import State
from controller.errors import ConfigurationError, Refused
from controller.journal.codec import encode
from controller.journal.masked import masked_event
from controller.journal.unfinished import Unfinished
from controller.lifecycle.begin import began
from controller.lifecycle.options import JournalPorts, RunOptions
from controller.ports import Hold
from controller.report.words import names
from controller.runner.recorder import Narrator


async def abort_from_journal(
    ports: JournalPorts,
    hold: Hold,
    former: Unfinished,
    why: Refused | ConfigurationError,
    narrators: Sequence[Narrator],
) -> State:
    """End a rollout from the journal alone: whatever the rollout file and the load balancers say,
    a rollout can be ended. What is out stays known to later rollouts (S8)."""
    row, journal, state = former.row, ports.journal, former.state
    await hold.add({one.key for one in await journal.taken_by(row.id)})
    ending = Finished(
        Outcome.ABORTED, ExitCode.STOPPED, f"by {ports.by}; {_by_the_journal(state, why)}"
    )
    for event in (
        began(ports, former.plan, RunOptions()),
        AbortRequested(ports.by, restore=False),
        masked_event(ending, ports.secrets),
    ):
        now = ports.clock.now()
        after = apply(former.plan, state, event, now)
        await journal.append(row.id, now, *encode(event))
        for narrator in narrators:
            narrator.tell(event, state, after)
        state = after
    await journal.end(row.id, ending.outcome, ending.exit_code)
    return state


def _by_the_journal(state: State, why: Refused | ConfigurationError) -> str:
    """What the journal says about members that no load balancer was asked about."""
    out = [m.name for m in state.members.values() if m.placement.found is not None]
    busy = [m.name for m in state.members.values() if m.progress.unfinished]
    words = f"nothing was set on any load balancer ({'; '.join(_reasons(why))}); "
    words += f"according to the journal, out because of us: {names(out)}"
    return words + (f"; a step may still be running on {names(busy)}" if busy else "")


def _reasons(why: Refused | ConfigurationError) -> Sequence[str]:
    if isinstance(why, Refused):
        return why.reasons
    return [f"the rollout file in the journal cannot be used: {why.faults[0].render(why.file)}"]
