"""How long members took, from their first touch to the end of their soak."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from controller.core.events import (
    Event,
    Intended,
    MemberRetired,
    RollbackBegan,
    RunBegan,
    SoakEnded,
)
from controller.core.plan.marks import marks_of
from controller.core.plan.plan import Plan
from controller.core.pool import Instant
from controller.core.steps import RunStep, SetMember, Setting
from controller.journal.codec import decode
from controller.journal.of_pool import rollouts_of
from controller.ports import Journal
from controller.records import Record

FORMER: Final = 5
"""Former rollouts that are searched."""

TELLING: Final = frozenset(
    one.__name__ for one in (Intended, SoakEnded, MemberRetired, RunBegan, RollbackBegan)
)


@dataclass(slots=True)
class MemberTimes:
    """Of one rollout, from its events in their order. What a process did not see from the
    beginning to the end is not counted: its clock says nothing of another's."""

    longest: timedelta | None = None
    _begun: dict[str, Instant] = field(default_factory=dict)
    _is_back: bool = False
    """Members are rolled back: that takes a time of its own."""

    def note(self, event: object, at: Instant) -> None:
        match event:
            case RunBegan():
                self._begun.clear()
            case RollbackBegan():
                self._is_back = True
            case Intended(SetMember(member, Setting.RESTORE)):
                self._begun.pop(member, None)
            case Intended(SetMember(member, Setting.DRAIN) | RunStep(member)):
                self._begun.setdefault(member, at)
            case SoakEnded(member) | MemberRetired(member):
                since = self._begun.pop(member, None)
                if since is not None and not self._is_back:
                    self.longest = max(self.longest or timedelta(0), at - since)
            case _:
                pass


def fixed_waits(plan: Plan) -> timedelta:
    """What each member waits for by the clock, however quick its steps are."""
    policies = plan.policies
    sticky = policies.drain.sticky if plan.sticky else timedelta(0)
    ramp = policies.comeback.hold * len(policies.comeback.ramp)
    return sticky + ramp + policies.soak


async def longest(journal: Journal, like: Plan) -> timedelta | None:
    """What a member took at most in the newest rollout of that pool, name and purpose in which any
    was done; and by how much more it will wait now. Raises StateError."""
    for row in await rollouts_of(journal, like.name, marks_of(like), FORMER):
        records = await journal.records(row.id)
        if not records or not isinstance(plan := decode(records[0].kind, records[0].body), Plan):
            continue
        if plan.purpose is like.purpose and (found := _longest(records)) is not None:
            return found + max(timedelta(0), fixed_waits(like) - fixed_waits(plan))
    return None


def _longest(records: Iterable[Record]) -> timedelta | None:
    times = MemberTimes()
    for record in records:
        if record.kind in TELLING:
            event: Event = decode(record.kind, record.body)
            times.note(event, record.at)
    return times.longest
