"""Gates on the members themselves: what the pool knows of its pods or Nodes, as a metrics source.

Nothing is scraped, so nothing is late: a sample counts at once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, Self

from adapters.kubernetes.client.faults import ApiError
from adapters.kubernetes.occurrences import (
    LONG_AGO,
    Mark,
    Status,
    counted,
    looked,
    marked,
    status_of,
)
from adapters.kubernetes.pod import is_terminating
from controller.core.gates.evidence import Alert, AlertRule, Freshness, Missing, Reading, Reduce
from controller.core.pool import Instant
from controller.errors import BalancerError, MetricsRefused
from controller.metrics_servers import read_own_query
from controller.pools.kubernetes import Measure
from controller.ports import Clock

_CLOCK = "time()"
_SAME = timedelta(seconds=3)
"""Windows are whole seconds: returns that lie closer together are one."""


class Pool(Protocol):
    """Who knows what is in a member's place."""

    async def sitting(self, member: str) -> dict[str, Any] | None:
        """The pod or Node there, as it is now; None: there is none. Raises ApiError,
        BalancerError."""

    def returned(self, member: str) -> dict[str, Any] | None:
        """The same, as it was when this process put it back; None: it did not."""


class OwnEvidence:
    """Implements `controller.ports.MetricsSource`."""

    def __init__(self, name: str, pool: Pool, clock: Clock) -> None:
        self._name = name
        self._pool = pool
        self._clock = clock
        self._marks: dict[str, tuple[Instant, Mark]] = {}
        """Member → when it came back, and what happened since."""

    @property
    def name(self) -> str:
        return self._name

    def for_one_sample(self) -> Self:
        return self

    async def read(
        self, query: str, *, reduce: Reduce | None = None, at: datetime | None = None
    ) -> Reading:
        if query == _CLOCK:
            wall = self._clock.wall()
            return Reading(query, wall.timestamp(), series=1, at=wall)
        try:
            measure, member, window = read_own_query(query)
            asked = Measure(measure)
        except ValueError:
            raise MetricsRefused(self._name, query, "nothing is measured as that") from None
        try:
            found = await self._pool.sitting(member)
        except (ApiError, BalancerError) as error:
            return Reading(query, missing=Missing.UNREACHABLE, words=str(error))
        if found is None or is_terminating(found):
            words = f"nothing stays in the place of {member} now"
            return Reading(query, missing=Missing.NO_DATA, words=words)
        value = counted(self._noted(member, found, window), asked)
        return Reading(query, float(value), series=1, at=self._clock.wall())

    async def freshness(self, selector: str, *, at: datetime | None = None) -> Freshness:
        return Freshness(selector, timedelta(0), timedelta(0), series=1)

    async def freshness_of(
        self, query: str, *, at: datetime | None = None, since: timedelta | None = None
    ) -> Freshness | None:
        return await self.freshness(query)

    async def alerts(self) -> Sequence[Alert] | Reading:
        raise MetricsRefused(self._name, "", "there are no alerts")

    async def rules(self) -> Sequence[AlertRule] | Reading:
        raise MetricsRefused(self._name, "", "there are no alerts")

    async def values(self, label: str) -> Sequence[str] | Reading:
        raise MetricsRefused(self._name, label, "there are no labels")

    async def aclose(self) -> None:
        """The pool is its owner's."""

    def _noted(self, member: str, found: dict[str, Any], window: timedelta) -> Mark:
        status, returned = status_of(found), self._clock.now() - window
        known = self._marks.get(member)
        if known is None or known[1].first.uid != status.uid or abs_of(known[0], returned) > _SAME:
            mark = self._mark(member, status, window)
            known = (returned, mark)
        self._marks[member] = (known[0], looked(known[1], status))
        return self._marks[member][1]

    def _mark(self, member: str, status: Status, window: timedelta) -> Mark:
        """At its return, by what it said itself then: what was before the first look counts."""
        found = self._pool.returned(member) if window < LONG_AGO else None
        then = status_of(found) if found is not None else None
        if then is None or then.uid != status.uid:
            return marked(status, self._clock.wall(), window)
        return Mark(then, then.restarts, then.ooms, last=then)


def abs_of(one: Instant, other: Instant) -> timedelta:
    return one - other if one > other else other - one
