"""Notifications, delivered concurrently: a slow or failing receiver never delays the rollout.

Each notice goes to each receiver in a task of its own. A notice that cannot be delivered becomes a
line in the log.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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

PAUSES: Final = (timedelta(seconds=1), timedelta(seconds=3))
"""Before the second and the third, last try."""

WHOLE: Final = timedelta(seconds=32)
"""A last try begins at most this long after the first: three waits of ten seconds, as chats ask for
(`Retry-After`), fit in."""

PASSING: Final = frozenset({"started", "member_done"})
"""All others tell of an end, or of what somebody has to act on, and an all-clear must not look like
silence: the end of a run waits for them, `LAST` at most."""
LAST: Final = WHOLE + timedelta(seconds=8)

PATIENCE: Final = timedelta(seconds=5)
"""How long passing notices still in delivery get when the run is over."""

SILENT: Final = timedelta(seconds=1)
"""How long the end of a run waits without a word."""

MOST: Final = 256
"""Concurrent deliveries at most."""

MOST_NAMED: Final = 3
"""Notices named in one line."""

_Task = asyncio.Task[None]

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


@dataclass(frozen=True, slots=True)
class _Delivery:
    what: str
    is_urgent: bool


class NoticeSender:
    """Implements `controller.runner.recorder.Narrator`. A context: on exit, notices in delivery
    get `LAST`, passing ones `PATIENCE`, then they are given up. Errors of receivers are never
    raised."""

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
        self._tasks: dict[_Task, _Delivery] = {}
        self._given_up = asyncio.Event()
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
        urgent = {task: one for task, one in tasks.items() if one.is_urgent}
        await self._wait(tasks, SILENT)
        await self._wait(urgent, LAST - SILENT, says_so=True)
        await self._wait(tasks, PATIENCE - SILENT if not urgent else timedelta(0))
        for task, one in tasks.items():
            if not task.done():
                task.cancel()
                self._warn(f"{one.what}: given up: not delivered since the run ended")
        for ended in await asyncio.gather(*tasks, *beating, return_exceptions=True):
            if isinstance(ended, Exception):
                self._warn(
                    f"a notice was lost because of a bug in poolroll: {type(ended).__name__}"
                )
        for notifier in self._receivers():
            await notifier.aclose()

    def give_up(self) -> None:
        """Wait no longer for notices in delivery."""
        self._given_up.set()

    async def _wait(
        self,
        tasks: Mapping[asyncio.Task[None], _Delivery],
        most: timedelta,
        *,
        says_so: bool = False,
    ) -> None:
        """Until all have ended, `most` has passed, or nobody wants to wait any more."""
        left = [task for task in tasks if not task.done()]
        if not left or self._given_up.is_set() or most <= timedelta(0):
            return
        if says_so:
            which = ", ".join(tasks[task].what for task in left[:MOST_NAMED])
            self._warn(f"waiting up to {span(most)} for notices: {which} (a signal ends the wait)")
        impatient = asyncio.ensure_future(self._given_up.wait())
        every = asyncio.ensure_future(asyncio.wait(left))
        await asyncio.wait(
            (impatient, every),
            timeout=most.total_seconds(),
            return_when=asyncio.FIRST_COMPLETED,
        )
        for one in (impatient, every):
            one.cancel()
        await asyncio.gather(impatient, every, return_exceptions=True)

    def send(self, notice: Notice) -> None:
        """What no event tells: that a run was refused."""
        self._send(notice)

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
            if not {notice.event, *notice.also}.intersection(notifier.events):
                continue
            if len(self._tasks) >= MOST:
                self._warn(
                    f"{notifier.name}: {notice.event!r} was not sent: {MOST} are in delivery"
                )
                continue
            task = asyncio.create_task(self._deliver(notifier, notice))
            what = f"{notifier.name}: {notice.event!r}"
            self._tasks[task] = _Delivery(what, notice.event not in PASSING)
            task.add_done_callback(lambda done: self._tasks.pop(done, None))

    async def _deliver(self, notifier: Notifier, notice: Notice) -> None:
        delivery, what = token_hex(8), f"{notifier.name}: {notice.event!r}"
        until, pauses = self._clock.now() + WHOLE, iter((*PAUSES, None))
        while True:
            missed = await attempt(notifier, notice, delivery, notifier.within)
            if missed is None:
                return
            # A receiver that says when to come back is asked then, as often as there is time for.
            pause = missed.after or next(pauses)
            if pause is None or not missed.retryable:
                self._warn(f"{what} was not delivered: {missed.why}")
                return
            if self._clock.now() + pause > until:
                wait = f"; it asks to wait {span(missed.after)}" if missed.after else ""
                self._warn(f"{what} was not delivered: {missed.why}{wait}")
                return
            self._warn(f"{what} was not delivered yet: {missed.why}; retrying in {span(pause)}")
            await self._clock.sleep(pause)

    async def _keep_beating(self, notifier: Notifier, every: timedelta, notices: Notices) -> None:
        """Warns once when the heartbeat starts to fail, and once when it works again."""
        is_delivered = True
        while self._state is not None and self._state.finished is None:
            due = self._clock.now() + every
            notice = notices.heartbeat(self._state, self._clock.wall())
            missed = await attempt(notifier, notice, token_hex(8), min(notifier.within, every))
            if missed is not None and is_delivered:
                self._warn(f"{notifier.name}: heartbeat not delivered: {missed.why}")
            if missed is None and not is_delivered:
                self._warn(f"{notifier.name}: heartbeat delivered again")
            is_delivered = missed is None
            await self._clock.sleep(max(due - self._clock.now(), timedelta(0)))


async def attempt(
    notifier: Notifier, notice: Notice, delivery: str, within: timedelta
) -> Undelivered | None:
    """One try, within its time."""
    try:
        async with asyncio.timeout(within.total_seconds()):
            return await notifier.deliver(notice, delivery)
    except TimeoutError:
        return Undelivered(f"no answer within {span(within)}", retryable=True)
