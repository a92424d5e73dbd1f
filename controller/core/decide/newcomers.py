"""Who has come to the pool, is kept out because of us, and cannot be asked anything yet.

It may be there instead of one that was lost: nobody else is taken out, and the rollout is not over,
before it has an address and can prove itself.
"""

from controller.core.decide.context import Context
from controller.core.events import Cause, Halted
from controller.core.gates.figures import span
from controller.core.phases import Phase
from controller.core.plan.propose import is_selected
from controller.core.pool import Instant
from controller.core.state.state import Mode

RESTING = (Phase.WAITING, Phase.DONE, Phase.SKIPPED)


def awaited(ctx: Context) -> dict[str, Instant]:
    """Their names → since when they were seen first."""
    if ctx.state.mode is not Mode.RUNNING:
        return {}
    return {
        name: min(one.since for one in lines)
        for snapshot in ctx.state.snapshots.values()
        for name, lines in snapshot.lines.items()
        if any(one.line.is_new and one.line.occupant is None for one in lines)
        and _is_ours(ctx, name)
    }


def overdue(ctx: Context, names: dict[str, Instant]) -> Halted | None:
    """They have as long as the floor has to hold again."""
    patience = ctx.plan.policies.wait_for_capacity
    late = [name for name, since in names.items() if ctx.seen_for(since) >= patience]
    if not late:
        return None
    return Halted(
        Cause.FLOOR,
        f"{', '.join(late)} came to the pool, has no address after {span(patience)}, and is kept "
        "out until it has proven itself",
        f"wait_for_capacity is {span(patience)}",
    )


def _is_ours(ctx: Context, name: str) -> bool:
    """Whether the rollout is to take it up."""
    known = ctx.state.members.get(name)
    if known is not None and not known.is_gone:
        return known.phase in RESTING
    is_meant = is_selected(name, ctx.plan.include, ctx.plan.exclude)
    return ctx.plan.joins and is_meant and name not in ctx.plan.left
