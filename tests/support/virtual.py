"""Virtual time: hours pass at once, in the same way each time."""

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from functools import wraps
from heapq import heappop, heappush
from itertools import count
from typing import Any, ParamSpec, TypeVar

from controller.core.pool import Instant

T = TypeVar("T")
P = ParamSpec("P")

EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
LIMIT = timedelta(hours=3)
"""No run takes longer in virtual time; one that would has hung."""
LEAST = timedelta(microseconds=1)
NEVER = 1e12
"""Seconds; a timer that is further off is not due."""


class LoopClock:
    """Implements `controller.ports.Clock` by the time of the running event loop."""

    def now(self) -> Instant:
        loop = asyncio.get_running_loop()
        return loop.now if isinstance(loop, VirtualLoop) else timedelta(seconds=loop.time())

    def wall(self) -> datetime:
        return EPOCH + self.now()

    async def sleep(self, duration: timedelta) -> None:
        await asyncio.sleep(duration.total_seconds())


class _Call:
    """What the loop calls, once: a handle without what only debugging needs."""

    __slots__ = ("_when", "args", "callback", "context", "is_cancelled")

    def __init__(
        self,
        callback: Callable[..., object],
        args: tuple[object, ...],
        context: contextvars.Context | None,
        when: float = 0,
    ) -> None:
        self.callback, self.args = callback, args
        self.context = context if context is not None else contextvars.copy_context()
        self._when = when
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True

    def cancelled(self) -> bool:
        return self.is_cancelled

    def when(self) -> float:
        return self._when


class VirtualLoop(asyncio.BaseEventLoop):
    """A loop whose time jumps to the next timer as soon as nothing else is to be done. It has
    neither files nor threads. Half of what a rollout in the simulation costs was the loop: hence
    one that does this alone."""

    def __init__(self, start: Instant) -> None:
        super().__init__()
        self.now = start
        self._end = start + LIMIT
        self._calls: deque[_Call] = deque()
        self._timers: list[tuple[Instant, int, _Call]] = []
        self._number = count()

    def time(self) -> float:
        return self.now.total_seconds()

    def jump(self, to: Instant) -> None:
        self.now, self._end = to, to + LIMIT

    def call_soon(  # type: ignore[override]  # a handle in all but the class
        self,
        callback: Callable[..., object],
        *args: object,
        context: contextvars.Context | None = None,
    ) -> _Call:
        call = _Call(callback, args, context)
        self._calls.append(call)
        return call

    def call_at(  # type: ignore[override]
        self,
        when: float,
        callback: Callable[..., object],
        *args: object,
        context: contextvars.Context | None = None,
    ) -> _Call:
        call = _Call(callback, args, context, when)
        due = timedelta(seconds=when) if when < NEVER else timedelta.max
        if due <= self.now and when > self.time():  # whoever waits for less than that asks again
            due = self.now + LEAST
        heappush(self._timers, (due, next(self._number), call))
        return call

    def call_later(  # type: ignore[override]
        self,
        delay: float,
        callback: Callable[..., object],
        *args: object,
        context: contextvars.Context | None = None,
    ) -> _Call:
        return self.call_at(self.time() + delay, callback, *args, context=context)

    call_soon_threadsafe = call_soon  # type: ignore[assignment]  # there are no others

    @property
    def pending(self) -> int:
        """How many timers are neither over nor cancelled."""
        return sum(not call.is_cancelled for _, _, call in self._timers)

    def run_in_executor(self, *args: object) -> Any:
        raise NotImplementedError("virtual time does not wait for threads")

    def _run_once(self) -> None:
        calls, timers = self._calls, self._timers
        if not calls:
            while timers and timers[0][2].is_cancelled:
                heappop(timers)
            if not timers or timers[0][0] > self._end:
                raise TimeoutError("nothing happens any more")
            self.now = max(self.now, timers[0][0])
        while timers and timers[0][0] <= self.now:
            calls.append(heappop(timers)[2])
        for _ in range(len(calls)):
            call = calls.popleft()
            if not call.is_cancelled:
                call.context.run(call.callback, *call.args)


def run_virtually(main: Coroutine[Any, Any, T], start: Instant = timedelta(0)) -> T:
    """Run `main` in a loop of its own whose time begins at `start` and jumps from timer to timer.

    Raises TimeoutError when `LIMIT` has passed, or nothing would ever happen again.
    """
    loop = VirtualLoop(start)
    try:
        return loop.run_until_complete(main)
    finally:
        _cancel_all(loop)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def virtually(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """A test that runs in virtual time, as what it asks for must not hang on a busy machine."""

    @wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        run_virtually(test(*args, **kwargs))

    return run


def _cancel_all(loop: VirtualLoop) -> None:
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))


def stand_still(duration: timedelta) -> None:
    """The process is stopped for so long: time goes on, and nothing is done meanwhile."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    loop.jump(loop.now + duration)
