"""What is shown before confirmation: what is left to do, and what is at stake."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from controller.core.plan.plan import Plan, Purpose
from controller.core.state.remaining import left_aside, remaining
from controller.errors import BalancerError
from controller.lifecycle import Prepared, Wishes, World, scope
from controller.preflight.forecast import look_ahead, prospect_lines
from controller.report.plan.text import going_on, plan_text, share
from controller.report.words import names


def left(prepared: Prepared, wishes: Wishes) -> Plan:
    """What this run has to do. Raises Refused when the options leave no member."""
    plan = prepared.plan
    return remaining(plan, prepared.state.members, scope(plan, wishes))


async def before(
    world: World,
    prepared: Prepared,
    plan: Plan,
    *,
    during: timedelta,
    commands: timedelta | None,
    without: Collection[str] = (),
    more_notes: Sequence[str] = (),
) -> list[str]:
    """`plan`: what is left of the prepared one; `during`: how long requests are counted;
    `commands`: how long they took for one member last time; `without`: overridden gates;
    `more_notes`: further warnings. Raises BalancerError before a new rollout only."""
    found = prepared.found
    lines = []
    if not prepared.is_new:
        lines = going_on(prepared.plan, prepared.row, prepared.state)
        if not plan.members:
            return lines
        lines.append("")
    try:
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
    except BalancerError as error:
        if prepared.is_new:
            raise
        more = ["at stake", f"  not known now: {error}"]  # the run tolerates that for a while
    else:
        more = prospect_lines(plan, ahead)
    notes, settings = [*found.proposal.notes, *more_notes], found.file.settings
    whole = prepared.plan
    aside = left_aside(whole, prepared.state.members, plan)
    return [*lines, *plan_text(plan, settings, notes, {}, more, whole=whole, aside=aside)]


def question(plan: Plan, whole: Plan, *, is_new: bool) -> str:
    """`plan`: what is left of `whole`."""
    verb = {
        Purpose.UPGRADE: "upgrade",
        Purpose.REHEARSAL: "take out and put back, without upgrading,",
        Purpose.ROLLBACK: "roll back",
    }[plan.purpose]
    again = "" if is_new else "go on: "
    which = ""
    if len(plan.members) < len(whole.members):
        which = f" ({names([member.name for member in plan.members])})"
    return (
        f"{again}{verb} {share(plan, whole)} of {names(plan.backends)}{which}, "
        f"at most {plan.max_unavailable} out at a time?"
    )
