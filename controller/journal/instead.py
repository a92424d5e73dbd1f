"""What was begun instead of a rollout that was abandoned: `rollback` after a halt, or `--new`."""

from dataclasses import dataclass
from typing import Final

from controller.core.outcome import Outcome
from controller.core.plan.plan import Purpose
from controller.journal.digest import digest_from
from controller.ports import Journal
from controller.records import RolloutRow

BEGUN: Final = "rollback begun"
ROLLED_BACK: Final = "rolled back"


@dataclass(frozen=True, slots=True)
class Instead:
    """The next rollout of that name. `outcome` None: it has not ended."""

    id: str
    purpose: str | None
    outcome: str | None

    @property
    def words(self) -> str:
        """What became of the abandoned one, for people."""
        if self.purpose != Purpose.ROLLBACK:
            return Outcome.ABANDONED
        return ROLLED_BACK if self.outcome == Outcome.DONE else BEGUN


async def instead_of(
    journal: Journal, row: RolloutRow, later: RolloutRow | None = None
) -> Instead | None:
    """None: it was not abandoned, or nothing later is there. `later`: the next one of its name, if
    that is known. Raises StateError."""
    if row.outcome != Outcome.ABANDONED:
        return None
    if later is None:
        rows = [one.id for one in await journal.rollouts(row.name)]
        at = rows.index(row.id) if row.id in rows else 0
        later = await journal.rollout(rows[at - 1]) if at > 0 else None
    if later is None:
        return None
    digest = await digest_from(journal, later)
    return Instead(later.id, digest.purpose, later.outcome)
