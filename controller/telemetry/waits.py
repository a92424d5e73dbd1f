"""What a member in progress waits for, as a label value. Pure."""

from typing import Final

from controller.core.decide.context import Context
from controller.core.decide.drain import awaits_clients
from controller.core.decide.gates import gates_hold
from controller.core.gates.gate import Scope
from controller.core.phases import Phase
from controller.core.state.parts import MemberState
from controller.core.state.state import Mode
from controller.core.steps import AskGuard, AskOperator, AskQuestions, RunStep, SetMember, Validate
from controller.telemetry.catalogue import Wait

_WORK: Final = {
    AskGuard: Wait.UNLESS,
    AskQuestions: Wait.PREFLIGHT,
    RunStep: Wait.COMMAND,
    Validate: Wait.VALIDATION,
    AskOperator: Wait.OPERATOR,
    SetMember: Wait.LOAD_BALANCER,
}

_PHASE: Final = {
    Phase.ASKING: Wait.UNLESS,
    Phase.PROVING: Wait.UNLESS,
    Phase.VALIDATING: Wait.VALIDATION,
    Phase.CHECKING: Wait.HEALTH_CHECK,
    Phase.RETURNING: Wait.HEALTH_CHECK,
    Phase.RAMPING: Wait.GATES,
}


def waits_on(ctx: Context, m: MemberState) -> Wait:
    """The first thing that must happen before the member can go on."""
    if m.progress.work is not None:
        return _WORK[type(m.progress.work)]
    if ctx.is_blind or m.order.setting is not None:
        return Wait.LOAD_BALANCER
    match m.phase:
        case Phase.DUE:
            return _turn(ctx, m)
        case Phase.DRAINING if awaits_clients(ctx, m):
            return Wait.STICKY_CLIENTS
        case Phase.DRAINING | Phase.OUT | Phase.UPGRADING:
            return _in_flight(ctx, m)
        case Phase.SOAKING:
            return _soak(ctx, m)
        case _:
            return _PHASE.get(m.phase, Wait.LOAD_BALANCER)


def _turn(ctx: Context, m: MemberState) -> Wait:
    if ctx.state.paused:
        return Wait.OPERATOR
    if ctx.state.mode is Mode.RUNNING and not gates_hold(ctx, None, Scope.POOL):
        return Wait.GATES
    if ctx.plan.holds_out and not m.is_away and ctx.lingering is not None:
        return Wait.OLD_WORKER
    is_short = ctx.without(m.name).serving < ctx.plan.min_available
    return Wait.CAPACITY if is_short else Wait.LOAD_BALANCER


def _in_flight(ctx: Context, m: MemberState) -> Wait:
    if ctx.state.in_flight(m.name):
        return Wait.REQUESTS_IN_FLIGHT
    return Wait.LOAD_BALANCER if ctx.lingering is None else Wait.OLD_WORKER


def _soak(ctx: Context, m: MemberState) -> Wait:
    if m.trial.warmed_at is None:
        return Wait.SLOWSTART
    is_over = ctx.now - m.trial.warmed_at >= ctx.plan.policies.soak
    return Wait.GATES if is_over else Wait.SOAK_TIME
