"""The LoadBalancer port, for all HAProxys in front of a pool."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from adapters.haproxy import orders
from adapters.haproxy.client import endpoint_of
from adapters.haproxy.instance import HaproxyInstance, MakeOrders
from adapters.haproxy.notes import survey_of
from controller.core.pool import FULL, Found, Incarnation, InstanceView
from controller.core.steps import Course
from controller.errors import BalancerError, PermissionTooLow
from controller.pools.haproxy import HaproxyFacts, listed_twice
from controller.ports import Clock
from controller.records import Confirmed, Seats, Survey

DEADLINE = timedelta(seconds=2)
"""Time limit of one command line. HAProxy answers in a millisecond; S3 and S9 count in seconds."""


class HaproxyLoadBalancer:
    """Implements `controller.ports.LoadBalancer`."""

    def __init__(
        self,
        apis: Sequence[str],
        backends: Sequence[str],
        clock: Clock,
        deadline: timedelta = DEADLINE,
    ) -> None:
        """`apis`: see `controller.pools.haproxy.parse_endpoint`. Raises UsageFault for an
        invalid one."""
        self._instances = {
            api: HaproxyInstance(api, endpoint_of(api), tuple(backends), clock, deadline)
            for api in apis
        }
        self._known: dict[str, HaproxyFacts] = {}
        """Of those surveyed so far."""

    @property
    def instances(self) -> Sequence[str]:
        return tuple(self._instances)

    async def facts(self, instance: str) -> HaproxyFacts:
        """Facts about this HAProxy; works at any permission level. Raises BalancerError."""
        return await self._instances[instance].facts()

    async def survey(self, view: InstanceView, selected: Collection[str]) -> Survey:
        facts = await self.facts(view.instance)
        if facts.level != "admin":
            raise PermissionTooLow(
                view.instance,
                f"this endpoint has level {facts.level!r}; taking members out needs `level admin`",
            )
        self._known[view.instance] = facts
        known = [self._known[api] for api in self._instances if api in self._known]
        survey = survey_of(facts, view, selected)
        return replace(survey, refusals=(*survey.refusals, *listed_twice(known)))

    async def look(
        self,
        instance: str,
        members: Collection[str] | None,
        *,
        former: Collection[Incarnation] = (),
    ) -> InstanceView:
        return await self._instances[instance].look(members, former)

    async def changed(self, instance: str) -> None:
        """HAProxy tells nobody: it is asked."""
        await asyncio.Event().wait()

    async def open(self, course: Course | None = Course.UPGRADE) -> Mapping[str, str]:
        """There is nothing about a backend as a whole to prepare."""
        return {}

    async def close(self, kept: Mapping[str, str]) -> None:
        """Nothing was prepared."""

    async def drain(self, member: str, seats: Seats = ()) -> Confirmed:
        return await self._carry_out(member, seats, lambda _: orders.drain)

    async def take_out(self, member: str, seats: Seats = ()) -> Confirmed:
        return await self._carry_out(member, seats, lambda _: orders.take_out)

    async def cut(self, member: str, seats: Seats = ()) -> Confirmed:
        return await self._carry_out(member, seats, lambda _: orders.cut)

    async def begin_return(self, member: str, seats: Seats = ()) -> Confirmed:
        return await self._carry_out(member, seats, lambda _: orders.begin_return)

    async def put_back(
        self, member: str, found: Found, share: int = FULL, seats: Seats = ()
    ) -> Confirmed:
        return await self._carry_out(
            member, seats, lambda name: partial(orders.put_back, name, found=found, share=share)
        )

    async def aclose(self) -> None:
        """Nothing to close: each connection serves one command line only."""

    async def _carry_out(
        self, member: str, seats: Seats, make: Callable[[str], MakeOrders]
    ) -> Confirmed:
        instances = self._instances.items()
        confirmed = await _all(
            [instance.carry_out(member, make(name), seats) for name, instance in instances]
        )
        return dict(zip(self._instances, confirmed, strict=True))


async def _all(attempts: Sequence[Awaitable[Incarnation]]) -> list[Incarnation]:
    """Run all concurrently, to the end; then raise the first permanent error, else the first error,
    with the others in its text."""

    async def attempt(one: Awaitable[Incarnation]) -> Incarnation | BalancerError:
        try:
            return await one
        except BalancerError as error:
            return error

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(attempt(one)) for one in attempts]
    results = [task.result() for task in tasks]
    errors = [one for one in results if isinstance(one, BalancerError)]
    if errors:
        first, *others = sorted(errors, key=lambda error: error.retryable)
        text = "; also ".join([first.reason, *map(str, others)])
        raise type(first)(first.instance, text)
    return [one for one in results if isinstance(one, Incarnation)]
