"""What the journal knows of earlier rollouts of a name: whom the last upgrade changed, and what
each of them ran before it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from controller.config import RolloutFile
from controller.core.outcome import Outcome
from controller.core.phases import UPGRADED
from controller.core.plan.plan import Plan, Purpose
from controller.core.state.remaining import is_upgraded
from controller.core.state.state import State
from controller.errors import ConfigurationError, StateError
from controller.journal.replay import replayed
from controller.ports import Journal
from controller.records import RolloutRow
from controller.report.status.values import kept_file, values

Kept = RolloutFile | ConfigurationError


@dataclass(frozen=True, slots=True)
class Before:
    """What a member ran before the upgrade, as the rollout `id` left it."""

    id: str
    changed: tuple[tuple[str, str], ...]
    """Variables that had another value then."""


class Past:
    """Rollouts are added newest first. `goes_to`: see `rollback.vars`; where it names variables,
    only these make another version."""

    def __init__(self, goes_to: Mapping[str, str]) -> None:
        self.upgraded: list[str] | None = None
        """By the newest upgrade, and not back yet; None: no upgrade seen so far."""
        self.beyond: frozenset[str] = frozenset()
        """Members in that upgrade's hands that it brought past the point of no return."""
        self.faults: list[str] = []
        self._goes_to = goes_to
        self._back: set[str] = set()
        self._upgrade: Kept | None = None
        self._was: Mapping[str, str] = {}
        self._goes_on = True
        self._before: dict[str, Before] = {}

    async def add(self, row: RolloutRow, journal: Journal) -> bool:
        """Whether enough is known: all that was upgraded, with what it ran before."""
        try:
            if row.pruned:
                raise StateError("its records were pruned")
            known = await replayed(journal, row.id)
            plan, state = known.plan, known.state
        except StateError as error:
            what = "whom it upgraded" if self.upgraded is None else "what ran before"
            self.faults.append(f"{what} is not known: rollout {row.id}: {error}")
            return True
        if plan.purpose is not Purpose.REHEARSAL:
            kept = kept_file(row)
            self._note(row, kept, plan, state, values(row, kept, plan))
        return self.upgraded is not None and self._before.keys() >= set(self.upgraded)

    def before(self, only: Collection[str]) -> dict[Before, list[str]]:
        """What ran before → the upgraded members that ran it."""
        found: dict[Before, list[str]] = {}
        for name in self.upgraded or ():
            if name in self._before and (not only or name in only):
                found.setdefault(self._before[name], []).append(name)
        return found

    def _note(
        self, row: RolloutRow, kept: Kept, plan: Plan, state: State, ran: Mapping[str, str]
    ) -> None:
        settled = [m.name for m in state.members.values() if m.phase in UPGRADED]
        changed = [m.name for m in state.members.values() if is_upgraded(m)]
        is_upgrade = plan.purpose is Purpose.UPGRADE
        if self.upgraded is None:
            if is_upgrade:
                self._upgrade, self._was = kept, ran
                self.upgraded = [name for name in changed if name not in self._back]
                beyond = {m.name for m in state.members.values() if m.progress.beyond}
                self.beyond = frozenset(beyond - self._back)
            else:
                self._back |= set(settled)
            return
        is_done = row.outcome == Outcome.DONE
        self._goes_on &= is_upgrade and not is_done and _is_same(self._upgrade, kept)
        if self._goes_on:  # begun anew since, after a halt
            known = {*self.upgraded, *self._back}
            self.upgraded += [name for name in changed if name not in known]
        elif is_done and (other := self._other(ran)):
            for name in settled:
                self._before.setdefault(name, Before(row.id, other))

    def _other(self, ran: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        return tuple(
            (name, value)
            for name, value in ran.items()
            if self._was.get(name, value) != value and name in (self._goes_to or ran)
        )


def _is_same(one: Kept | None, other: Kept) -> bool:
    """Whether two files mean the same upgrade to the same version."""
    if not isinstance(one, RolloutFile) or not isinstance(other, RolloutFile):
        return False
    return one.rollout.upgrade == other.rollout.upgrade and one.settings.vars == other.settings.vars
