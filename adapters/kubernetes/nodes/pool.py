"""A pool of Nodes as a load balancer: implements `controller.ports.LoadBalancer` and `Tasks`."""

import secrets
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Final, NoReturn

from adapters.kubernetes.client.api import Api, Json
from adapters.kubernetes.client.faults import ApiError, as_balancer_error
from adapters.kubernetes.client.watch import Watch
from adapters.kubernetes.nodes import marks
from adapters.kubernetes.nodes.cluster import Nodes
from adapters.kubernetes.nodes.evictor import Evictor
from adapters.kubernetes.nodes.leaving import Allowed, leaving
from adapters.kubernetes.nodes.lines import ONE, line_of
from adapters.kubernetes.nodes.marks import Mark, Stage, mark_of
from adapters.kubernetes.nodes.survey import Surveyor
from adapters.kubernetes.nodes.tasks import NodeTasks
from controller.core.pool import FULL, Admin, Found, Incarnation, InstanceView, Line
from controller.core.steps import Course
from controller.errors import CommandRefused, WeightRefused
from controller.pools.kubernetes import NodePool
from controller.ports import Clock
from controller.records import Confirmed, Seats, Survey
from controller.tasks import JobResult, Task, TaskJob

NONE: Final = timedelta(0)
AGAIN: Final = timedelta(seconds=2)
"""Between two tries to begin a watch."""


