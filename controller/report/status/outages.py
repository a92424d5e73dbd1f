"""Planned outages that are under way, for `status`: since when, and how much time is left."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from controller.core.gates.figures import span, whole
from controller.core.plan.plan import Plan
from controller.core.state.state import State
from controller.report.times import clock_time


def outages(plan: Plan, state: State, wall: datetime) -> dict[str, Any]:
    """Member → its outage. Times are UTC, ISO 8601; none is left of one that is over budget."""
    budget, run = plan.policies.outage, state.run
    if budget is None or run is None or run.wall is None:
        return {}
    found = {}
    for m in state.members.values():
        if m.outage.since is None:
            continue
        since = run.wall + (m.outage.since - state.began_at)
        found[m.name] = {
            "since": since.isoformat(),
            "budget_seconds": budget.total_seconds(),
            "left_seconds": (since + budget - wall).total_seconds(),
        }
    return found


def outage_lines(value: Mapping[str, Any]) -> list[str]:
    lines = []
    for name, one in value.items():
        left = timedelta(seconds=one["left_seconds"])
        budget = span(timedelta(seconds=one["budget_seconds"]))
        since = clock_time(datetime.fromisoformat(one["since"]))
        how = f"{span(whole(left))} left of {budget}"
        if left <= timedelta(0):
            how = f"OVER BUDGET by {span(whole(-left))}: it may last {budget}"
        lines.append(f"OUTAGE    {name} is out since {since}: {how}")
    return lines
