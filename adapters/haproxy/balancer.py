"""The LoadBalancer port over every HAProxy in front of a pool."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import timedelta
from functools import partial

from adapters.haproxy import orders
from adapters.haproxy.client import endpoint_of
from adapters.haproxy.instance import HaproxyInstance, MakeOrders
from adapters.haproxy.notes import survey_of
from controller.core.pool import Found, InstanceView
from controller.errors import BalancerError, PermissionTooLow
from controller.pools.haproxy import HaproxyFacts
from controller.ports import Clock, Survey

DEADLINE = timedelta(seconds=2)
"""Of one command line. A live HAProxy answers in a millisecond; S3 and S9 count in seconds."""


class HaproxyLoadBalancer:
    """Implements `controller.ports.LoadBalancer`."""

    def __init__(
        self,
        apis: Sequence[str],
        backends: Sequence[str],
        clock: Clock,
        deadline: timedelta = DEADLINE,
    ) -> None:
        """`apis`: see `controller.pools.haproxy.parse_endpoint`. Raises UsageFault for one that
        names no endpoint."""
        self._instances = {
            api: HaproxyInstance(api, endpoint_of(api), tuple(backends), clock, deadline)
            for api in apis
        }

    @property
    def instances(self) -> Sequence[str]:
        return tuple(self._instances)

    async def facts(self, instance: str) -> HaproxyFacts:
        """What this HAProxy is, at any level of permission. Raises BalancerError."""
        return await self._instances[instance].facts()

    async def survey(self, view: InstanceView, selected: Collection[str]) -> Survey:
        facts = await self.facts(view.instance)
        if facts.level != "admin":
            raise PermissionTooLow(
                view.instance,
                f"this endpoint has level {facts.level!r}; taking members out needs `level admin`",
            )
        return survey_of(facts, view, selected)

    async def look(
        self, instance: str, members: Collection[str] | None, *, memory: Collection[int] = ()
    ) -> InstanceView:
        return await self._instances[instance].look(members, memory)

    async def drain(self, member: str) -> None:
        await self._carry_out(member, lambda _: orders.drain)

    async def take_out(self, member: str) -> None:
        await self._carry_out(member, lambda _: orders.take_out)

    async def cut(self, member: str) -> None:
        await self._carry_out(member, lambda _: orders.cut)

    async def begin_return(self, member: str) -> None:
        await self._carry_out(member, lambda _: orders.begin_return)

    async def put_back(self, member: str, found: Found, share: int = 100) -> None:
        await self._carry_out(
            member, lambda name: partial(orders.put_back, name, found=found, share=share)
        )

    async def aclose(self) -> None:
        """Nothing to close: no connection outlives its command line."""

    async def _carry_out(self, member: str, make: Callable[[str], MakeOrders]) -> None:
        instances = self._instances.items()
        await _all([instance.carry_out(member, make(name)) for name, instance in instances])


async def _all(attempts: Sequence[Awaitable[None]]) -> None:
    """Try all at once, to the end; then raise the first error that will not pass by itself, else
    the first, with the others in its text."""

    async def attempt(one: Awaitable[None]) -> BalancerError | None:
        try:
            await one
        except BalancerError as error:
            return error
        return None

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(attempt(one)) for one in attempts]
    errors = [error for task in tasks if (error := task.result())]
    if errors:
        first, *others = sorted(errors, key=lambda error: error.retryable)
        text = "; also ".join([first.reason, *map(str, others)])
        raise type(first)(first.instance, text)
