"""Rollouts of one name, without those of another pool: whoever copies a rollout file may forget to
give it a name of its own."""

from collections.abc import Sequence

from controller.core.plan.marks import PoolMarks
from controller.core.plan.plan import Plan
from controller.errors import StateError
from controller.journal.codec import decode
from controller.ports import Journal
from controller.records import RolloutRow


async def rollouts_of(
    journal: Journal, name: str, marks: PoolMarks, most: int | None = None
) -> Sequence[RolloutRow]:
    """Newest first, among the newest `most` of that name. Raises StateError."""
    rows = await journal.rollouts(name, most)
    if not marks.keys:
        return rows
    return [row for row in rows if not await _is_of_another(journal, row, marks)]


async def _is_of_another(journal: Journal, row: RolloutRow, marks: PoolMarks) -> bool:
    plan = await plan_of(journal, row)
    return plan is not None and marks.are_of_another(plan)


async def plan_of(journal: Journal, row: RolloutRow) -> Plan | None:
    """None where it cannot be read; whoever needs more of that rollout says so."""
    try:
        first = await journal.records(row.id, 0, 1)
        plan = decode(first[0].kind, first[0].body) if first else None
    except StateError:
        return None
    return plan if isinstance(plan, Plan) else None
