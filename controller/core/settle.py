"""How a member in hand is brought to rest: after a halt, and when the operator stops the rollout.

After a halt, what is out stays out, since it may be what is wrong. After a stop nothing is
wrong: a member goes back as it was, or finishes its way if that is quick (S11).
"""

from collections.abc import Callable
from typing import Final

from controller.core.context import Context, Output
from controller.core.events import (
    MemberFailed,
    MemberKept,
    MemberStoodDown,
    SetMember,
    Setting,
)
from controller.core.flow import as_seen, is_held, misplaced, proceed
from controller.core.phases import NOT_BEGUN, Phase
from controller.core.rollout import ORIGIN, MemberState, Mode

TRIES: Final = 3
"""On the way to rest a load balancer is told this often, then the member is left, and named."""


def settle(at: Context, m: MemberState) -> Output | None:
    if m.setting is not None:
        return None
    if m.phase in (Phase.ASKING, Phase.DUE):
        return MemberStoodDown(m.name)
    if m.phase in NOT_BEGUN and not m.begun:
        return _going_back(at, m)
    if m.phase is Phase.RESTORING:
        return _going_back(at, m)
    if m.phase is Phase.UPGRADING and m.work is not None:
        return misplaced(at, m, is_held, Setting.HOLD)
    by_mode = _after_halt if at.state.mode is Mode.HALTED else _after_stop
    return by_mode(at, m)


def _is_given_up(at: Context, m: MemberState) -> bool:
    """Whether the load balancers were told often enough, or one is gone for good."""
    patience = at.plan.policies.lost_after
    gone = any(
        sight.lost_since is not None and at.now - sight.lost_since >= patience
        for sight in at.state.sights.values()
    )
    return m.tries >= TRIES or gone


def _going_back(at: Context, m: MemberState) -> Output | None:
    if _is_given_up(at, m) and m.tries:
        return MemberFailed(m.name, f"could not be put back as it was: {m.why}")
    return SetMember(m.name, Setting.RESTORE, m.found)


# --- after a halt ----------------------------------------------------------------------------


def _after_halt(at: Context, m: MemberState) -> Output | None:
    return _HALTED[m.phase](at, m)


def _stays_out(at: Context, m: MemberState) -> Output | None:
    if m.foreign and at.seen(m) is not None and not at.shows(m, is_held):
        return MemberKept(m.name, "somebody else put it in rotation; it was not fought over")
    if m.phase in (Phase.DRAINING, Phase.HOLDING) and not _is_given_up(at, m):
        return SetMember(m.name, Setting.HOLD, m.found)
    if m.phase in (Phase.OUT, Phase.HOLDING, Phase.DRAINING):
        return MemberFailed(m.name, m.why or "left out: not upgraded whole")
    failed = m.detail if m.passed is False else ""
    return MemberFailed(m.name, failed or m.why or "left out: upgraded, not proven")


def _out_again(at: Context, m: MemberState) -> Output | None:
    if m.foreign:
        return MemberKept(m.name, "somebody else changed it; it was not fought over")
    if _is_given_up(at, m) and m.tries:
        return MemberKept(m.name, f"could not be taken out again: {m.why}")
    return SetMember(m.name, Setting.REMOVE, m.found)


def _soaking(at: Context, m: MemberState) -> Output | None:
    if m.foreign:
        return MemberKept(m.name, "somebody else took it out; it was not fought over")
    if not m.condemned:
        return MemberKept(m.name, "in rotation, its soak cut short by the halt")
    if at.is_blind and not _is_given_up(at, m):
        return None
    room = at.without(m.name)
    if room.serving < at.plan.min_available:
        return MemberKept(
            m.name,
            f"failed, but stays in rotation: without it {room.serving} would serve "
            f"({room.where}), and min_available is {at.plan.min_available}",
        )
    return SetMember(m.name, Setting.REMOVE, as_seen(at, m))


_HALTED: Final[dict[Phase, Callable[[Context, MemberState], Output | None]]] = {
    Phase.DRAINING: _stays_out,
    Phase.HOLDING: _stays_out,
    Phase.OUT: _stays_out,
    Phase.UPGRADING: _stays_out,
    Phase.PROVING: _stays_out,
    Phase.VALIDATING: _stays_out,
    Phase.CHECKING: _out_again,
    Phase.RETURNING: _out_again,
    Phase.REMOVING: _out_again,
    Phase.SOAKING: _soaking,
}

# --- after a stop ----------------------------------------------------------------------------


def _after_stop(at: Context, m: MemberState) -> Output | None:
    if m.phase is Phase.SOAKING:
        return proceed(at, m) if at.state.abort is not None else None
    if m.phase is Phase.REMOVING:
        return _out_again(at, m)
    if m.phase is Phase.UPGRADING:
        is_whole = m.passed is False or (m.step >= at.shape(m).steps and not m.lost)
        return proceed(at, m) if is_whole and _has_grace(at, m) else None
    if m.phase in NOT_BEGUN:
        return SetMember(m.name, Setting.HOLD, m.found) if m.phase is not Phase.OUT else None
    if _has_grace(at, m):
        return proceed(at, m)
    if m.phase in (Phase.CHECKING, Phase.RETURNING):
        return SetMember(m.name, Setting.HOLD, m.found)
    return None


def _has_grace(at: Context, m: MemberState) -> bool:
    """Whether it may still finish its way: `return.within` from the stop, or from the end of
    the step that ran meanwhile. What an abort puts back has all the time it needs."""
    state = at.state
    if state.abort is not None and m.restore_tried:
        return True
    if state.stop is not None and state.stop.at_once:
        return False
    since = max(state.stopped_at or ORIGIN, m.step_ended or ORIGIN)
    return at.now - since < at.plan.policies.comeback.within


def is_at_rest(at: Context, m: MemberState) -> bool:
    """Whether nothing more is to be waited for at a stop."""
    if m.setting is not None or settle_is_due(at, m):
        return False
    if m.phase is Phase.UPGRADING and m.work is not None:
        return at.state.stop is not None and at.state.stop.at_once
    if m.phase in (Phase.PROVING, Phase.VALIDATING, Phase.CHECKING, Phase.RETURNING):
        return not _has_grace(at, m)
    if m.phase is Phase.UPGRADING and m.step >= at.shape(m).steps and not m.lost:
        return not _has_grace(at, m)
    return m.phase not in (Phase.RESTORING, Phase.REMOVING)


def settle_is_due(at: Context, m: MemberState) -> bool:
    in_work = m.phase in (Phase.ASKING, Phase.DUE, *NOT_BEGUN)
    return in_work and settle(at, m) is not None
