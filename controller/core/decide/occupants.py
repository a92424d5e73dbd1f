"""Which machine sits in the place of a member: it may change while its steps run, and at no other
time. What is another member's machine never comes there by a step."""

from typing import Final

from controller.core.decide.context import Context, Output
from controller.core.decide.unresolved import unresolved_at
from controller.core.events import Cause, Halted, MemberMoved, StepsUndone
from controller.core.phases import EXPOSED, IN_PROGRESS, Phase
from controller.core.plan.identity import at_odds, has_users, ids_of, leads_to, place
from controller.core.pool import LineKey, Seat
from controller.core.state.parts import MemberState

ONE_PLACE: Final = "the address of a member may change only while its steps run"
AS_PLANNED: Final = "what is upgraded must be the machine that the plan was made for"


def changed_hands(ctx: Context, m: MemberState) -> Output | None:
    """The halt when another occupant came to a member whose steps do not run (S14). One that
    users meet already goes out again: nothing about it was proven (S4)."""
    may_change = m.phase in (Phase.DUE, Phase.UPGRADING) or m.progress.unfinished
    if may_change or m.phase not in IN_PROGRESS:
        return None
    for was, now in changes_of(ctx, m):
        return Halted(
            Cause.OCCUPANT,
            f"the address of {m.name} at {now.key.instance} changed from {was.occupant} to "
            f"{now.occupant}",
            ONE_PLACE,
            m.name,
            condemned=(m.name,) if m.phase in EXPOSED else (),
        )
    return None


# --- a new address, once every line shows it -------------------------------------------------


def taken_over(ctx: Context, m: MemberState) -> Output | None:
    """What follows when another occupant came to it, on which all lines agree."""
    for was, now in changes_of(ctx, m):
        if other := _owner(ctx, m, ids_of([now])):
            return Halted(
                Cause.OCCUPANT,
                f"{m.name} is {place(now)} now, which is the address of {other}, and was "
                f"{was.occupant}",
                AS_PLANNED,
                m.name,
            )
    for was, _ in changes_of(ctx, m):
        return MemberMoved(m.name, str(was.occupant), ctx.seats(m))
    return None


def _owner(ctx: Context, m: MemberState, ids: frozenset[str]) -> str:
    """Another name whose machine this was, as last known, or is, as last seen."""
    known = dict(ctx.plan.seats)
    known |= {one.name: one.placement.seats for one in ctx.state.members.values()}
    for name, seats in known.items():
        if name != m.name and ids & ids_of(seats):
            return name
    return _seen_as(ctx, m, ids, needs_users=False)


def replaced(ctx: Context, m: MemberState) -> StepsUndone | None:
    """Whether its steps ended well for another one than is in its place now. Where `unless` is
    asked, it has said already whether they are needed."""
    p = m.progress
    if not p.step or p.unfinished or ctx.shape(m).has_guard:
        return None
    for was, now in _changes(ctx, m, p.done_for):
        shown = f"{now.key.instance} shows {now.occupant} in its place"
        return StepsUndone(m.name, f"its steps ended well for {was.occupant}, and {shown}")
    return None


# --- what the lines show ---------------------------------------------------------------------


def changes_of(ctx: Context, m: MemberState) -> list[tuple[Seat, Seat]]:
    """(former, present) seats of the lines where they differ from what was known."""
    return _changes(ctx, m, m.placement.seats)


def _changes(ctx: Context, m: MemberState, seats: tuple[Seat, ...]) -> list[tuple[Seat, Seat]]:
    known = {seat.key: seat for seat in seats}
    changes = []
    for instance, one in ctx.visible(m):
        was, now = known.get(LineKey(instance, one.line.backend)), one.line.occupant
        if was is not None and now is not None and was.occupant.id != now.id:
            changes.append((was, Seat(was.key, now)))
    return changes


def are_at_odds(ctx: Context, m: MemberState) -> str:
    """Where some lines of a member show another occupant than before its steps, and others do not
    yet; empty when all agree: those that showed the same one before do so again."""
    if (instance := hidden_at(ctx, m)) is not None:
        return unresolved_at(ctx, m) or f"{instance} shows no address of it"
    changes = changes_of(ctx, m)
    if not changes:
        return ""
    was, now = changes[0]
    shows = f"{now.key.instance} has the new address of {m.name}, {now.occupant}"
    if len(changes) < len(m.placement.seats):
        return f"{shows}, and others still have {was.occupant}"
    if (pair := at_odds(one for _, one in changes)) is not None:
        return f"{shows}, and {pair[1].key.instance} has {pair[1].occupant}"
    return ""


def second_name(ctx: Context, m: MemberState) -> str:
    """Another name under which users reach the machine of a member, as last seen."""
    return _seen_as(ctx, m, ids_of(ctx.seats(m)), needs_users=True)


def _seen_as(ctx: Context, m: MemberState, ids: frozenset[str], *, needs_users: bool) -> str:
    for instance, snapshot in ctx.state.snapshots.items():
        for name, lines in snapshot.lines.items():
            for seen in lines if name != m.name else ():
                line = seen.line
                is_meant = has_users(line) if needs_users else not line.is_backup
                if is_meant and leads_to(line, ids):
                    return f"{name} ({line.backend} at {instance})"
    return ""


def hidden_at(ctx: Context, m: MemberState) -> str | None:
    """The instance that shows no address of it although one was known."""
    known = {seat.key for seat in (*m.placement.seats, *ctx.plan.seats.get(m.name, ()))}
    for instance, one in ctx.visible(m):
        if one.line.occupant is None and LineKey(instance, one.line.backend) in known:
            return instance
    return None