class NodesPool:
    """Cordoned by a patch, emptied in the background from then on, uncordoned by a patch."""

    def __init__(
        self,
        api: Api,
        pool: NodePool,
        clock: Clock,
        *,
        own_node: str | None = "",
        own_pod: str = "",
    ) -> None:
        """`own_node`: where poolroll itself runs; None: on some Node, and it is not known which."""
        self._nodes = Nodes(api, pool.selector)
        self._where = api.where
        self._pool = pool
        self._clock = clock
        self._own_node = own_node
        self._own_pod = own_pod
        self._token = secrets.token_hex(4)
        self._watch: Watch | None = None
        self._shown = 0
        """What the watch had told when the Nodes were looked at last."""
        self._evictors: dict[str, Evictor] = {}
        self._surveyor = Surveyor(self._nodes, pool, own_node)
        self._tasks = NodeTasks(self._nodes, pool, clock)

    @property
    def instances(self) -> Sequence[str]:
        return (self._where,)

    async def survey(self, view: InstanceView, selected: Collection[str]) -> Survey:
        async with self._told():
            return await self._surveyor.survey(view, selected)

    async def look(
        self,
        instance: str,
        members: Collection[str] | None,
        *,
        former: Collection[Incarnation] = (),
    ) -> InstanceView:
        at = self._clock.now()
        if self._watch is not None:
            self._shown = self._watch.serial
        async with self._told():
            nodes = await self._nodes.all() if members is None else await self._some(members)
            lines = [await self._line(node) for node in nodes]
        lines.sort(key=lambda line: line.member == self._own_node)
        return InstanceView(
            instance=instance,
            at=at,
            incarnation=ONE,
            lines=tuple(lines),
            is_full=members is None,
            backends={self._pool.selector: None},
            lingering=False,
        )

    async def _some(self, members: Collection[str]) -> list[Json]:
        found = [await self._nodes.find(name) for name in sorted(members)]
        return [node for node in found if node is not None]

    async def _line(self, node: Json) -> Line:
        """One that is held with pods on it, and that this process does not empty, is not held yet:
        whoever resumes its rollout is to take it out once more."""
        if mark_of(node) is None:
            return line_of(node, self._pool.selector)
        name = node["metadata"]["name"]
        pods = leaving(await self._nodes.pods_on(name))
        evictor = self._evictors.get(name)
        if evictor is None:
            line = line_of(node, self._pool.selector, pods)
            return replace(line, admin=Admin.DRAINING) if pods else line
        evictor.check()
        return line_of(node, self._pool.selector, pods, evictor.why)

    async def changed(self, instance: str) -> None:
        """By a watch of the Nodes; how many pods are left on them is looked at."""
        while True:
            try:
                watch = await self._watched()
                break
            except ApiError:  # looks tell that it is away
                await self._clock.sleep(AGAIN)
        self._shown = await watch.changed(self._shown)

    async def _watched(self) -> Watch:
        if self._watch is None:
            watch = self._nodes.watch(self._clock)
            await watch.start()
            self._watch, self._shown = watch, watch.serial
        return self._watch

    async def open(self, course: Course | None = Course.UPGRADE) -> Mapping[str, str]:
        return {}

    async def close(self, kept: Mapping[str, str]) -> None:
        """Nothing but Nodes was changed."""

    async def drain(self, member: str, seats: Seats = ()) -> Confirmed:
        """Cordon it, and begin to evict what runs there."""
        return await self._hold(member, seats, Stage.DRAINING)

    async def take_out(self, member: str, seats: Seats = ()) -> Confirmed:
        return await self._hold(member, seats, Stage.OUT)

    async def cut(self, member: str, seats: Seats = ()) -> NoReturn:
        raise CommandRefused(self._where, "pods are evicted, and not killed")

    async def begin_return(self, member: str, seats: Seats = ()) -> Confirmed:
        """It is proven before it is uncordoned: nothing is set."""
        async with self._told():
            await self._leave_alone(member)
            node = await self._nodes.change(member, seats, lambda _: None)
        if mark_of(node) is None:
            raise self._foreign(node)
        return {self._where: ONE}

    async def put_back(
        self, member: str, found: Found, share: int = FULL, seats: Seats = ()
    ) -> Confirmed:
        if share < FULL:
            raise WeightRefused(self._where, f"{member} is a Node, and has no weight")
        async with self._told():
            await self._leave_alone(member)
            node = await self._nodes.change(member, seats, marks.uncordon)
        if marks.is_cordoned(node):
            raise self._foreign(node)
        return {self._where: ONE}

    async def sitting(self, member: str) -> Json | None:
        """For gates on the members themselves."""
        return await self._nodes.find(member)

    def returned(self, member: str) -> None:
        """A Node counts nothing itself."""

    async def aclose(self) -> None:
        for member in list(self._evictors):
            await self._leave_alone(member)
        if self._watch is not None:
            await self._watch.aclose()

    async def run(self, job: TaskJob) -> JobResult:
        return await self._tasks.run(job)

    async def ask(self, task: Task) -> JobResult:
        return await self._tasks.ask(task)

    def unstartable(self, task: Task) -> str | None:
        return self._tasks.unstartable(task)

    async def _hold(self, member: str, seats: Seats, stage: Stage) -> Confirmed:
        wanted = Mark(stage, self._token)

        def patch(node: Json) -> Json | None:
            mark = mark_of(node)
            if mark is None and marks.is_cordoned(node):
                raise self._foreign(node)
            if mark == wanted:
                return None
            return marks.cordon(node, wanted, exclude=self._pool.exclude_from_load_balancers)

        async with self._told():
            node = await self._nodes.change(member, seats, patch)
        if mark_of(node) != wanted:
            raise CommandRefused(self._where, f"{member} was patched, and is not cordoned")
        self._empty(member)
        return {self._where: ONE}

    def _empty(self, member: str) -> None:
        before = self._evictors.get(member)
        if before is not None and not before.has_ended:
            return
        pool = self._pool
        self._evictors[member] = Evictor(
            self._nodes,
            member,
            self._token,
            Allowed(pool.unmanaged, pool.emptydir),
            self._clock,
            settle=pool.settle if pool.exclude_from_load_balancers else NONE,
            own_pod=self._own_pod,
        )

    async def _leave_alone(self, member: str) -> None:
        if (evictor := self._evictors.pop(member, None)) is not None:
            await evictor.stop()

    def _foreign(self, node: Json) -> CommandRefused:
        """Somebody else's cordon is left as it is."""
        name = node["metadata"]["name"]
        what = "was cordoned by somebody else" if marks.is_cordoned(node) else "is not cordoned"
        return CommandRefused(self._where, f"{name} {what}")

    @asynccontextmanager
    async def _told(self) -> AsyncIterator[None]:
        try:
            yield
        except ApiError as error:
            raise as_balancer_error(error, self._where) from error
