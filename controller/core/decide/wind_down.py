"""How a member in hand is brought to rest: after a halt, and when the operator stops the rollout.

After a halt, what is out stays out, since it may be what is wrong. After a stop nothing is
wrong: a member goes back as it was, or finishes its way if that is quick (S11). Either way, one
whose upgrade has not begun goes back as it was, and a running step is let end.
"""

from collections.abc import Callable
from typing import Final

from controller.core.decide.advance import proceed
from controller.core.decide.context import Context, Output
from controller.core.decide.drain import as_seen
from controller.core.decide.drift import is_contested, is_held, is_ready, misplaced
from controller.core.decide.in_flight import is_clear
from controller.core.events import MemberFailed, MemberKept, MemberStoodDown
from controller.core.phases import COMING, JUDGED, LEAVING, PASSING, Phase
from controller.core.state.parts import ORIGIN, MemberState
from controller.core.state.state import Mode
from controller.core.steps import RunStep, SetMember, Setting

TRIES: Final = 3
"""On the way to rest a load balancer is told this often, then the member is left, and named."""


def settle(at: Context, m: MemberState) -> Output | None:
    if m.phase in (Phase.ASKING, Phase.DUE):
        return MemberStoodDown(m.name)
    if m.order.setting is not None or at.is_pausing(m) or at.is_unseen:
        return None
    if m.phase is Phase.RESTORING or (not m.progress.begun and m.phase in LEAVING | COMING):
        return _going_back(at, m)
    if m.phase is Phase.UPGRADING and m.progress.work is not None:
        return misplaced(at, m, is_held, Setting.HOLD)
    if m.phase is Phase.UPGRADING and m.progress.unfinished and _may_join(at, m):
        return _joining(at, m)
    by_mode = _after_halt if at.state.mode is Mode.HALTED else _after_stop
    return by_mode(at, m)


def _is_given_up(at: Context, m: MemberState) -> bool:
    """Whether the load balancers were told often enough what this phase asks of them."""
    return m.order.tries >= TRIES or (m.order.tries > 0 and at.is_lost_for_good)


def _going_back(at: Context, m: MemberState) -> Output | None:
    if m.phase is Phase.RESTORING and _is_given_up(at, m):
        return MemberFailed(m.name, f"could not be put back as it was: {m.why}")
    return SetMember(m.name, Setting.RESTORE, m.placement.found)


def _left(at: Context, m: MemberState, why: str) -> Output:
    """Given up on: where it was last seen decides what it is called."""
    sights = at.state.sights.values()
    lines = [seen.line for sight in sights for seen in sight.lines.get(m.name, ())]
    if any(is_ready(line) for line in lines):
        return MemberKept(m.name, why)
    return MemberFailed(m.name, why)


# --- a step that another process began -------------------------------------------------------


def _may_join(at: Context, m: MemberState) -> bool:
    """An execution whose end is not known is joined, for it may run still: but it may as well
    never have started, so it waits for what every step waits for, and not for ever."""
    is_late = at.now - m.since >= at.plan.policies.drain.timeout
    at_once = at.state.stop is not None and at.state.stop.at_once
    return not (is_late or at_once or at.is_lost_for_good or is_contested(at, m))


def _joining(at: Context, m: MemberState) -> Output | None:
    if output := misplaced(at, m, is_held, Setting.HOLD):
        return output
    return (
        RunStep(m.name, m.progress.course, m.progress.step, m.progress.attempt)
        if is_clear(at, m)
        else None
    )


# --- after a halt ----------------------------------------------------------------------------


def _after_halt(at: Context, m: MemberState) -> Output | None:
    return _HALTED[m.phase](at, m)


def _held_out(at: Context, m: MemberState) -> Output | None:
    if is_contested(at, m):
        return MemberKept(m.name, "somebody else put it in rotation; it was not fought over")
    if m.phase is Phase.HOLDING and _is_given_up(at, m):
        return _left(at, m, f"could not be taken out: {m.why}")
    return SetMember(m.name, Setting.HOLD, m.placement.found)


def _stays_out(at: Context, m: MemberState) -> Output | None:
    if is_contested(at, m):
        return MemberKept(m.name, "somebody else put it in rotation; it was not fought over")
    failed = m.progress.detail if m.progress.passed is False else ""
    return MemberFailed(m.name, failed or m.why or "left out: changed, and not proven")


