"""What a plan says of a planned outage: who is without what, and for how long at most."""

from controller.core.gates.figures import span
from controller.core.plan.plan import Plan
from controller.core.settings import OnFailure
from controller.report.words import names


def outage_lines(plan: Plan) -> list[str]:
    """None where others serve in place of a member."""
    budget = plan.policies.outage
    if budget is None or not plan.members:
        return []
    members = [member.name for member in plan.members]
    limit = span(budget)
    first = f"  PLANNED OUTAGE: WHOEVER USES {names(members)} IS WITHOUT IT FOR {limit} AT MOST"
    if len(members) > 1:
        first += ", ONE AFTER ANOTHER"
    return [
        f"{first},",
        "  from when it is taken out until it has passed its validation (downtime.budget);",
        f"  WHEN THAT IS USED UP, over_budget IS NOTIFIED, AND {_then(plan)}; a step that runs",
        "  then is let end first, or until its timeout",
    ]


def _then(plan: Plan) -> str:
    if plan.policies.on_failure is OnFailure.HALT or plan.rollback is None:
        return "THE ROLLOUT HALTS AND LEAVES IT OUT"
    return "IT IS REVERTED TO ITS SNAPSHOT" if plan.reverts else "IT IS ROLLED BACK"
