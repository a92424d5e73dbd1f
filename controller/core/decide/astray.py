"""A name that leads to another machine after its member was done: what was upgraded is not what
users meet under that name.

The new machine gets its turn like one that came before its turn did: where no other member has its
address it is upgraded as who it is, and that is said. Whatever else comes to the place is an
out-of-band change (S14).
"""

from controller.core.decide.context import Context, Output
from controller.core.decide.occupants import changes_of
from controller.core.decide.same_machine import another_came
from controller.core.phases import UPGRADED
from controller.core.plan.identity import at_odds
from controller.core.state.parts import MemberState
from controller.core.state.state import Mode


def watch_done(ctx: Context) -> Output | None:
    """Of the first one that is another machine by now. Lines that do not agree get the time that a
    return gets."""
    if ctx.is_blind:
        return None
    for m in ctx.state.members.values():
        if is_astray(ctx, m):
            return another_came(ctx, m)
    return None


def is_astray(ctx: Context, m: MemberState) -> bool:
    """Whether other machines than the one that is done are seen in its place: this run ends only
    once it is known what follows."""
    plan = ctx.plan
    if not m.placement.astray or m.phase not in UPGRADED or ctx.state.mode is not Mode.RUNNING:
        return False
    if not plan.upgrade.steps or plan.joins or not plan.holds_out:
        return False  # nothing was done to it, or the pool itself brings what comes next
    return bool(changes_of(ctx, m) or at_odds(ctx.seats(m)))
