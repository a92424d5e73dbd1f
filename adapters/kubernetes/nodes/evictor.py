"""Empties a Node for as long as this process holds it: evictions, again and again, until nothing
is left that has to go."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from adapters.kubernetes.client.api import Json
from adapters.kubernetes.client.faults import ApiError, TooManyRequests
from adapters.kubernetes.evict import evict, refusal
from adapters.kubernetes.nodes.cluster import Nodes
from adapters.kubernetes.nodes.leaving import (
    OVERRIDE,
    Allowed,
    comes_back,
    is_terminating,
    leaving,
    why_not,
)
from adapters.kubernetes.nodes.marks import mark_of
from controller.errors import BalancerError, LeaseLost
from controller.ports import Clock

SOON: Final = timedelta(milliseconds=500)
"""Between two rounds while something is left."""
LATER: Final = timedelta(seconds=2)
"""Between two rounds while nothing is: what was bound to the Node just before its cordon."""


class Evictor:
    """Of one Node, for one process. Every eviction is preceded by the question whether the Node
    still bears this process's mark: who was frozen meanwhile, and wakes up, touches nothing."""

    def __init__(
        self,
        nodes: Nodes,
        name: str,
        token: str,
        allowed: Allowed,
        clock: Clock,
        *,
        settle: timedelta,
        own_pod: str = "",
    ) -> None:
        """`settle`: how long load balancers outside may take to leave the Node out. `own_pod`: the
        pod that poolroll itself runs in, which goes last."""
        self.why: dict[str, str] = {}
        """UID → why the pod is still there, as far as it is known."""
        self._nodes = nodes
        self._name = name
        self._token = token
        self._allowed = allowed
        self._clock = clock
        self._own_pod = own_pod
        self._first: frozenset[str] | None = None
        self._is_asleep = False
        self._is_over = False
        self._task = asyncio.create_task(self._run(settle))

    async def stop(self) -> None:
        """Nothing of it is under way any more when this returns: a call that was sent is waited
        for, since it may be carried out even if it is cut off."""
        self._is_over = True
        if self._is_asleep:
            self._task.cancel()
        await asyncio.wait([self._task])

    @property
    def has_ended(self) -> bool:
        """By itself: the Node bore another mark."""
        return self._task.done()

    def check(self) -> None:
        """Raises what ended it, if that was a bug."""
        if self._task.done() and not self._task.cancelled():
            self._task.result()

    async def _run(self, settle: timedelta) -> None:
        await self._sleep(settle)
        while not self._is_over:
            is_empty = False
            try:
                if not await self._is_ours():
                    return
                is_empty = not await self._round()
            except LeaseLost:
                return  # another run may hold the Nodes now
            except (ApiError, BalancerError):
                pass  # looks tell who cannot be reached
            if not self._is_over:
                await self._sleep(LATER if is_empty else SOON)

    async def _sleep(self, duration: timedelta) -> None:
        self._is_asleep = True
        await self._clock.sleep(duration)
        self._is_asleep = False

    async def _is_ours(self) -> bool:
        mark = mark_of(await self._nodes.one(self._name))
        return mark is not None and mark.token == self._token and not self._is_over

    async def _round(self) -> Sequence[Json]:
        """Evict whoever may go. Answers who was still there."""
        pods = leaving(await self._nodes.pods_on(self._name))
        pods.sort(key=lambda pod: bool(pod["metadata"]["name"] == self._own_pod))
        if self._first is None:
            self._first = frozenset(pod["metadata"]["uid"] for pod in pods)
        known = {pod["metadata"]["uid"] for pod in pods}
        self.why = {uid: why for uid, why in self.why.items() if uid in known}
        for pod in pods:
            if is_terminating(pod):
                self.why.pop(pod["metadata"]["uid"], None)
            elif not await self._is_ours():
                break
            else:
                await self._evict(pod)
        return pods

    async def _evict(self, pod: Json) -> None:
        uid = pod["metadata"]["uid"]
        why = self._why_not(pod)
        try:
            if not why:
                await evict(self._nodes.api, pod)
        except TooManyRequests as error:
            why = await refusal(self._nodes.api, pod, error)
        except ApiError as error:
            why = error.words
        if why:
            self.why[uid] = why
        else:
            self.why.pop(uid, None)

    def _why_not(self, pod: Json) -> str:
        if why := why_not(pod, self._allowed):
            return f"{why}; use {OVERRIDE[why]} to override"
        if pod["metadata"]["uid"] not in (self._first or ()) and comes_back(pod):
            return "it came to the cordoned Node because it tolerates that, and would come again"
        return ""
