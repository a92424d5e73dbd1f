"""Faults of the whole server: gone, frozen, forgetful; and controllers that stand still.

As measured: after a restart older resource versions are 410, the first answers to users with
limited rights are 403, and controllers need 3 to 30 s longer; frozen, nothing answers.
"""

import asyncio
from typing import TypeVar

from tests.support.kubernetes.access import Access
from tests.support.kubernetes.controllers.base import Controller
from tests.support.kubernetes.server import Server
from tests.support.kubernetes.times import Time
from tests.support.waiting import until

C = TypeVar("C", bound=Controller)


class Outages:
    def __init__(
        self, server: Server, controllers: list[Controller], access: Access, time: Time
    ) -> None:
        self.server, self.controllers = server, controllers
        self.access, self.time = access, time
        self.returning: list[asyncio.Task[None]] = []
        """Controllers that come back later than the server."""

    def controller(self, kind: type[C]) -> C:
        """The one of this class."""
        return next(one for one in self.controllers if isinstance(one, kind))

    async def settled(self) -> None:
        """Until no controller has anything to do now; some may wait for a time to come."""
        await until(lambda: all(one.is_idle for one in self.controllers), every=0.001)

    async def stop(self) -> None:
        """As by SIGKILL: connections end, new ones are refused, controllers stand still."""
        self.halt()
        for task in self.returning:
            task.cancel()
        await self.server.stop()

    async def start(self, *, controllers_after: float = 0.0, refusals: int = 2) -> None:
        """Again, as measured: older resource versions are too old, the first answers to users
        with limited rights are 403, controllers come back later (seconds of the cluster)."""
        self.access.store.restart()
        self.access.refusals = refusals if self.access.rbac else 0
        await self.server.start()
        self.returning.append(asyncio.create_task(self._work_again(controllers_after)))

    async def _work_again(self, after: float) -> None:
        await self.time.sleep(after)
        self.resume()

    def halt(self) -> None:
        """Controllers and kubelets stand still, the API goes on."""
        for one in self.controllers:
            one.works.clear()

    def freeze(self) -> None:
        """As by SIGSTOP: it accepts, and answers nothing."""
        self.halt()
        self.server.freeze()

    def thaw(self) -> None:
        self.server.thaw()
        self.resume()

    def resume(self) -> None:
        for one in self.controllers:
            one.works.set()

    def cut_watches(self, *, clean: bool = False) -> int:
        """End every stream: cut off, or as if its time were over. Gives how many there were."""
        return self.server.cut_streams(clean=clean)

    def expire(self) -> None:
        """Every older resource version is too old from now on, as after a restart."""
        self.access.store.restart()
