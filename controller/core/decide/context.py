"""What every decision looks at: plan, state and now, with the questions that recur."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from controller.core.events import Event
from controller.core.plan.plan import CourseShape, Plan
from controller.core.pool import Admin, Instant, Line, Seat, seats_in
from controller.core.snapshot import Capacity, Seen, capacity
from controller.core.state.parts import ORIGIN, MemberState
from controller.core.state.state import Mode, State
from controller.core.steps import Course, Setting, Step

FRESH: Final = timedelta(seconds=2)
"""Nothing is decided on a look older than this (S3)."""

APART: Final = timedelta(milliseconds=20)
"""Two looks this far apart must both show a member out and quiet (S3)."""

RETRY_AFTER: Final = timedelta(milliseconds=200)
"""Between a setting that failed and the next try: long enough for a look to tell why."""

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
            snapshot.lost_since is not None or snapshot.at is None
            for snapshot in self.state.snapshots.values()
        )

    @property
    def is_unseen(self) -> bool:
        """Whether some load balancer has neither answered nor failed to, since this run began."""
        return any(snapshot.tried_at is None for snapshot in self.state.snapshots.values())

    @property
    def has_seen_all(self) -> bool:
        """Whether every load balancer has shown the whole pool since this process began."""
        return all(snapshot.full_at is not None for snapshot in self.state.snapshots.values())

    @property
    def is_lost_for_good(self) -> bool:
        """Whether some load balancer has been unreadable for as long as may be."""
        patience = self.plan.policies.lost_after
        return any(
            snapshot.lost_since is not None and self.now - snapshot.lost_since >= patience
            for snapshot in self.state.snapshots.values()
        )

    def seen_for(self, since: Instant) -> timedelta:
        """How long ago that was, without the time in which some load balancer did not answer: no
        deadline runs while nobody can see whether it is met, and no soak while nobody watches."""
        state, spans = self.state, self.state.unseen
        if state.unseen_since is not None:
            spans = (*spans, (state.unseen_since, self.now))
        blind = sum(
            (end - max(start, since) for start, end in spans if end > max(start, since)),
            timedelta(0),
        )
        return self.now - since - blind

    def was_blind(self, since: Instant) -> bool:
        """Whether some load balancer did not answer at some time since then."""
        return self.seen_for(since) < self.now - since

    def is_pausing(self, m: MemberState) -> bool:
        """Whether a setting has failed just now."""
        return (
            m.order.tried_at is not None
            and m.order.tries > 0
            and self.now - m.order.tried_at < RETRY_AFTER
        )

    def shape(self, m: MemberState) -> CourseShape:
        return self.plan.shape(is_back=m.progress.course is Course.ROLLBACK)

    def visible(self, m: MemberState) -> tuple[tuple[str, Seen], ...]:
        """The lines of a member, with their instance, that were seen a moment ago and after
        what we last set."""
        oldest = max(
            self.now - FRESH, m.order.set_at if m.order.set_at is not None else timedelta.min
        )
        return tuple(
            (instance, seen)
            for instance, snapshot in self.state.snapshots.items()
            if snapshot.lost_since is None
            for seen in snapshot.lines.get(m.name, ())
            if seen.at >= oldest
        )

    def seen(self, m: MemberState) -> tuple[tuple[str, Seen], ...] | None:
        """Every line of a member with its instance; None unless all are visible."""
        visible = self.visible(m)
        known = [snapshot.lines.get(m.name, ()) for snapshot in self.state.snapshots.values()]
        is_whole = all(known) and len(visible) == sum(len(lines) for lines in known)
        return visible if is_whole else None

    def is_seen_since_its_step(self, m: MemberState) -> bool:
        """Whether every line of it was looked at since its last step, which may have put another
        occupant in its place."""
        ended = m.progress.step_ended
        return ended is None or all(one.at >= ended for _, one in self.state.lines_of(m.name))

    def shows(self, m: MemberState, test: Callable[[Line], bool]) -> bool:
        """Whether every line of a member was just seen to pass `test`."""
        seen = self.seen(m)
        return seen is not None and all(test(one.line) for _, one in seen)

    def foreign_at(self, m: MemberState, is_ours: Callable[[Line], bool]) -> str | None:
        """The instance where somebody else changed what we had set (S14): the same worker that
        confirmed our setting now shows the contrary."""
        for instance, one in self.visible(m):
            if self.state.is_reloaded(m, instance) is not False or is_ours(one.line):
                continue
            if one.line.is_unset:
                continue
            if _contradicts(one.line, m.placement.confirmed):
                return instance
        return None

    def seats(self, m: MemberState) -> tuple[Seat, ...]:
        """Who is in the place of a member now, as last seen."""
        return seats_in((instance, seen.line) for instance, seen in self.state.lines_of(m.name))

    @property
    def lingering(self) -> str | None:
        """The instance whose former incarnation may still serve its last connections (S9): until
        it is seen gone, or, where it cannot be seen, for a time. It may have been replaced before
        this run began."""
        for instance, snapshot in self.state.snapshots.items():
            is_there = snapshot.lingering
            if is_there or (is_there is None and self.now < self.lingers_until(instance)):
                return instance
        return None

    def lingers_until(self, instance: str) -> Instant:
        """How long a former incarnation is reckoned with, be it seen or not."""
        patience, snapshot = self.plan.policies.drain.timeout, self.state.snapshots[instance]
        if (former := self.state.formers.get(instance)) is not None:
            return former.until
        if snapshot.lingering:
            return self.state.began_at + patience
        since = snapshot.running_since
        return since + patience if since is not None else self.state.began_at

    def without(self, *also: str) -> Capacity:
        """How many serve if `also` went, those that we have away not counted (S2)."""
        away = frozenset(m.name for m in self.state.members.values() if m.is_away)
        return capacity(self.state.snapshots.values(), away | set(also))

    def is_full_fresh(self, within: timedelta = FRESH, since: Instant = ORIGIN) -> bool:
        """Whether every instance showed the whole pool at most `within` ago, and since `since`."""
        oldest = max(self.now - within, since)
        return all(
            snapshot.lost_since is None
            and snapshot.full_at is not None
            and snapshot.full_at >= oldest
            for snapshot in self.state.snapshots.values()
        )

    def is_pool_seen_since(self, then: Instant) -> bool:
        """Whether every instance showed the whole pool since `then`, however long ago."""
        return all(
            snapshot.full_at is not None and snapshot.full_at >= then
            for snapshot in self.state.snapshots.values()
        )

    @property
    def is_seen_as_set(self) -> bool:
        """Whether every instance showed the whole pool since a member was set last."""
        last = max(
            (m.order.set_at for m in self.state.members.values() if m.order.set_at is not None),
            default=None,
        )
        return last is None or self.is_pool_seen_since(last)

    @property
    def away(self) -> int:
        """How many are out because of us, or in progress: what max_unavailable bounds (S1)."""
        return sum(1 for m in self.state.members.values() if m.is_away or m.is_in_progress)


def _contradicts(line: Line, confirmed: Setting | None) -> bool:
    """Whether a line cannot be what a setting left. One that is set at some instances and not yet
    at others contradicts neither."""
    match confirmed:
        case Setting.PUT_BACK:
            return line.admin is not Admin.READY or line.is_weightless
        case Setting.DRAIN | Setting.HOLD | Setting.REMOVE:
            return line.admin is Admin.READY
        case Setting.CHECK:
            return not line.is_coming and not (line.is_unresolved and line.admin is not Admin.READY)
        case _:
            return False
