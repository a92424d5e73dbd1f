"""What the process before did, and could not write: a journal that failed keeps nobody from being
brought to rest (S6).

The next process finds such a member otherwise than the journal has it. That may as well be somebody
else's hand, so the operator is asked once; then what fits is taken for ours.
"""

from controller.core.decide.context import Context
from controller.core.events import MemberRelapsed
from controller.core.phases import RELAPSING, Phase
from controller.core.pool import Admin
from controller.core.state.parts import MemberState
from controller.core.steps import Setting


def who_changed(ctx: Context, m: MemberState, instance: str) -> str:
    """What was seen of a member that is not as we set it, for people."""
    lines = [one.line for at, one in ctx.visible(m) if at == instance]
    if m.placement.confirmed is Setting.PUT_BACK and any(line.is_weightless for line in lines):
        return (
            f"somebody else set the weight of {m.name} at {instance} to 0 while it was in progress"
        )
    if not m.placement.unsure:
        return f"somebody else changed {m.name} at {instance} while it was in progress"
    place = "in" if any(line.admin is Admin.READY for line in lines) else "out of"
    return (
        f"{m.name} is {place} rotation at {instance}, and not as the journal has it: somebody else "
        "changed it, or the run before, which did not write its end"
    )


def is_still_awaited(ctx: Context, m: MemberState) -> bool:
    """Whether every line of one that counts as ours has to be seen first."""
    return m.placement.reclaim and ctx.seen(m) is None


def reclaimed(ctx: Context) -> MemberRelapsed | None:
    """One that is out as poolroll takes a member out that failed, since a process that left no
    end."""
    for m in ctx.state.members.values():
        found = m.placement.former
        if not m.placement.reclaim or m.placement.found is not None or found is None:
            continue
        if m.phase not in RELAPSING | {Phase.KEPT} or m.order.setting is not None:
            continue
        seen = ctx.seen(m) or ()
        out = [instance for instance, one in seen if one.line.admin is Admin.OUT]
        if out and all(one.line.admin is not Admin.DRAINING for _, one in seen):
            return MemberRelapsed(m.name, out[0], found, is_unwritten=True)
    return None
