"""Takes pods out of rotation and lets them in, and keeps every new pod out on the watch's own path.

What makes a new pod does not matter, nor its revision: nobody has proven it. A flip takes some
milliseconds, and a pod is Ready no earlier than some hundred after it was made.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from adapters.kubernetes.client.api import Api, Json
from adapters.kubernetes.client.faults import ApiError, Conflict, is_of_another
from adapters.kubernetes.client.paths import PODS
from adapters.kubernetes.pod import (
    DRAINED,
    NEW,
    OUT,
    annotations_of,
    is_terminating,
    labels_of,
    name_of,
    uid_of,
)
from adapters.kubernetes.pods.rotation.base import Turn
from controller.errors import LeaseLost
from controller.ports import Clock

_PAUSE: Final = timedelta(milliseconds=100)
_ENDS: Final = timedelta(seconds=5)


class Flips:
    def __init__(self, api: Api, namespace: str, clock: Clock) -> None:
        self._api = api
        self._namespace = namespace
        self._clock = clock
        self._turn: Turn | None = None
        self._armed_at = timedelta(0)
        self.disarmed = 0
        """How often."""
        self._owns: Callable[[Json], bool] = lambda _: False
        self._welcome: Callable[[Json], tuple[str, Json]] = lambda _: (NEW, {})
        self._tasks: set[asyncio.Task[None]] = set()
        self.kept_out: set[str] = set()
        """UIDs of new pods that are out because of us, or will be in some milliseconds."""
        self.in_hand: set[str] = set()
        """Of those that are noted as being in hand, or will be."""

        self.seated: dict[str, Json] = {}
        """UID → labels that it will have in some milliseconds."""
        self.noted: Callable[[Json], None] = lambda _: None
        """Is told what became of each pod that was written to."""
        self._writing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """UID → held while the pod is written to: one write follows another."""
        self._decided: set[str] = set()
        """UIDs of pods that the rollout has set: that they are new is no news any more."""

    def arm(
        self,
        turn: Turn,
        owns: Callable[[Json], bool],
        welcome: Callable[[Json], tuple[str, Json]],
    ) -> None:
        """From now on every new pod of the workload is kept out. `welcome`: as what, which is
        DRAINED where the rollout waits for it, and what else to patch of its metadata."""
        self._turn, self._owns, self._welcome = turn, owns, welcome
        self._armed_at = self._clock.now()

    def disarm(self) -> None:
        self._turn = None
        self.disarmed += 1

    @property
    def is_armed(self) -> bool:
        return self._turn is not None

    def is_armed_for(self, long: timedelta) -> bool:
        return self.is_armed and self._clock.now() - self._armed_at >= long

    def arrived(self, kind: str, pod: Json) -> None:
        """Called on the watch's own path."""
        turn = self._turn
        if kind == "DELETED":
            self.kept_out.discard(uid_of(pod))
            self.in_hand.discard(uid_of(pod))
            self.seated.pop(uid_of(pod), None)
            self._writing.pop(uid_of(pod), None)
            self._decided.discard(uid_of(pod))
        if turn is None or kind != "ADDED" or is_terminating(pod) or not self._owns(pod):
            return
        if OUT in annotations_of(pod) and not turn.is_born_in:
            return  # it is known already
        how, also = self._welcome(pod)
        if also.get("labels"):
            self.seated[uid_of(pod)] = also["labels"]
        labels = labels_of(pod)
        if any(labels.get(key) != value for key, value in turn.back.items() if turn.is_born_in):
            return
        if turn.is_born_in:
            self.kept_out.add(uid_of(pod))
        elif not also:
            return
        if how == DRAINED:
            self.in_hand.add(uid_of(pod))
        self._begin(self._keep_out(pod, turn, how, also))

    def as_set(self, pod: Json) -> Json:
        """As it is in some milliseconds."""
        labels = self.seated.get(uid_of(pod))
        if labels is None or labels.items() <= labels_of(pod).items():
            return pod
        meta = {**pod["metadata"], "labels": {**labels_of(pod), **labels}}
        return {**pod, "metadata": meta}

    def let_in(self, pods: Iterable[Json]) -> None:
        """In the background; a look shows what came of it."""
        turn = self._turn
        for pod in pods if turn is not None else ():
            assert turn is not None
            self._begin(self._try(self.back(pod, turn)))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _try(self, flip: Awaitable[Json]) -> None:
        with suppress(ApiError, LeaseLost):
            await flip

    async def _keep_out(self, pod: Json, turn: Turn, how: str, also: Json) -> None:
        """As often as it takes, as long as it is this pod, and the rollout has not set it: a write
        that comes after that would undo it."""
        while True:
            try:
                async with self._writing[uid_of(pod)]:
                    if uid_of(pod) not in self._decided:
                        await self._write(pod, turn.out, how, also)
            except LeaseLost:
                return  # another run may hold the pool now, and keeps it out
            except ApiError as error:
                if not (error.retryable or isinstance(error, Conflict)):
                    self.kept_out.discard(uid_of(pod))  # a look shows where it is, and says so
                    self.in_hand.discard(uid_of(pod))
                    return
                await self._clock.sleep(_PAUSE)
            else:
                return

    async def out(self, pod: Json, turn: Turn, how: str, also: Json | None = None) -> Json:
        """Raises ApiError: Invalid where another pod has its name now."""
        if how == DRAINED:
            self.in_hand.add(uid_of(pod))
        return await self._set(pod, turn.out, how, also)

    async def out_if_there(self, pod: Json, turn: Turn, how: str, also: Json) -> None:
        """The same, unless it has gone meanwhile."""
        try:
            await self.out(pod, turn, how, also)
        except ApiError as error:
            if not (is_of_another(error) or isinstance(error, Conflict)):
                raise

    async def back(self, pod: Json, turn: Turn, also: Json | None = None) -> Json:
        """Raises ApiError, likewise."""
        self.kept_out.discard(uid_of(pod))
        self.in_hand.discard(uid_of(pod))
        return await self._set(pod, turn.back, None, also)

    async def labelled(self, pod: Json, labels: dict[str, str | None]) -> None:
        """Raises ApiError, likewise."""
        body = {"metadata": {"uid": pod["metadata"]["uid"], "labels": labels}}
        self.noted(await self._api.merge(PODS, name_of(pod), self._namespace, body))

    async def _set(
        self, pod: Json, labels: dict[str, str | None], how: str | None, also: Json | None = None
    ) -> Json:
        self._decided.add(uid_of(pod))
        async with self._writing[uid_of(pod)]:
            return await self._write(pod, labels, how, also)

    async def _write(
        self, pod: Json, labels: dict[str, str | None], how: str | None, also: Json | None
    ) -> Json:
        """The UID pins it: the API refuses to change that of another one."""
        meta = {
            "uid": pod["metadata"]["uid"],
            "labels": {**(also or {}).get("labels", {}), **labels},
            "annotations": {OUT: how, **(also or {}).get("annotations", {})},
        }
        body = {"metadata": meta}
        written = await self._api.merge(PODS, name_of(pod), self._namespace, body)
        self.noted(written)
        return written

    async def stopped(self) -> None:
        """Disarmed, and what was under way has been done, or at least tried."""
        self.disarm()
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=_ENDS.total_seconds())

    async def aclose(self) -> None:
        self.disarm()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
