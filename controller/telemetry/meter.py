"""Exports metrics concurrently: a failing outlet never delays the rollout."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from types import TracebackType
from typing import Final, Self

from controller.core.events import Event, Observation
from controller.core.gates.figures import span
from controller.core.state.state import State
from controller.errors import PoolHeld, PoolrollError, WindowClosed
from controller.ports import Clock
from controller.telemetry.catalogue import REFUSED
from controller.telemetry.measure import LastSeen, Subject, measure
from controller.telemetry.values import Family, Outlet, Sample

EVERY: Final = timedelta(seconds=5)
"""Interval of exports."""

PATIENCE: Final = timedelta(seconds=3)
"""Timeout of one export. The last export may delay the end of a run by this much."""

Warn = Callable[[str], None]


class Meter:
    """Implements `controller.runner.recorder.Narrator`. A context: on exit, every outlet
    exports the final state once and is closed. Nothing is exported before a rollout has begun, so
    a file or a gateway keeps the metrics of the previous one."""

    def __init__(self, outlets: Sequence[Outlet], clock: Clock, warn: Warn) -> None:
        """`warn`: takes one line for the log."""
        self._outlets = outlets
        self._clock = clock
        self._warn = warn
        self._subject: Subject | None = None
        self._last: LastSeen | None = None
        self._failing: set[Outlet] = set()
        self._tasks: dict[asyncio.Task[None], Outlet] = {}

    async def open(self, subject: Subject) -> None:
        """Called before anything is touched, and after the lock is taken: a second run then fails
        at the lock, not because a port is in use. Raises UsageFault."""
        for outlet in self._outlets:
            await outlet.open(self.families)
        self._subject = subject

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        async with AsyncExitStack() as stack:
            for outlet in self._outlets:
                stack.push_async_callback(outlet.aclose)
            for task in self._tasks:
                task.cancel()
            await self._settled(dict(self._tasks))
            if self._last is not None:
                await self._settled(
                    {asyncio.create_task(self._export(o)): o for o in self._outlets}
                )

    @asynccontextmanager
    async def told_of_refusals(self, rollout: str) -> AsyncIterator[None]:
        """A run that ends in here with an error, and has not begun, is exported as refused: beside
        the metrics of the rollout before. Another one that holds the pool exports its own."""
        try:
            yield
        except PoolrollError as error:
            if self._last is None and not isinstance(error, PoolHeld | WindowClosed):
                refused = Sample((rollout,), self._clock.wall().timestamp())
                for outlet in self._outlets:
                    missed = await _in_time(outlet.add((Family(REFUSED, (refused,)),)))
                    if missed is not None:
                        self._warn(f"{outlet.name}: {missed}")
            raise

    def tell(self, event: Event | Observation, before: State, after: State) -> None:
        if self._subject is None or not self._outlets:
            return
        wall = self._clock.wall()
        self._last = LastSeen(after, wall, wall if after.finished is not None else None)
        if not self._tasks:
            self._tasks = {asyncio.create_task(self._keep_exporting(o)): o for o in self._outlets}

    def families(self) -> Sequence[Family]:
        """The metrics now; none before the rollout has begun."""
        if self._subject is None or self._last is None:
            return ()
        return measure(self._subject, self._last, self._clock.now())

    async def _settled(self, tasks: dict[asyncio.Task[None], Outlet]) -> None:
        """An exception from an outlet is a bug, but no reason to stop a rollout."""
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        for outlet, how in zip(tasks.values(), ended, strict=True):
            if isinstance(how, Exception):
                self._warn(f"{outlet.name}: stopped by a bug in poolroll: {type(how).__name__}")

    async def _keep_exporting(self, outlet: Outlet) -> None:
        while True:
            await self._export(outlet)
            await self._clock.sleep(EVERY)

    async def _export(self, outlet: Outlet) -> None:
        """Warns once when exports start to fail, and once when they work again."""
        missed = await _in_time(outlet.give())
        if missed is not None and outlet not in self._failing:
            self._failing.add(outlet)
            self._warn(f"{outlet.name}: {missed}; the rollout goes on without it")
        elif missed is None and outlet in self._failing:
            self._failing.discard(outlet)
            self._warn(f"{outlet.name}: works again")


async def _in_time(giving: Awaitable[str | None]) -> str | None:
    """What went wrong, if anything."""
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            return await giving
    except TimeoutError:
        return f"no export within {span(PATIENCE)}"
