"""Handing out metrics: beside the rollout, never in its way."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from types import TracebackType
from typing import Final, Self

from controller.core.events import Event, Observation
from controller.core.gates.figures import span
from controller.core.state.state import State
from controller.ports import Clock
from controller.telemetry.measure import LastHeard, Subject, measure
from controller.telemetry.values import Family, Outlet

EVERY: Final = timedelta(seconds=5)
"""Between two times that an outlet is given how things stand."""

PATIENCE: Final = timedelta(seconds=3)
"""The longest that one time may take, the last one too: so much later may a run end."""

Warn = Callable[[str], None]


class Meter:
    """Implements `controller.runner.recorder.Narrator`. A context: on the way out, every outlet is
    given the end once, and closed. Without a rollout that has begun, nothing is handed out: what
    a file or a gateway says of the former one stays."""

    def __init__(self, outlets: Sequence[Outlet], clock: Clock, warn: Warn) -> None:
        """`warn`: takes one line for the log."""
        self._outlets = outlets
        self._clock = clock
        self._warn = warn
        self._subject: Subject | None = None
        self._glance: LastHeard | None = None
        self._failing: set[Outlet] = set()
        self._tasks: dict[asyncio.Task[None], Outlet] = {}

    async def open(self, subject: Subject) -> None:
        """Before anything is touched, and when this process holds the rollout: a second run then
        meets the lock, not a port in use. Raises UsageFault."""
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
            if self._glance is not None:
                await self._settled({asyncio.create_task(self._give(o)): o for o in self._outlets})

    def tell(self, event: Event | Observation, before: State, after: State) -> None:
        if self._subject is None or not self._outlets:
            return
        wall = self._clock.wall()
        self._glance = LastHeard(after, wall, wall if after.finished is not None else None)
        if not self._tasks:
            self._tasks = {asyncio.create_task(self._keep_giving(o)): o for o in self._outlets}

    def families(self) -> Sequence[Family]:
        """How things stand now; nothing before the rollout has begun."""
        if self._subject is None or self._glance is None:
            return ()
        return measure(self._subject, self._glance, self._clock.now())

    async def _settled(self, tasks: dict[asyncio.Task[None], Outlet]) -> None:
        """What escapes an outlet is a bug, and no reason to stop a rollout."""
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        for outlet, how in zip(tasks.values(), ended, strict=True):
            if isinstance(how, Exception):
                self._warn(f"{outlet.name}: ended by a fault of poolroll: {type(how).__name__}")

    async def _keep_giving(self, outlet: Outlet) -> None:
        while True:
            await self._give(outlet)
            await self._clock.sleep(EVERY)

    async def _give(self, outlet: Outlet) -> None:
        """Its troubles are told once, and once when they are over."""
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                missed = await outlet.give()
        except TimeoutError:
            missed = f"not done within {span(PATIENCE)}"
        if missed is not None and outlet not in self._failing:
            self._failing.add(outlet)
            self._warn(f"{outlet.name}: {missed}; the rollout goes on without it")
        elif missed is None and outlet in self._failing:
            self._failing.discard(outlet)
            self._warn(f"{outlet.name}: works again")