def _out_again(at: Context, m: MemberState) -> Output | None:
    if m.placement.foreign:
        return _not_fought_over(at, m, "changed it")
    if m.phase is Phase.REMOVING and _is_given_up(at, m):
        return _left(at, m, f"could not be taken out again: {m.why}")
    return SetMember(m.name, Setting.REMOVE, m.placement.found)


def _not_fought_over(at: Context, m: MemberState, did: str) -> MemberKept:
    seen = [one.line for _, one in at.visible(m)]
    is_out = bool(seen) and not any(map(is_ready, seen))
    return MemberKept(m.name, f"somebody else {did}; it was not fought over", is_out)


def _judged(at: Context, m: MemberState) -> Output | None:
    is_ramping = m.phase is Phase.RAMPING
    if m.placement.foreign:
        return _not_fought_over(at, m, "changed it" if is_ramping else "took it out")
    if at.foreign_at(m, is_ready) is not None:
        return _not_fought_over(at, m, "took it out")
    if not m.trial.condemned:
        return None  # it is judged for as long as the halt takes anyway: see `finish`
    since = at.state.halted_at or ORIGIN
    if not at.is_full_fresh(since=since) and not at.is_lost_for_good:
        return None
    room = at.without(m.name)
    if room.serving < at.plan.min_available:
        return MemberKept(
            m.name,
            f"failed, but stays in rotation: without it {room.serving} would serve "
            f"({room.where}), and min_available is {at.plan.min_available}",
        )
    return SetMember(m.name, Setting.REMOVE, m.placement.found or as_seen(at, m))


_HALTED: Final[dict[Phase, Callable[[Context, MemberState], Output | None]]] = {
    Phase.DRAINING: _held_out,
    Phase.HOLDING: _held_out,
    Phase.OUT: _stays_out,
    Phase.UPGRADING: _stays_out,
    Phase.PROVING: _stays_out,
    Phase.VALIDATING: _stays_out,
    Phase.CHECKING: _out_again,
    Phase.RETURNING: _out_again,
    Phase.REMOVING: _out_again,
    Phase.RAMPING: _judged,
    Phase.SOAKING: _judged,
}

# --- after a stop ----------------------------------------------------------------------------


def _after_stop(at: Context, m: MemberState) -> Output | None:
    match m.phase:
        case Phase.RAMPING | Phase.SOAKING if m.trial.condemned:
            return _judged(at, m)
        case Phase.RAMPING:
            is_over = at.state.abort is not None or _has_grace(at, m)
            return proceed(at, m) if is_over else None
        case Phase.SOAKING:
            return proceed(at, m) if at.state.abort is not None else None
        case Phase.REMOVING:
            return _out_again(at, m)
        case Phase.DRAINING | Phase.HOLDING:
            return _held_out(at, m)
        case Phase.CHECKING | Phase.RETURNING if not _has_grace(at, m):
            return SetMember(m.name, Setting.HOLD, m.placement.found)
        case _:
            return proceed(at, m) if _finishes_its_way(at, m) else None


def _finishes_its_way(at: Context, m: MemberState) -> bool:
    """Whether it is through its steps (or failed one) and has the time to be proven."""
    if m.phase is Phase.UPGRADING:
        is_through = m.progress.step >= at.shape(m).steps and not m.progress.lost
        return (is_through or m.progress.passed is False) and _has_grace(at, m)
    return m.phase in COMING and _has_grace(at, m)


def _has_grace(at: Context, m: MemberState) -> bool:
    """Whether it may still finish its way: `return.within` from the stop, or from the end of
    the step that ran meanwhile. `abort --restore` takes all the time it needs."""
    state = at.state
    if state.stop is not None and state.stop.at_once:
        return False
    if state.abort is not None and state.abort.restore:
        return True
    since = max(state.stopped_at or ORIGIN, m.progress.step_ended or ORIGIN)
    return at.now - since < at.plan.policies.comeback.within


def is_at_rest(at: Context, m: MemberState) -> bool:
    """Whether nothing more is to be waited for. Asked once `settle` has nothing to say."""
    at_once = at.state.stop is not None and at.state.stop.at_once
    if m.phase is Phase.UPGRADING and (m.progress.work is not None or m.order.setting is not None):
        return at_once
    if m.phase is Phase.UPGRADING and m.progress.unfinished:
        return not _may_join(at, m)
    if m.order.setting is not None or at.is_pausing(m) or _finishes_its_way(at, m):
        return False
    is_to_go = m.phase in JUDGED and m.trial.condemned
    return m.phase not in PASSING and not is_to_go and not (at.is_unseen and m.is_in_hand)
