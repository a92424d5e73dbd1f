"""What every decision looks at: plan, state and now, with the questions that recur."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from controller.core.events import Course, Event, Step
from controller.core.plan import CourseShape, Plan
from controller.core.pool import Instant, Line
from controller.core.rollout import MemberState, Mode, State
from controller.core.sight import Capacity, Seen, capacity

FRESH: Final = timedelta(seconds=2)
"""Nothing is decided on a look older than this (S3)."""

APART: Final = timedelta(milliseconds=20)
"""Two looks this far apart must both show a member out and quiet (S3)."""

Output = Step | Event


@dataclass(frozen=True, slots=True)
class Context:
    plan: Plan
    state: State
    now: Instant

    @property
    def is_running(self) -> bool:
        """Whether members may be taken up: not halted, stopped or paused."""
        return self.state.mode in (Mode.RUNNING, Mode.ROLLING_BACK) and not self.state.paused

    @property
    def is_blind(self) -> bool:
        """Whether some load balancer does not answer, or has not yet."""
        return any(
            sight.lost_since is not None or sight.at is None for sight in self.state.sights.values()
        )

    def shape(self, m: MemberState) -> CourseShape:
        if m.course is Course.ROLLBACK and self.plan.rollback is not None:
            return self.plan.rollback
        return self.plan.upgrade

    def seen(self, m: MemberState) -> tuple[tuple[str, Seen], ...] | None:
        """Every line of a member with its instance; None unless all were seen a moment ago, and
        after what we last set."""
        found: list[tuple[str, Seen]] = []
        for instance, sight in self.state.sights.items():
            lines = sight.lines.get(m.name, ())
            if sight.lost_since is not None or not lines:
                return None
            found += [(instance, seen) for seen in lines]
        oldest = max(self.now - FRESH, m.set_at if m.set_at is not None else timedelta.min)
        return tuple(found) if all(seen.at >= oldest for _, seen in found) else None

    def shows(self, m: MemberState, test: Callable[[Line], bool]) -> bool:
        """Whether every line of a member was just seen to pass `test`."""
        seen = self.seen(m)
        return seen is not None and all(test(one.line) for _, one in seen)

    def foreign_at(self, m: MemberState, is_ours: Callable[[Line], bool]) -> str | None:
        """The instance where somebody else changed what we had set (S14): the same worker that
        confirmed our setting now shows another state."""
        for instance, one in self.seen(m) or ():
            worker, sight = m.workers.get(instance), self.state.sights[instance]
            if worker is None or sight.worker is None or is_ours(one.line):
                continue
            if worker.is_same(sight.worker):
                return instance
        return None

    def without(self, *also: str) -> Capacity:
        """How many serve if `also` went, those that we have away not counted (S2)."""
        away = frozenset(m.name for m in self.state.members.values() if m.is_away)
        return capacity(self.state.sights.values(), away | set(also))

    def is_full_fresh(self, within: timedelta) -> bool:
        """Whether every instance showed the whole pool at most `within` ago."""
        return all(
            sight.lost_since is None
            and sight.full_at is not None
            and self.now - sight.full_at <= within
            for sight in self.state.sights.values()
        )

    @property
    def away(self) -> int:
        """How many are out because of us, or in hand: what max_unavailable bounds (S1)."""
        return sum(1 for m in self.state.members.values() if m.is_away or m.is_in_hand)
