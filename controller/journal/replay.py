"""Replay: the state of a rollout from its journal."""

from collections.abc import Iterable

from controller.core.plan.plan import Plan
from controller.core.state.apply import apply
from controller.core.state.state import State, initial
from controller.errors import StateError
from controller.journal.codec import PLAN, decode
from controller.records import Record


def replay(records: Iterable[Record]) -> tuple[Plan, State]:
    """Plan and state after all of a rollout's records. Raises StateError."""
    plan: Plan | None = None
    state: State | None = None
    for record in records:
        value = decode(record.kind, record.body)
        if record.kind == PLAN:
            plan, state = value, initial(value)
        elif plan is None or state is None:
            raise StateError(f"rollout {record.rollout} has no plan in the journal")
        else:
            state = apply(plan, state, value, record.at)
    if plan is None or state is None:
        raise StateError("the journal has no plan for this rollout")
    return plan, state
