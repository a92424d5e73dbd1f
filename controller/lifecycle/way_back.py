"""`rollback FILE`: which members have something to go back from, and to which version they go."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from controller.config import RolloutFile
from controller.core.outcome import Outcome
from controller.core.plan.plan import Plan, Purpose
from controller.core.state.remaining import is_upgraded
from controller.errors import StateError
from controller.journal.replay import replay
from controller.ports import Journal
from controller.records import RolloutRow
from controller.report.status.values import kept_file, rollback_values, values, values_text

LOOKED_AT: Final = 50
"""Rollouts of the past, newest first: one that upgraded something is among them, or long gone."""


@dataclass(frozen=True, slots=True)
class WayBack:
    """What the journal knows about the upgrade to be undone."""

    upgraded: Collection[str] | None = None
    """Members that it upgraded, or may have; None: the journal knows of no upgrade."""
    notes: tuple[str, ...] = ()


async def way_back(journal: Journal | None, file: RolloutFile) -> WayBack:
    """Of the newest upgrade of that name, ended or not."""
    goes_to = rollback_values(file)
    notes = [f"goes back to {values_text(goes_to)}, as `rollback` in the file says"] * bool(goes_to)
    if journal is None:
        return WayBack(None, tuple(notes))
    upgraded: list[str] | None = None
    for row in (await journal.rollouts(file.settings.name))[:LOOKED_AT]:
        try:
            plan, state = replay(await journal.records(row.id))
        except StateError as error:
            notes.append(f"whom rollout {row.id} upgraded is not known: {error}")
            break
        if plan.purpose is not Purpose.UPGRADE:
            continue
        if upgraded is None:
            upgraded = [m.name for m in state.members.values() if is_upgraded(m)]
        elif row.outcome == Outcome.DONE:
            notes += _stale(row, plan, goes_to)
            break
    return WayBack(upgraded, tuple(notes))


def _stale(row: RolloutRow, plan: Plan, goes_to: dict[str, str]) -> list[str]:
    """Where `rollback` names another version than the one that was there before."""
    before = values(row, kept_file(row), plan)
    other = {name: was for name, was in before.items() if goes_to.get(name, was) != was}
    if not other:
        return []
    return [
        f"CAUTION: before this upgrade, rollout {row.id} ended well with {values_text(other)}: is "
        "`rollback` in the file up to date?"
    ]
