"""What sits in the place of a member: it may change while its steps run, and at no other time.

A member that waits simply takes the new one: nothing was decided about the former yet.
"""

from typing import Final

from controller.core.decide.context import Context, Output
from controller.core.events import Cause, Halted
from controller.core.phases import EXPOSED, IN_PROGRESS, Phase
from controller.core.pool import LineKey, Occupant
from controller.core.state.parts import MemberState

ONE_PLACE: Final = "the address of a member may change only while its steps run"


def changed_hands(ctx: Context, m: MemberState) -> Output | None:
    """The halt when another occupant came to a member whose steps do not run (S14). One that
    users meet already goes out again: nothing about it was proven (S4)."""
    may_change = m.phase in (Phase.DUE, Phase.UPGRADING) or m.progress.unfinished
    if may_change or m.phase not in IN_PROGRESS:
        return None
    for instance, was, now in _changes(ctx, m):
        return Halted(
            Cause.OCCUPANT,
            f"the address of {m.name} at {instance} changed from {was} to {now}",
            ONE_PLACE,
            m.name,
            condemned=(m.name,) if m.phase in EXPOSED else (),
        )
    return None


def are_at_odds(ctx: Context, m: MemberState) -> str:
    """Where some lines of a member show another occupant than before its steps, and others do not
    yet; empty when all agree: those that showed the same one before do so again."""
    changes = _changes(ctx, m)
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


def _changes(ctx: Context, m: MemberState) -> list[tuple[str, Occupant, Occupant]]:
    """(instance, former, present) occupants of the lines where they differ."""
    known = {seat.key: seat.occupant for seat in m.placement.seats}
    changes = []
    for instance, one in ctx.visible(m):
        was, now = known.get(LineKey(instance, one.line.backend)), one.line.occupant
        if was is not None and now is not None and was.id != now.id:
            changes.append((instance, was, now))
    return changes
