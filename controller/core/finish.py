"""When a rollout is over, how it ended, and whether the way back comes first."""

from datetime import timedelta
from typing import Final

from controller.core.context import Context, Output
from controller.core.events import Cause, Course, Finished, MemberStuck, RollbackBegan
from controller.core.phases import Phase
from controller.core.rollout import MemberState, Mode
from controller.core.settings import OnFailure
from controller.core.settle import is_at_rest
from controller.core.turn import OVER, in_scope

AFTERMATH: Final = timedelta(seconds=1)
"""How long users are watched after a halt, to say whether they are failing still."""


def finish(at: Context) -> Output | None:
    state = at.state
    if state.mode is Mode.STOPPING:
        return _stopped(at)
    if any(m.is_in_hand or m.phase is Phase.ASKING for m in state.members.values()):
        return None
    if state.mode is Mode.HALTED:
        return _halted(at)
    if state.mode is Mode.ROLLING_BACK:
        back = [m for m in state.members.values() if m.course is Course.ROLLBACK]
        return _ended_halted(at) if all(m.phase in OVER for m in back) else None
    if all(m.phase in OVER for m in in_scope(at)):
        whole = all(m.phase in OVER for m in state.members.values())
        return Finished("done" if whole else "partly done", 0)
    return None


def _stopped(at: Context) -> Output | None:
    if not all(is_at_rest(at, m) for m in at.state.members.values()):
        return None
    if at.state.abort is not None and at.state.abort.restore and at.is_blind:
        return None
    if at.state.abort is not None:
        return Finished("aborted", 7, f"by {at.state.abort.by}")
    return Finished("stopped", 7, at.state.stop.why if at.state.stop is not None else "")


def _halted(at: Context) -> Output | None:
    state, halt = at.state, at.state.halt
    if halt is None:
        return None
    for m in state.members.values():
        if m.phase is Phase.FAILED and m.course is Course.ROLLBACK:
            return MemberStuck(m.name)
    if not state.touched:
        return Finished("refused", 3, f"{halt.seen}; {halt.limit}")
    if halt.cause in (Cause.GATE, Cause.MEMBER) and not state.rollback_began and not state.stop:
        back = _to_roll_back(at)
        if back:
            return RollbackBegan(back)
    if state.halted_at is not None and at.now - state.halted_at < AFTERMATH and not at.is_blind:
        return None
    return _ended_halted(at)


def _ended_halted(at: Context) -> Output | None:
    halt = at.state.halt
    if halt is None:
        return None
    return Finished("halted", 4 if halt.cause is Cause.GATE else 5, halt.seen)


def _to_roll_back(at: Context) -> tuple[str, ...]:
    """`on_failure`: nobody, the failed member, or every upgraded member, newest first."""
    policy = at.plan.policies.on_failure
    if policy is OnFailure.HALT or at.plan.rollback is None:
        return ()
    failed = [m for m in at.state.members.values() if _has_failed(m)]
    if policy is OnFailure.ROLLBACK_MEMBER:
        return tuple(m.name for m in failed)
    upgraded = [
        m
        for m in at.state.members.values()
        if m.phase in (Phase.DONE, Phase.KEPT) and not _has_failed(m)
    ]
    newest_first = sorted(upgraded, key=lambda m: -m.finished_turn)
    return tuple(m.name for m in (*failed, *newest_first))


def _has_failed(m: MemberState) -> bool:
    is_failed = m.phase is Phase.FAILED or (m.phase is Phase.KEPT and m.condemned)
    return is_failed and m.begun and not m.foreign
