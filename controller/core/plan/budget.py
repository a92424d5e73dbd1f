"""The budget of failures: how many members a rollout may skip."""

from controller.core.plan.plan import Plan


def budget_of(plan: Plan) -> int | None:
    """In members, of all that are selected; None: each that is not reached halts the rollout."""
    skips = plan.policies.skips
    if skips is None:
        return None
    selected = len(plan.members) + len(plan.left)
    return min(skips.rounded_down(selected), selected)
