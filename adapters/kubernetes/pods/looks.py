"""Looks at a pool of pods, and when another one is worth while."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Final

from adapters.kubernetes.pod import name_of, uid_of
from adapters.kubernetes.pods.ground import Ground
from adapters.kubernetes.pods.lines import Picture, lines_of, to_let_in
from adapters.kubernetes.pods.live import Identity
from adapters.kubernetes.pods.rivals import said
from adapters.kubernetes.pods.rotation.base import Turn
from adapters.kubernetes.pods.rotation.selector import BySelector, is_narrowed
from adapters.kubernetes.pods.workloads.found import found_in
from controller.core.pool import Admin, Incarnation, InstanceView, Instant, Line
from controller.errors import BalancerUnreachable

ONE: Final = Incarnation("kubernetes", 0)
"""What is set in a cluster is not lost with a process of it."""
_NOW: Final = timedelta(0)
_JUST_NOW: Final = timedelta(milliseconds=250)
"""Looks that follow each other so closely share one read of the Service and the workload: who is
out is proven by the pods and the slices, which each of them proves anew."""
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


class Looks:
    """Raises ApiError, BalancerError."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._live, self._flips = ground.live, ground.flips
        self._clock = ground.clock
        self._began = self._clock.now()
        self._shown: Picture | None = None
        """By the last look, or what looks the same."""
        self._lines: tuple[Line, ...] = ()
        """Of the last look."""
        self._whole_at = self._began - _JUST_NOW
        """When a look began last that read all of it anew."""
        self._missing: dict[str, Instant] = {}
        """Places that lost their next pod → since when its controller owes another one."""
        self._under_way = 0
        self._ended = asyncio.Event()

    async def look(self, instance: str, members: Collection[str] | None) -> InstanceView:
        """At some members, or all: one costs as much as the other."""
        self._under_way += 1
        try:
            return await self._look(instance, members)
        finally:
            self._under_way -= 1
            self._ended.set()
            self._ended = asyncio.Event()

    async def changed(self) -> None:
        """Waits until a look would show something else than the last one did."""
        await self._live.changed(self._shown)
        while not await self._shows_news():
            await self._live.changed(self._shown)

    async def _look(self, instance: str, members: Collection[str] | None) -> InstanceView:
        at = self._clock.now()
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
        lines = self._lines = self._lines_of(identity, turn, picture)
        given_up = self._given_up(identity, picture)
        self._missing = {place: self._missing.get(place, at) for place in given_up}
        if late := [one for one, since in self._missing.items() if at - since < _COMES_BACK]:
            what = f"the pod that comes instead of that of {', '.join(sorted(late))} is not there"
            raise BalancerUnreachable(instance, f"{what} yet")
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
            pool=f"kubernetes:{uid_of(picture.seen.workload)}",
        )

    def _lines_of(self, identity: Identity, turn: Turn, picture: Picture) -> tuple[Line, ...]:
        kind = identity.kind
        return lines_of(
            kind,
            turn,
            picture,
            identity.namespace,
            identity.path,
            self._ground.memory.vacant(kind, picture.seen),
            self._ground.in_hand,
            self._ground.held_up,
        )

    def _given_up(self, identity: Identity, picture: Picture) -> Collection[str]:
        """Places whose pod was taken away, where the next one would come under another name."""
        if not identity.kind.retires:
            return ()
        places, filled = identity.kind.places(picture.seen), self._ground.filled
        return {place for place, pod in places.items() if pod is None and place in filled}

    def _rival(self, identity: Identity, turn: Turn, picture: Picture) -> str:
        if rival := self._ground.held.rival(identity, picture.seen.workload):
            return rival
        is_held = found_in(picture.seen.workload) is not None
        if is_held and isinstance(turn, BySelector) and not is_narrowed(picture.service):
            return said("service", picture.service, ["spec.selector"])
        return ""

    async def _shows_news(self) -> bool:
        """Whether a look would show something else than the last one did, as far as can be said
        without asking: of what the cluster writes about pods, most is not to be seen in it."""
        while self._under_way:
            await self._ended.wait()
        picture = await self._live.at_hand()
        if picture is None or self._shown is None:
            return True
        identity, turn = await self._live.identity(), await self._ground.turn()
        lines = self._lines_of(identity, turn, picture)
        if self._essence(lines) != self._essence(self._lines):
            return True
        self._shown = picture
        return False

    def _essence(self, lines: Iterable[Line]) -> Sequence[object]:
        """Of what becomes of a pod that is being replaced, its task tells at the end; only one that
        comes into rotation is news."""
        in_hand = self._ground.in_hand
        return [
            (line.admin is Admin.READY, line.held_up) if line.member in in_hand else line
            for line in lines
        ]
