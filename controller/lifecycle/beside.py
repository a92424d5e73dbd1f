"""A rollout that another process runs, as its journal and looks of our own show it. Sets nothing.

The journal has no looks, so requests, health and work in flight come from a look once a second.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from controller.core.events import Event, Looked, LookFailed, Observation, RunBegan
from controller.core.plan.plan import Plan
from controller.core.pool import Instant
from controller.core.state.observe import observe
from controller.core.state.state import State
from controller.lifecycle.look import look_once
from controller.ports import Clock, Journal, LoadBalancer, Lock
from controller.records import Record, RolloutRow
from controller.report.run.replay import Replay

LOOK_EVERY: Final = timedelta(seconds=1)
READ_EVERY: Final = timedelta(milliseconds=200)
PATIENCE: Final = timedelta(seconds=2)

SAME_BOOT: Final = timedelta(seconds=2)
"""Clocks that differ by less are one: the rest is the time until a record was written."""

Tell = Callable[[Event | Observation, State, State], None]


class RunClock:
    """The clock of whoever runs the rollout, which may be another machine's, or another boot's.
    Implements `controller.ports.Clock`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._shift = timedelta(0)

    def now(self) -> Instant:
        return self._clock.now() + self._shift

    def wall(self) -> datetime:
        return self._clock.wall()

    async def sleep(self, duration: timedelta) -> None:
        await self._clock.sleep(duration)

    def set_by(self, record: Record) -> None:
        shift = record.at + (self._clock.wall() - record.wall) - self._clock.now()
        self._shift = shift if abs(shift) > SAME_BOOT else timedelta(0)


class Beside:
    """`pool` None: the load balancers cannot be asked, so only the journal is shown."""

    def __init__(
        self, journal: Journal, row: RolloutRow, pool: LoadBalancer | None, lock: Lock, clock: Clock
    ) -> None:
        self.clock = RunClock(clock)
        self.row = row
        self._journal = journal
        self._pool = pool
        self._lock = lock
        self._replay = Replay()
        self._shown: State | None = None
        self._last = 0

    @property
    def plan(self) -> Plan | None:
        return self._replay.plan

    async def read(self, tell: Tell) -> None:
        """All records that are new."""
        for record in await self._journal.records(self.row.id, self._last):
            told, self._last = self._replay.read(record), record.seq
            if isinstance(told.value, Plan):
                self._shown = told.after
                continue
            if isinstance(told.value, RunBegan):
                self.clock.set_by(record)
            before = self._shown if self._shown is not None else told.before
            self._shown = _with_what_was_seen(told.after, before)
            tell(told.value, before, self._shown)

    async def follow(self, tell: Tell) -> None:
        """Until it has finished, or nobody runs it any more."""
        looked_at: Instant | None = None
        while await self._is_going_on():
            now = self.clock.now()
            if looked_at is None or now - looked_at >= LOOK_EVERY:
                looked_at = now
                await self._look(tell)
            await self.read(tell)
            await self.clock.sleep(READ_EVERY)
        await self.read(tell)

    async def _is_going_on(self) -> bool:
        state = self._replay.state
        if state is not None and state.finished is not None:
            return False
        return await self._lock.holder(self.row.name) is not None

    async def _look(self, tell: Tell) -> None:
        if self._pool is None:
            return
        clock = self.clock
        ahead = clock.now()
        seen = await look_once(self._pool, clock, clock.now() + PATIENCE)
        for view in seen.views.values():
            self._saw(Looked(replace(view, at=max(view.at, ahead))), tell)
        for instance, why in seen.unseen.items():
            self._saw(LookFailed(instance, ahead, why), tell)

    def _saw(self, look: Looked | LookFailed, tell: Tell) -> None:
        before = self._shown
        if before is None or self.plan is None:
            return
        self._shown = observe(self.plan, before, look)
        tell(look, before, self._shown)


def _with_what_was_seen(state: State, seen: State) -> State:
    """What the journal does not have."""
    return replace(
        state,
        snapshots=seen.snapshots or state.snapshots,
        known=seen.known,
        tallies=seen.tallies,
        pool=seen.pool,
        points=seen.points,
        flows=seen.flows,
        fronts=seen.fronts,
        unseen_since=seen.unseen_since,
    )
