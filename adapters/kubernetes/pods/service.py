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
from adapters.kubernetes.pods.lines import Picture, is_new, lines_of, to_let_in
from adapters.kubernetes.pods.live import Identity
from adapters.kubernetes.pods.rivals import said
from adapters.kubernetes.pods.rotation.base import Turn
from adapters.kubernetes.pods.rotation.selector import BySelector, is_narrowed
from adapters.kubernetes.pods.survey import survey_of
from adapters.kubernetes.pods.tasks import PodTasks
from adapters.kubernetes.pods.whole import close_pool, open_pool
from adapters.kubernetes.pods.workloads.found import found_in
from controller.core.pool import FULL, Found, Incarnation, InstanceView, Line
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

ONE: Final = Incarnation("kubernetes", 0)
"""What is set in a cluster is not lost with a process of it."""
_NOW: Final = timedelta(0)
_JUST_NOW: Final = timedelta(milliseconds=250)
"""Looks that follow each other so closely share one read of the Service and the workload: who is
out is proven by the pods and the slices, which each of them proves anew."""
_LATELY: Final = timedelta(seconds=1)
"""So long ago the view of the pods may have been proven by which it is known which pod to write to:
the write itself names its UID."""
_COMES_BACK: Final = timedelta(seconds=60)
"""A process that goes on with a rollout does not know yet where pods were."""
_KNOWS: Final = timedelta(seconds=2)
"""After that a process has taken out what it has in hand: what is out besides may be let in."""


def held_in_words(path: str, picture: Picture) -> str:
    """What a rollout has prepared and nobody put back; empty: nothing."""
    said = []
    if is_narrowed(picture.service):
        service = name_of(picture.service)
        said.append(f"the selector of Service {service} is narrowed: new pods stay out of it")
    if found_in(picture.seen.workload) is not None:
        said.append(f"{path} is held: its controller replaces no pod by itself")
    return "; ".join(said)


class ServicePool:
    """Implements `controller.ports.LoadBalancer` and `controller.ports.Tasks`."""

    def __init__(self, api: Api, pool: PodPool, clock: Clock) -> None:
        self._ground = Ground(api, pool, clock)
        self._live, self._held, self._flips = (
            self._ground.live,
            self._ground.held,
            self._ground.flips,
        )
        self._instance = self._ground.instance
        self._clock = clock
        self._began = clock.now()
        self._shown: Picture | None = None
        """By the last look, or what looks the same."""
        self._whole_at = clock.now() - _JUST_NOW
        """When a look began last that read all of it anew."""
        self._told_lines: tuple[Line, ...] = ()
        self._tasks = PodTasks(self._ground)

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
        at = self._clock.now()
        async with self._told():
            identity, turn = await self._live.identity(), await self._ground.turn()
            read = _JUST_NOW if at - self._whole_at < _JUST_NOW else _NOW
            picture = self._shown = await self._live.picture(_NOW, read)
        if read == _NOW:
            self._whole_at = at
        if self._flips.is_armed_for(_KNOWS):
            self._flips.let_in(to_let_in(identity.kind, turn, picture, self._ground.in_hand))
        kind, vacant = identity.kind, self._ground.memory.vacant(identity.kind, picture.seen)
        is_young = at - self._began < _COMES_BACK and found_in(picture.seen.workload) is not None
        if is_young and len(vacant) < kind.unseen(picture.seen):
            what = f"the next pod of {identity.path} on some Node is not there yet"
            raise BalancerUnreachable(instance, what)
        lines = self._told_lines = self._lines(identity, turn, picture)
        given_up = self._given_up(identity, picture)
        return InstanceView(
            instance=instance,
            at=at,
            incarnation=ONE,
            lines=tuple(
                line
                for line in lines
                if (members is None or line.member in members) and line.member not in given_up
            ),
            is_full=members is None,
            backends={identity.service: None},
            lingering=False,
            held=held_in_words(identity.path, picture),
            rival=self._rival(identity, turn, picture),
        )

    def _lines(self, identity: Identity, turn: Turn, picture: Picture) -> tuple[Line, ...]:
        kind = identity.kind
        return lines_of(
            kind,
            turn,
            picture,
            identity.namespace,
            identity.path,
            self._ground.memory.vacant(kind, picture.seen),
            self._ground.in_hand,
        )

    def _given_up(self, identity: Identity, picture: Picture) -> Collection[str]:
        """Places whose pod was taken away, where the next one would come under another name."""
        if not identity.kind.retires:
            return ()
        places, filled = identity.kind.places(picture.seen), self._ground.filled
        return {place for place, pod in places.items() if pod is None and place in filled}

    def _rival(self, identity: Identity, turn: Turn, picture: Picture) -> str:
        if rival := self._held.rival(identity, picture.seen.workload):
            return rival
        is_held = found_in(picture.seen.workload) is not None
        if is_held and isinstance(turn, BySelector) and not is_narrowed(picture.service):
            return said("service", picture.service, ["spec.selector"])
        return ""

    async def changed(self, instance: str) -> None:
        try:
            await self._ground.arm_if_held()
            await self._live.changed(self._shown)
            while not await self._shows_news():
                await self._live.changed(self._shown)
        except (ApiError, BalancerError):  # a look says what it is
            await self._clock.sleep(timedelta(seconds=1))

    async def _shows_news(self) -> bool:
        """Whether a look would show something else than the last one did, as far as can be said
        without asking: of what the cluster writes about pods, most is not to be seen in it."""
        picture = await self._live.at_hand()
        if picture is None or self._shown is None:
            return True
        identity, turn = await self._live.identity(), await self._ground.turn()
        if self._lines(identity, turn, picture) != self._told_lines:
            return True
        self._shown = picture
        return False

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
                await self._set(member, self._flips.back(pod, turn, also))
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

    async def _set(self, member: str, flip: Awaitable[Json]) -> None:
        try:
            await flip
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
