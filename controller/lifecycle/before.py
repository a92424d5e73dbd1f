"""What members run before a rollout, as far as earlier rollouts of its name say."""

from collections.abc import Collection, Mapping
from typing import Final

from controller.config import RolloutFile
from controller.core.phases import UPGRADED
from controller.core.plan.marks import UNKNOWN, PoolMarks
from controller.core.plan.plan import Purpose
from controller.core.steps import Course
from controller.errors import ConfigurationError, StateError
from controller.journal.of_pool import rollouts_of
from controller.journal.replay import replay
from controller.ports import Journal
from controller.redaction import MASK
from controller.report.status.values import kept_file, rollback_values, values, values_text

LOOKED_AT: Final = 5
"""Rollouts of the past, newest first; who came to the end of none of them is not known."""


async def run_before(
    journal: Journal | None, name: str, members: Collection[str], marks: PoolMarks = UNKNOWN
) -> dict[str, Mapping[str, str]]:
    """Member → the variables of the newest rollout that ended well for it. Raises StateError."""
    found: dict[str, Mapping[str, str]] = {}
    rows = () if journal is None else await rollouts_of(journal, name, marks, LOOKED_AT)
    for row in rows:
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


def stale_way_back(file: RolloutFile, before: Mapping[str, Mapping[str, str]]) -> list[str]:
    """That `rollback` goes to another version than the members run before, in words. What the
    upgrade does not change may well be a switch for the way back."""
    notes, goes_to = [], file.settings.vars
    for name, back in rollback_values(file).items():
        ran = {one[name] for one in before.values() if name in one}
        is_changed = name in goes_to and ran and goes_to[name] not in ran
        if is_changed and back not in ran and MASK not in ran:
            now = " or ".join(values_text({name: one}) for one in sorted(ran))
            notes.append(f"`rollback.vars` says {values_text({name: back})}, but now it is {now}")
    return notes
