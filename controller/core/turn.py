"""Whose turn it is: which member is taken up next, if any may be."""

from controller.core.context import Context, Output
from controller.core.events import AskGuard, Course, MemberCalled, RestoreBegan
from controller.core.phases import Phase
from controller.core.rollout import MemberState, Mode
from controller.core.settings import Scope
from controller.core.watch import gates_hold

OVER = frozenset({Phase.DONE, Phase.SKIPPED, Phase.LEFT})
"""Nothing is left to do for the member in this course."""


def in_scope(at: Context) -> tuple[MemberState, ...]:
    """The members that this run may touch, in the order of their turn."""
    only = at.state.run.only if at.state.run is not None else ()
    names = (member.name for member in at.plan.members)
    return tuple(at.state.members[name] for name in names if not only or name in only)


def begin(at: Context) -> Output | None:
    """Take up the next member when nothing speaks against it (S1, S5)."""
    if at.state.mode is Mode.STOPPING:
        return _put_back_next(at)
    if not at.is_running or at.is_blind:
        return None
    m = _next(at)
    if m is None or not _has_room(at, m):
        return None
    if at.state.mode is Mode.RUNNING and not gates_hold(at, None, Scope.POOL):
        return None
    if at.shape(m).has_guard:
        return AskGuard(m.name, m.course, m.serial)
    return MemberCalled(m.name)


def _next(at: Context) -> MemberState | None:
    if at.state.mode is Mode.ROLLING_BACK:
        back = [m for m in at.state.members.values() if m.course is Course.ROLLBACK]
        waiting = [m for m in back if m.phase is Phase.WAITING]
        # What is out comes back first, then the newest.
        return min(waiting, key=lambda m: (m.found is None, -m.finished_turn), default=None)
    scope = in_scope(at)
    canaries = [m for m in scope if m.name in at.plan.canaries]
    are_proven = all(m.phase in OVER for m in canaries)
    for m in scope:
        if m.phase is Phase.WAITING and (are_proven or m in canaries or m.found is not None):
            return m
    return None


def _has_room(at: Context, m: MemberState) -> bool:
    """S1. A member that we have out already uses up its own share."""
    most = at.plan.max_unavailable
    busy = sum(1 for o in at.state.members.values() if o.is_in_hand or o.phase is Phase.ASKING)
    return busy < most and (m.is_away or at.away < most)


def _put_back_next(at: Context) -> Output | None:
    """`abort --restore`: one after the other, what is still out and may be validated."""
    abort = at.state.abort
    if abort is None or not abort.restore or at.is_blind:
        return None
    if any(m.is_in_hand and m.restore_tried for m in at.state.members.values()):
        return None
    for m in at.state.members.values():
        is_left_out = m.phase in (Phase.FAILED, Phase.STUCK) or (m.phase is Phase.OUT and m.begun)
        if is_left_out and m.found is not None and not m.restore_tried:
            return RestoreBegan(m.name)
    return None
