"""What members run before a rollout, as far as earlier rollouts of its name say."""

from collections.abc import Collection, Mapping
from typing import Final

from controller.core.phases import UPGRADED
from controller.core.plan.plan import Purpose
from controller.core.steps import Course
from controller.errors import ConfigurationError, StateError
from controller.journal.replay import replay
from controller.ports import Journal
from controller.report.status.values import kept_file, rollback_values, values

LOOKED_AT: Final = 5
"""Rollouts of the past, newest first; who came to the end of none of them is not known."""


async def run_before(
    journal: Journal | None, name: str, members: Collection[str]
) -> dict[str, Mapping[str, str]]:
    """Member → the variables of the newest rollout that ended well for it. Raises StateError."""
    found: dict[str, Mapping[str, str]] = {}
    rows = await journal.rollouts(name) if journal is not None else ()
    for row in rows[:LOOKED_AT]:
        assert journal is not None, "rows of no journal"
        try:
            plan, state = replay(await journal.records(row.id))
        except StateError:
            return found  # what it did is not known, so nothing older counts
        if plan.purpose is not Purpose.REHEARSAL:
            file = kept_file(row)
            ran = values(row, file, plan)
            back = {} if isinstance(file, ConfigurationError) else rollback_values(file)
            for m in state.members.values():
                is_back = m.progress.course is Course.ROLLBACK
                if m.phase in UPGRADED and m.name in members:
                    found.setdefault(m.name, {**ran, **back} if is_back else ran)
        if found.keys() >= set(members):
            break
    return found
