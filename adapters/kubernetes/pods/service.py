"""The LoadBalancer port, and the tasks, of the pods behind a Service."""

from collections.abc import AsyncIterator, Awaitable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from adapters.kubernetes.client.api import Api, Json
from adapters.kubernetes.client.faults import ApiError, as_balancer_error, is_of_another
from adapters.kubernetes.pod import (
    DRAINED,
    OUT,
    annotations_of,
    is_selected,
    is_terminating,
    name_of,
    occupant_of,
    uid_of,
)
from adapters.kubernetes.pods.ground import Ground
from adapters.kubernetes.pods.lines import Picture, is_new
from adapters.kubernetes.pods.looks import ONE, Looks
from adapters.kubernetes.pods.survey import survey_of
from adapters.kubernetes.pods.tasks import PodTasks
from adapters.kubernetes.pods.whole import close_pool, open_pool
from controller.core.pool import FULL, Found, Incarnation, InstanceView
from controller.core.steps import Course
from controller.errors import (
    BalancerError,
    BalancerUnreachable,
    CommandRefused,
    NoSuchMember,
    WeightRefused,
)
from controller.pools.kubernetes import PodPool, Rotation
from controller.ports import Clock
from controller.records import Confirmed, Seats, Survey
from controller.tasks import JobResult, Task, TaskJob

_JUST_NOW: Final = timedelta(milliseconds=250)
_LATELY: Final = timedelta(seconds=1)
"""So long ago the view of the pods may have been proven by which it is known which pod to write to:
the write itself names its UID."""


class ServicePool:
    """Implements `controller.ports.LoadBalancer` and `controller.ports.Tasks`."""

    def __init__(self, api: Api, pool: PodPool, clock: Clock) -> None:
        self._ground = Ground(api, pool, clock)
        self._live, self._flips = self._ground.live, self._ground.flips
        self._instance = self._ground.instance
        self._clock = clock
        self._looks = Looks(self._ground)
        self._tasks = PodTasks(self._ground)
        self._returned: dict[str, Json] = {}
        """Member → its pod as it was when it was put back."""

    @property
    def instances(self) -> Sequence[str]:
        return (self._instance,)

    async def survey(self, view: InstanceView, selected: Collection[str]) -> Survey:
        async with self._told():
            return await survey_of(self._ground, view, selected)

    async def look(
        self,
        instance: str,
        members: Collection[str] | None,
        *,
        former: Collection[Incarnation] = (),
    ) -> InstanceView:
        async with self._told():
            return await self._looks.look(instance, members)

    async def changed(self, instance: str) -> None:
        try:
            await self._ground.arm_if_held()
            await self._looks.changed()
        except (ApiError, BalancerError):  # a look says what it is
            await self._clock.sleep(timedelta(seconds=1))

    # --- the pool as a whole -----------------------------------------------------------------

    async def open(self, course: Course | None = Course.UPGRADE) -> Mapping[str, str]:
        async with self._told():
            return await open_pool(self._ground, course)

    async def close(self, kept: Mapping[str, str]) -> None:
        async with self._told():
            await close_pool(self._ground, kept)

    # --- one member --------------------------------------------------------------------------

    async def drain(self, member: str, seats: Seats = ()) -> Confirmed:
        return await self._take(member, seats)

    async def take_out(self, member: str, seats: Seats = ()) -> Confirmed:
        return await self._take(member, seats)

    async def cut(self, member: str, seats: Seats = ()) -> Confirmed:
        async with self._told():
            await self._pod(member, seats)
        raise CommandRefused(self._instance, "connections to a pod cannot be closed from outside")

    async def begin_return(self, member: str, seats: Seats = ()) -> Confirmed:
        """Its readiness is checked all the time: there is nothing to set."""
        async with self._told():
            await self._pod(member, seats)
        return {self._instance: ONE}

    async def put_back(
        self, member: str, found: Found, share: int = FULL, seats: Seats = ()
    ) -> Confirmed:
        async with self._told():
            picture, pod = await self._pod(member, seats)
            if share < FULL:
                raise WeightRefused(self._instance, "a Service gives all its pods the same share")
            turn = await self._ground.turn()
            is_in = turn.kind is Rotation.DELETE or is_selected(picture.service, pod)
            if not is_in or OUT in annotations_of(pod):
                also = (await self._live.identity()).kind.returning(pod)
                pod = await self._set(member, self._flips.back(pod, turn, also))
                self._returned[member] = pod
            elif uid_of(self._returned.get(member, {"metadata": {"uid": ""}})) != uid_of(pod):
                self._returned[member] = pod  # what it was like before is not known
        return {self._instance: ONE}

    async def _take(self, member: str, seats: Seats) -> Confirmed:
        async with self._told():
            picture, pod = await self._pod(member, seats)
            turn, identity = await self._ground.turn(), await self._live.identity()
            if turn.kind is Rotation.DELETE:
                raise CommandRefused(
                    self._instance, "with rotation: delete, no pod can be kept out of its Service"
                )
            if is_selected(picture.service, pod) or is_new(turn, picture, pod):
                if why := identity.kind.blocked(picture.seen, member):
                    raise CommandRefused(self._instance, why)
                also = identity.kind.leaving(pod, member)
                await self._set(member, self._flips.out(pod, turn, DRAINED, also))
        return {self._instance: ONE}

    async def _set(self, member: str, flip: Awaitable[Json]) -> Json:
        try:
            return await flip
        except ApiError as error:
            if not is_of_another(error):
                raise
            raise CommandRefused(
                self._instance, f"another pod is in the place of {member} now"
            ) from None

    async def _pod(self, member: str, seats: Seats) -> tuple[Picture, Json]:
        """The pod in its place, which must be the one that is meant."""
        identity = await self._live.identity()
        picture = await self._live.picture(_LATELY, _JUST_NOW)
        places = identity.kind.places(picture.seen)
        if member in self._ground.memory.vacant(identity.kind, picture.seen):
            raise BalancerUnreachable(self._instance, f"{member} has no pod at the moment")
        if member not in places:
            raise NoSuchMember(self._instance, f"{identity.path} has no pod for {member}")
        pod = places[member]
        now = occupant_of(picture.service, pod, "") if pod is not None else None
        for seat in seats:
            if pod is None or uid_of(pod) != seat.occupant.id:
                where = str(now or "at no address")
                why = f"{member} is now {where}, and was {seat.occupant}"
                raise CommandRefused(self._instance, why)
        if pod is None or is_terminating(pod):
            what = f"{name_of(pod)} is terminating" if pod is not None else f"{member} has no pod"
            raise BalancerUnreachable(self._instance, f"{what} at the moment")
        return picture, pod

    async def sitting(self, member: str) -> Json | None:
        """For gates on the members themselves."""
        return await self._live.pod_at(member, timedelta(seconds=1))

    def returned(self, member: str) -> Json | None:
        """The same, when it was put back."""
        return self._returned.get(member)

    # --- tasks -------------------------------------------------------------------------------

    async def run(self, job: TaskJob) -> JobResult:
        return await self._tasks.run(job)

    async def ask(self, task: Task) -> JobResult:
        return await self._tasks.ask(task)

    def unstartable(self, task: Task) -> str | None:
        return self._tasks.unstartable(task)

    async def aclose(self) -> None:
        await self._ground.aclose()

    @asynccontextmanager
    async def _told(self) -> AsyncIterator[None]:
        try:
            yield
        except ApiError as error:
            raise as_balancer_error(error, self._instance) from error
