"""Notifications, delivered concurrently: a slow or failing receiver never delays the rollout.

Each notice goes to each receiver in a task of its own. A notice that cannot be delivered becomes a
line in the log.
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
"""Timeout of one delivery attempt."""

PAUSES: Final = (timedelta(seconds=1), timedelta(seconds=3))
"""Before the second and the third, last attempt: 28 seconds in all."""

PATIENCE: Final = timedelta(seconds=5)
"""How long notices still in delivery get when the run is over."""

MOST: Final = 256
"""Concurrent deliveries at most."""

Warn = Callable[[str], None]


class Notices(Protocol):
    """Which notices an event leads to. Pure."""

    def of(
        self,
        event: Event | Observation,
        before: State,
        after: State,
        last: Instant | None,
        now: Instant,
        wall: datetime,
    ) -> Sequence[Notice]:
        """`last`: when the previous event came; None at the first."""

    def heartbeat(self, state: State, wall: datetime) -> Notice: ...


class NoticeSender:
    """Implements `controller.runner.recorder.Narrator`. A context: on exit, notices in
    delivery get `PATIENCE`, then they are given up. Errors of receivers are never raised."""

    def __init__(
        self,
        notifiers: Sequence[Notifier],
        clock: Clock,
        warn: Warn,
        *,
        beat: tuple[Notifier, timedelta] | None = None,
    ) -> None:
        """`warn`: takes one line for the log. `beat`: receiver and interval of the heartbeat."""
        self._notifiers = notifiers
        self._clock = clock
        self._warn = warn
        self._beat = beat
        self._notices: Notices | None = None
        self._last: Instant | None = None
        self._state: State | None = None
        self._tasks: dict[asyncio.Task[None], str] = {}
        self._beating: asyncio.Task[None] | None = None

    def watch(self, notices: Notices) -> None:
        """Send `notices` from now on."""
        self._notices = notices if self._receivers() else None

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
                self._warn(
                    f"a notice was lost because of a bug in poolroll: {type(ended).__name__}"
                )
        for notifier in self._receivers():
            await notifier.aclose()

    def tell(self, event: Event | Observation, before: State, after: State) -> None:
        if self._notices is None:
            return
        now, wall = self._clock.now(), self._clock.wall()
        for notice in self._notices.of(event, before, after, self._last, now, wall):
            self._send(notice)
        self._last, self._state = now, after
        if self._beat is not None and self._beating is None:
            self._beating = asyncio.create_task(self._keep_beating(*self._beat, self._notices))

    def _receivers(self) -> list[Notifier]:
        return [*self._notifiers, *([self._beat[0]] if self._beat is not None else [])]

    def _send(self, notice: Notice) -> None:
        for notifier in self._receivers():
            if notice.event not in notifier.events:
                continue
            if len(self._tasks) >= MOST:
                self._warn(
                    f"{notifier.name}: {notice.event!r} was not sent: {MOST} are in delivery"
                )
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
            self._warn(f"{what} was not delivered yet: {missed.why}; retrying")
            await self._clock.sleep(pause)

    async def _keep_beating(self, notifier: Notifier, every: timedelta, notices: Notices) -> None:
        """Warns once when the heartbeat starts to fail, and once when it works again."""
        is_delivered = True
        while self._state is not None and self._state.finished is None:
            due = self._clock.now() + every
            notice = notices.heartbeat(self._state, self._clock.wall())
            missed = await _try(notifier, notice, token_hex(8), min(TRY, every))
            if missed is not None and is_delivered:
                self._warn(f"{notifier.name}: heartbeat not delivered: {missed.why}")
            if missed is None and not is_delivered:
                self._warn(f"{notifier.name}: heartbeat delivered again")
            is_delivered = missed is None
            await self._clock.sleep(max(due - self._clock.now(), timedelta(0)))


async def _try(
    notifier: Notifier, notice: Notice, delivery: str, within: timedelta
) -> Undelivered | None:
    try:
        async with asyncio.timeout(within.total_seconds()):
            return await notifier.deliver(notice, delivery)
    except TimeoutError:
        return Undelivered(f"no answer within {span(within)}", retryable=True)
