"""What is shown before a rollout begins: the plan, and what is at stake."""

from collections.abc import Collection
from datetime import timedelta

from controller.prospect import look_ahead, prospect_lines
from controller.report.proposal import plan_text
from controller.report.words import standing
from controller.session import Prepared, World


async def before(
    world: World,
    prepared: Prepared,
    *,
    during: timedelta,
    commands: timedelta | None,
    without: Collection[str] = (),
) -> list[str]:
    """`during`: how long requests are counted; `commands`: what they took for one member the last
    time; `without`: gates that the operator overrides. Raises BalancerError."""
    if not prepared.is_new:
        return _going_on(prepared)
    found, plan = prepared.found, prepared.plan
    ahead = await look_ahead(
        found,
        plan,
        world.balancer,
        world.clock,
        during=during,
        commands=commands,
        intervals=prepared.intervals,
        without=without,
    )
    notes = found.proposal.notes
    return plan_text(plan, found.file.settings, notes, {}, prospect_lines(plan, ahead))


def _going_on(prepared: Prepared) -> list[str]:
    began = f"{prepared.row.started:%Y-%m-%d %H:%M:%S} UTC by {prepared.row.by}"
    lines = [f"rollout {prepared.plan.name} goes on, begun {began}"]
    return lines + [f"  {m.name}  {standing(m)}" for m in prepared.state.members.values()]
