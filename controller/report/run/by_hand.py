"""What is typed at a load balancer, without poolroll."""

from collections.abc import Mapping, Sequence
from typing import Final

from controller.core.plan.abilities import MEMBER
from controller.core.plan.plan import Plan

SHOWN: Final = 3
"""Commands of single members in one line; the rest are counted."""


def where(plan: Plan, between: str) -> str:
    return between + plan.by_hand.where if plan.by_hand.where else ""


def put_back(plan: Plan, members: Sequence[str]) -> str:
    """The command, after a colon; empty where the plan has none."""
    return _command(plan.by_hand.put_back, plan.by_hand.put_back_each, members)


def take_out(plan: Plan, members: Sequence[str]) -> str:
    """Likewise."""
    return _command(plan.by_hand.take_out, plan.by_hand.take_out_each, members)


def _command(command: str, each: Mapping[str, str], members: Sequence[str]) -> str:
    if own := [each[name] for name in members if each.get(name)]:
        more = f"; and for {len(own) - SHOWN} more" if len(own) > SHOWN else ""
        return f": {'; '.join(own[:SHOWN])}{more}"
    which = members[0] if len(members) == 1 else "MEMBER"
    return f": {command.replace(MEMBER, which)}" if command else ""
