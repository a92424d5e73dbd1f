"""What sits in the place of a member: it may change while its steps run, and at no other time.

A member that waits simply takes the new one: nothing was decided about the former yet.
"""

from typing import Final

from controller.core.decide.context import Context, Output
from controller.core.events import Cause, Halted, StepsUndone
from controller.core.phases import EXPOSED, IN_PROGRESS, Phase
from controller.core.pool import LineKey, Occupant, Seat
from controller.core.state.parts import MemberState

ONE_PLACE: Final = "the address of a member may change only while its steps run"


def changed_hands(ctx: Context, m: MemberState) -> Output | None:
    """The halt when another occupant came to a member whose steps do not run (S14). One that
    users meet already goes out again: nothing about it was proven (S4)."""
    may_change = m.phase in (Phase.DUE, Phase.UPGRADING) or m.progress.unfinished
    if may_change or m.phase not in IN_PROGRESS:
        return None
    for instance, was, now in _changes(ctx, m, m.placement.seats):
        return Halted(
            Cause.OCCUPANT,
            f"the address of {m.name} at {instance} changed from {was} to {now}",
            ONE_PLACE,
            m.name,
            condemned=(m.name,) if m.phase in EXPOSED else (),
        )
    return None


def replaced(ctx: Context, m: MemberState) -> StepsUndone | None:
    """Whether its steps ended well for another one than is in its place now. Where `unless` is
    asked, it has said already whether they are needed."""
    p = m.progress
    if not p.step or p.unfinished or ctx.shape(m).has_guard:
        return None
    for instance, was, now in _changes(ctx, m, p.done_for):
        why = f"its steps ended well for {was}, and {instance} shows {now} in its place"
        return StepsUndone(m.name, why)
    return None


def are_at_odds(ctx: Context, m: MemberState) -> str:
    """Where some lines of a member show another occupant than before its steps, and others do not
    yet; empty when all agree: those that showed the same one before do so again."""
    changes = _changes(ctx, m, m.placement.seats)
    if not changes:
        return ""
    instance, was, now = changes[0]
    shows = f"{instance} has the new address of {m.name}, {now}"
    if len(changes) < len(m.placement.seats):
        return f"{shows}, and others still have {was}"
    for other, former, present in changes:
        if former.id == was.id and present.id != now.id:
            return f"{shows}, and {other} has {present}"
    return ""


def _changes(
    ctx: Context, m: MemberState, seats: tuple[Seat, ...]
) -> list[tuple[str, Occupant, Occupant]]:
    """(instance, former, present) occupants of the lines where they differ from `seats`."""
    known = {seat.key: seat.occupant for seat in seats}
    changes = []
    for instance, one in ctx.visible(m):
        was, now = known.get(LineKey(instance, one.line.backend)), one.line.occupant
        if was is not None and now is not None and was.id != now.id:
            changes.append((instance, was, now))
    return changes
