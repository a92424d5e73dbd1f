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

    @property
    def is_over(self) -> bool:
        """Whether all but its outcome is in the journal."""
        over = self.state.finished
        return over is not None and over.outcome.is_final


async def unfinished(journal: Journal, name: str) -> Unfinished | None:
    """The unfinished rollout of that name, if any. Raises StateError."""
    former = await _open(journal, name)
    return None if former is None or former.is_over else former


async def lacks_outcome(journal: Journal, name: str) -> bool:
    """Whether the newest rollout of that name is over, and its outcome is not noted. Raises
    StateError."""
    former = await _open(journal, name)
    return former is not None and former.is_over


async def complete(journal: Journal, name: str) -> None:
    """Note the outcome of a rollout whose last run was killed after its last record, and before it
    could do so itself. Under the lock on its name. Raises StateError."""
    former = await _open(journal, name)
    if former is not None and former.is_over and (over := former.state.finished) is not None:
        await journal.end(former.row.id, over.outcome, over.exit_code)


async def _open(journal: Journal, name: str) -> Unfinished | None:
    row = await journal.latest(name)
    if row is None or row.outcome is not None:
        return None
    known = await replayed(journal, row.id)
    return Unfinished(row, known.plan, known.state, await journal.key())
