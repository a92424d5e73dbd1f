"""What is typed at a load balancer, without poolroll."""

from collections.abc import Sequence

from controller.core.plan.abilities import MEMBER
from controller.core.plan.plan import Plan


def where(plan: Plan, between: str) -> str:
    return between + plan.by_hand.where if plan.by_hand.where else ""


def by_hand(command: str, members: Sequence[str]) -> str:
    """The command, after a colon; empty where the plan has none."""
    which = members[0] if len(members) == 1 else "MEMBER"
    return f": {command.replace(MEMBER, which)}" if command else ""
