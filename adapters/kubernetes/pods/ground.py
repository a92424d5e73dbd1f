"""What the balancer and the tasks of one pool of pods share."""

from datetime import timedelta
from typing import Final

from adapters.kubernetes.client.api import Api, Json
from adapters.kubernetes.client.paths import SERVICES
from adapters.kubernetes.client.rights import Right, lacking
from adapters.kubernetes.pod import (
    DRAINED,
    NEW,
    OUT,
    annotations_of,
    is_terminating,
    name_of,
)
from adapters.kubernetes.pods.flips import Flips
from adapters.kubernetes.pods.held import Held
from adapters.kubernetes.pods.live import Live
from adapters.kubernetes.pods.memory import Memory
from adapters.kubernetes.pods.rotation.base import Turn
from adapters.kubernetes.pods.rotation.choose import Choice, choose
from adapters.kubernetes.pods.workloads.base import Seen
from adapters.kubernetes.pods.workloads.found import found_in
from controller.errors import BalancerUnreachable
from controller.pools.kubernetes import PodPool, Rotation
from controller.ports import Clock

_GOES: Final = timedelta(seconds=60)
_SOON: Final = timedelta(milliseconds=20)


class Ground:
    def __init__(self, api: Api, pool: PodPool, clock: Clock) -> None:
        self.api = api
        self.pool = pool
        self.clock = clock
        self.namespace = pool.cluster.namespace or api.access.namespace
        self.instance = f"{api.where}/{self.namespace}"
        self.flips = Flips(api, self.namespace, clock)
        self.live = Live(api, pool, self.namespace, self.instance, clock, self.flips)
        self.flips.noted = self.live.noted
        self.held = Held(api, self.live, pool, self.namespace, self.instance, clock)
        self.in_hand: set[str] = set()
        """Places whose pod is being replaced."""
        self.awaited: dict[str, frozenset[str]] = {}
        """Those of them whose next pod comes under another name → revisions that it has not. Should
    that one be lost, it is the one after it."""
        self.filled: set[str] = set()
        """Places of that kind whose next pod has come: whoever takes that one away takes the place
        away."""
        self.held_up: dict[str, str] = {}
        """Places whose pod may not be evicted at the moment → what refuses it, and why."""
        self.memory = Memory()
        self._choice: Choice | None = None

    async def choice(self) -> Choice:
        """The way of rotation; the same for as long as this process lives. Raises ApiError,
        BalancerError."""
        if self._choice is None:
            identity = await self.live.identity()
            service = await self.live.service()
            workload = await self.live.workload(identity)
            may_patch = await self._may_patch()
            self._choice = choose(self.pool, service, workload, may_patch=may_patch)
        return self._choice

    async def turn(self) -> Turn:
        return (await self.choice()).turn

    async def _may_patch(self) -> bool:
        if self.pool.rotation in (Rotation.LABEL, Rotation.DELETE):
            return True  # it does not matter
        right = Right.to("patch", SERVICES, self.namespace, self.pool.service)
        return not await lacking(self.api, [right])

    async def arm(self, disarmed: int | None = None) -> None:
        """Every new pod is kept out from now on. `disarmed`: only if that was so as often."""
        if self.flips.is_armed:
            return
        identity, turn = await self.live.identity(), await self.turn()
        workload = await self.live.workload(identity)
        if disarmed not in (None, self.flips.disarmed):
            return
        self.flips.arm(turn, lambda pod: identity.kind.owns(workload, pod), self._welcome)
        for pod in identity.kind.unnoticed(await self.live.seen(workload)):
            self.flips.arrived("ADDED", pod)

    async def arm_if_held(self) -> None:
        """The same where a rollout is under way, perhaps since another process began it. It may be
        put back while it is asked about: nobody would let in a pod that came after that."""
        identity, disarmed = await self.live.identity(), self.flips.disarmed
        if not self.flips.is_armed and found_in(await self.live.workload(identity)) is not None:
            await self.arm(disarmed)

    async def await_pod(self, place: str, seen: Seen) -> None:
        """The next new pod is the one of this place."""
        kind = (await self.live.identity()).kind
        target, known = kind.target(seen), {kind.revision_of(seen, pod) for pod in seen.pods}
        self.awaited.setdefault(place, frozenset(known - {target}))

    async def without_spare(self) -> None:
        """Until whoever lost its template is gone: nobody shall meet it. Raises
        BalancerUnreachable."""
        deadline = self.clock.now() + _GOES
        while True:
            identity, seen = await self.held.read()
            wanted = identity.kind.revision_with(seen, seen.workload["spec"]["template"])
            left = [
                pod
                for pod in seen.pods
                if identity.kind.retires
                and OUT in annotations_of(pod)
                and not is_terminating(pod)
                and identity.kind.revision_of(seen, pod) != wanted
            ]
            if not left:
                return
            if self.clock.now() >= deadline:
                why = f"{name_of(left[0])} is still there, with a template that was put back"
                raise BalancerUnreachable(self.instance, why)
            await self.clock.sleep(_SOON)

    def _welcome(self, pod: Json) -> tuple[str, Json]:
        """As what a pod that has just come is kept out, and what else to patch of it."""
        place, kind = self.live.place_of(pod), self.live.kind
        if kind.evicts:
            return (DRAINED if place in self.in_hand else NEW), {}
        revision = kind.revision_of(Seen({}, (), ()), pod)
        for awaited, others in self.awaited.items():
            if revision not in others and not self.live.is_taken(awaited, pod):
                return DRAINED, kind.seated(awaited)
        return NEW, kind.seated(place)

    async def aclose(self) -> None:
        """The client is whose it was."""
        await self.flips.aclose()
        await self.live.aclose()
