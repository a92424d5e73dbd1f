"""`decide(plan, state, now)`: the one next thing to do or to conclude, or None.

The caller performs a step (after it was journalled as intended) or journals an event, applies
it, and asks again until there is nothing left. One output at a time keeps every decision on the
state that the former one made. The order of the questions below is the order of safety: what
stops comes before what goes on.
"""

from collections.abc import Callable
from typing import Final

from controller.core.decide.advance import proceed
from controller.core.decide.astray import watch_done
from controller.core.decide.balancers import watch_balancers
from controller.core.decide.bug import watch_bug
from controller.core.decide.context import Context, Output
from controller.core.decide.finish import finish
from controller.core.decide.gates import watch_gates
from controller.core.decide.hold_out import hold_out
from controller.core.decide.inquiry import refused
from controller.core.decide.journal import may_go, watch_journal
from controller.core.decide.membership import watch_members
from controller.core.decide.newcomers import awaited, overdue
from controller.core.decide.outage import watch_outage
from controller.core.decide.roles import watch_roles
from controller.core.decide.schedule import begin
from controller.core.decide.traffic import watch_traffic
from controller.core.decide.whole import watch_whole
from controller.core.decide.wind_down import settle
from controller.core.events import Cause, Halted, StopRequested
from controller.core.phases import FAILED, IN_PROGRESS, Phase
from controller.core.plan.plan import Plan
from controller.core.pool import Instant
from controller.core.state.parts import MemberState
from controller.core.state.state import Mode, State


def decide(plan: Plan, state: State, now: Instant) -> Output | None:
    """Pure. Never emits a step for a member that has one open, except to hold it out once more
    while it is being changed or validated (S4)."""
    if state.mode is Mode.FINISHED or state.run is None:
        return None
    ctx = Context(plan, state, now)
    for question in (*WATCHES, _in_progress, ending):
        if (output := question(ctx)) is not None:
            return output
    return None


def ending(ctx: Context) -> Output | None:
    """The next member, or the end, unless somebody has come who cannot be asked yet. Nobody is
    taken up while the journal does not answer, nor after an error of our own."""
    if names := awaited(ctx):
        return overdue(ctx, names)
    goes_on = ctx.state.may_begin and not ctx.state.bug
    output = (begin(ctx) if goes_on else None) or finish(ctx)
    return output if output is not None and may_go(ctx, output) else None


def _refused(ctx: Context) -> Output | None:
    """`unless` answered neither yes nor no, `preflight` fails, the operator answered no, or a
    member came to rest in failure after the operator had decided to go on."""
    if ctx.state.is_winding_down:
        return None
    for m in ctx.state.members.values():
        if m.phase in FAILED and ctx.state.mode is Mode.RUNNING:
            return Halted(
                Cause.MEMBER,
                f"{m.name}: {m.why}",
                "a rollout goes on only while no member has failed",
                m.name,
            )
        is_its_turn = not ctx.state.rollback_began or m.name in ctx.state.rolling
        if m.is_refused and is_its_turn:
            return refused(ctx, m)
        if m.consent.declined:
            return StopRequested(f"the operator answered no for {m.name}")
    return None


def _in_progress(ctx: Context) -> Output | None:
    """The first member in progress that has something to do."""
    for m in ctx.state.members.values():
        if (output := of_member(ctx, m)) is not None:
            return output
    return None


def of_member(ctx: Context, m: MemberState) -> Output | None:
    """What a member in progress has to do."""
    if m.phase not in IN_PROGRESS and m.phase is not Phase.ASKING:
        return None
    move = settle if ctx.state.is_winding_down else proceed
    output = move(ctx, m)
    return output if output is not None and may_go(ctx, output) else None


WATCHES: Final[tuple[Callable[[Context], Output | None], ...]] = (
    watch_bug,
    watch_journal,
    watch_balancers,
    watch_whole,
    watch_gates,
    watch_outage,
    watch_traffic,
    watch_members,
    watch_done,
    watch_roles,
    _refused,
    hold_out,
)
"""Asked before what members in progress have to do."""
