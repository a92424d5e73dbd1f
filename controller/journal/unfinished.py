"""Unfinished rollouts: those that have no final outcome in the journal."""

from dataclasses import dataclass, field

from controller.core.plan.plan import Plan
from controller.core.state.state import State
from controller.journal.replay import replayed
from controller.ports import Journal
from controller.records import RolloutRow


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A rollout without a final outcome."""

    row: RolloutRow
    plan: Plan
    state: State
    key: bytes = field(default=b"", repr=False)
    """See `Journal.key`."""


async def unfinished(journal: Journal, name: str) -> Unfinished | None:
    """The unfinished rollout of that name, if any. Raises StateError."""
    row = await journal.latest(name)
    if row is None or row.outcome is not None:
        return None
    known = await replayed(journal, row.id)
    return Unfinished(row, known.plan, known.state, await journal.key())
