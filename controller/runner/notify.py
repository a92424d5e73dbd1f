"""Telling people who do not watch: beside the rollout, never in its way.

Each notice goes to each receiver in a task of its own, so that one that hangs holds up neither
the rollout nor the next notice. What cannot be delivered becomes a line in the log.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from secrets import token_hex
from types import TracebackType
from typing import Final, Protocol, Self

from controller.core.events import Event, Observation
from controller.core.gates.figures import span
from controller.core.pool import Instant
from controller.core.state.state import State
from controller.ports import Clock, Notifier
from controller.records import Notice, Undelivered

TRY: Final = timedelta(seconds=8)
"""The longest that one try may take."""

PAUSES: Final = (timedelta(seconds=1), timedelta(seconds=3))
"""Before the second try and the third, which is the last: 28 seconds in all."""

PATIENCE: Final = timedelta(seconds=5)
"""When the run is over, notices still under way get this long."""

MOST: Final = 256
"""Deliveries under way at once: more would be a flood that nobody reads."""

Warn = Callable[[str], None]


class Tidings(Protocol):
    """What is worth telling, as notices. Pure."""

    def of(
        self,
        event: Event | Observation,
        before: State,
        after: State,
        last: Instant | None,
        now: Instant,
        wall: datetime,
    ) -> Sequence[Notice]:
        """`last`: when the former event came; None at the first."""

    def heartbeat(self, state: State, wall: datetime) -> Notice: ...


class Herald:
    """Implements `controller.runner.recorder.Narrator`. A context: on the way out, notices under
    way get `PATIENCE`, then they are given up. Raises nothing of what a receiver meets."""

    def __init__(
        self,
        notifiers: Sequence[Notifier],
        clock: Clock,
        warn: Warn,
        *,
        beat: tuple[Notifier, timedelta] | None = None,
    ) -> None:
        """`warn`: takes one line for the log. `beat`: who hears the heartbeat, and how often."""
        self._notifiers = notifiers
        self._clock = clock
        self._warn = warn
        self._beat = beat
        self._tidings: Tidings | None = None
        self._last: Instant | None = None
        self._state: State | None = None
        self._tasks: dict[asyncio.Task[None], str] = {}
        self._beating: asyncio.Task[None] | None = None

    def watch(self, tidings: Tidings) -> None:
        """From now on, what happens is told as `tidings` has it."""
        self._tidings = tidings if self._everybody() else None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        beating = [self._beating] if self._beating is not None else []
        for task in beating:
            task.cancel()
        tasks = dict(self._tasks)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=PATIENCE.total_seconds())
            for task in late:
                task.cancel()
                given = span(PATIENCE)
                self._warn(f"{tasks[task]}: given up: not delivered {given} after the run ended")
        for ended in await asyncio.gather(*tasks, *beating, return_exceptions=True):
            if isinstance(ended, Exception):
                self._warn(f"a notice was lost by a fault of poolroll: {type(ended).__name__}")
        for notifier in self._everybody():
            await notifier.aclose()

    def tell(self, event: Event | Observation, before: State, after: State) -> None:
        if self._tidings is None:
            return
        now, wall = self._clock.now(), self._clock.wall()
        for notice in self._tidings.of(event, before, after, self._last, now, wall):
            self._spread(notice)
        self._last, self._state = now, after
        if self._beat is not None and self._beating is None:
            self._beating = asyncio.create_task(self._keep_beating(*self._beat, self._tidings))

    def _everybody(self) -> list[Notifier]:
        return [*self._notifiers, *([self._beat[0]] if self._beat is not None else [])]

    def _spread(self, notice: Notice) -> None:
        for notifier in self._everybody():
            if notice.event not in notifier.events:
                continue
            if len(self._tasks) >= MOST:
                self._warn(f"{notifier.name}: {notice.event!r} was not sent: {MOST} are under way")
                continue
            task = asyncio.create_task(self._deliver(notifier, notice))
            self._tasks[task] = f"{notifier.name}: {notice.event!r}"
            task.add_done_callback(lambda done: self._tasks.pop(done, None))

    async def _deliver(self, notifier: Notifier, notice: Notice) -> None:
        delivery, what = token_hex(8), f"{notifier.name}: {notice.event!r}"
        for pause in (*PAUSES, None):
            missed = await _try(notifier, notice, delivery, TRY)
            if missed is None:
                return
            if pause is None or not missed.retryable:
                self._warn(f"{what} was not delivered: {missed.why}")
                return
            self._warn(f"{what} was not delivered yet: {missed.why}; another try follows")
            await self._clock.sleep(pause)

    async def _keep_beating(self, notifier: Notifier, every: timedelta, tidings: Tidings) -> None:
        """Its troubles are told once, and once when they are over."""
        was_heard = True
        while self._state is not None and self._state.finished is None:
            due = self._clock.now() + every
            notice = tidings.heartbeat(self._state, self._clock.wall())
            missed = await _try(notifier, notice, token_hex(8), min(TRY, every))
            if missed is not None and was_heard:
                self._warn(f"{notifier.name}: not heard: {missed.why}")
            if missed is None and not was_heard:
                self._warn(f"{notifier.name}: heard again")
            was_heard = missed is None
            await self._clock.sleep(max(due - self._clock.now(), timedelta(0)))


async def _try(
    notifier: Notifier, notice: Notice, delivery: str, within: timedelta
) -> Undelivered | None:
    try:
        async with asyncio.timeout(within.total_seconds()):
            return await notifier.deliver(notice, delivery)
    except TimeoutError:
        return Undelivered(f"no answer within {span(within)}", retryable=True)
