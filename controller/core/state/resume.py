"""Resume: the state that a new process starts from. A first start is the trivial case.

Clocks start again, and so does everything that was only seen: after a crash the next look decides,
not memory.
"""

from controller.core.events import RunBegan, Verdict
from controller.core.phases import JUDGED, LEAVING
from controller.core.plan.plan import Plan
from controller.core.pool import Instant
from controller.core.pool.copies import replace
from controller.core.state.baseline import watched
from controller.core.state.parts import Consent, Draining, MemberState, Order
from controller.core.state.state import GateState, Mode, State


def taken_over(plan: Plan, state: State, event: RunBegan, now: Instant) -> State:
    """The state in which a process begins."""
    mode = _mode_again(state)
    failing = {} if mode is Mode.STOPPING else _failing(state)
    if state.is_open_ended:
        state = replace(state, members={n: _unsure(m) for n, m in state.members.items()})
    state = replace(state, members={n: _begun_anew(m, now) for n, m in state.members.items()})
    return replace(
        watched(state) if mode is Mode.HALTED or failing else state,
        mode=mode,
        run=event,
        began_at=now,
        halted_at=now if state.halt is not None else None,
        stop=None,
        stopped_at=now if state.abort is not None else None,
        finished=None,
        is_open_ended=True,
        paused=False,
        window=None,
        gates=failing,
        short_since=None,
        unseen=(),
        unseen_since=None,
        whole=state.whole.in_a_new_process(),
        collection=state.collection.in_a_new_process(),
        formers={
            instance: replace(former, until=now + plan.policies.drain.timeout)
            for instance, former in state.formers.items()
        },
    )


def _mode_again(state: State) -> Mode:
    """What a process that takes over goes on with."""
    if state.abort is not None:
        return Mode.STOPPING
    if state.mode is Mode.HALTED or state.awaits_decision:
        return Mode.HALTED
    return Mode.ROLLING_BACK if state.rollback_began else Mode.RUNNING


def _failing(state: State) -> dict[tuple[str, str], GateState]:
    """What gates said last against members: it counts until they say something else."""
    return {
        (gate, member): last
        for (gate, member), last in state.gates.items()
        if member and last.verdict is Verdict.FAIL
    }


def _unsure(m: MemberState) -> MemberState:
    """The process before was cut off, or could not write what it did to bring members to rest."""
    if m.phase not in LEAVING | JUDGED:
        return m
    return replace(m, placement=replace(m.placement, unsure=True))


def _begun_anew(m: MemberState, now: Instant) -> MemberState:
    """What the journal says stays; what was only seen, asked or timed starts again."""
    return replace(
        m,
        since=now,
        order=Order(),
        progress=m.progress.in_a_new_process(),
        draining=Draining(),
        trial=m.trial.in_a_new_process(),
        consent=Consent(),
        inquiry=m.inquiry.in_a_new_process(),
    )
