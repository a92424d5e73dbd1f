"""The MetricsSource port on one Prometheus (Prometheus documentation, "HTTP API")."""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Self, TypeVar

from adapters.prometheus.ages import freshness_of
from adapters.prometheus.alerts import firing_in, rules_in, values_in
from adapters.prometheus.aside import aside
from adapters.prometheus.derived import Derived
from adapters.prometheus.faults import Rejected, Unanswered, malformed
from adapters.prometheus.readings import partial_words, reading_of
from adapters.prometheus.replies import Answer
from adapters.prometheus.requests import Requests
from adapters.prometheus.samples import samples_of
from adapters.prometheus.words import one_line, public_url
from controller.core.gates.evidence import Alert, AlertRule, Freshness, Missing, Reading, Reduce
from controller.core.gates.promql import is_plain_selector
from controller.core.pool import Instant
from controller.errors import MetricsRefused
from controller.metrics_servers import MetricsServer
from controller.ports import Clock

T = TypeVar("T")

_SERVER_SHARE = 0.9
"""Share of the time left that the server gets, so that its own error arrives before our timeout."""
_RANGES = ("5m", "1h")
"""Ranges in which to find the interval: scrapes come every minute or more often, some evaluations
and pushes rarely."""
_LONGEST_QUERY = 2000
"""Characters of a query in an error."""


class PrometheusSource:
    """Implements `controller.ports.MetricsSource`.

    Every call ends within the server's `timeout`, retries included; those of one sample all do
    together. `at` must know its timezone.
    """

    def __init__(self, server: MetricsServer, clock: Clock) -> None:
        self._server = server
        self._requests = Requests(server, clock)
        self._derived = Derived(self._query)
        self._deadline: Instant | None = None
        """Of all that is asked; None: each call has its own."""

    @property
    def name(self) -> str:
        return public_url(self._server.url)

    def for_one_sample(self) -> Self:
        one = copy(self)
        one._deadline = self._requests.deadline()
        return one

    async def read(
        self, query: str, *, reduce: Reduce | None = None, at: datetime | None = None
    ) -> Reading:
        deadline = self._until()
        try:
            answer = await self._query(query, at, deadline)
            reading = await aside(lambda: reading_of(query, answer, reduce), answer.size)
        except Rejected as fault:
            raise self._refused(query, fault) from None
        except Unanswered as fault:
            return Reading(query, missing=fault.missing, words=self._words(fault), at=at)
        return replace(reading, at=reading.at or at)

    async def freshness(self, selector: str, *, at: datetime | None = None) -> Freshness:
        """Series that ended in the last five minutes count as well: their age grows."""
        if not is_plain_selector(selector):
            raise self._refused(
                selector, Rejected('evidence must be a plain selector, like up{job="haproxy"}')
            )
        deadline = self._until()
        try:
            now = at or await self._server_time(deadline)
            return await self._freshness(selector, now, deadline)
        except Rejected as fault:
            raise self._refused(selector, fault) from None
        except Unanswered as fault:
            return Freshness(selector, missing=fault.missing, words=self._words(fault))

    async def freshness_of(
        self, query: str, *, at: datetime | None = None, since: timedelta | None = None
    ) -> Freshness | None:
        deadline = self._until()
        try:
            now = at or await self._server_time(deadline)
            return await self._derived.of(query, now, deadline, since)
        except Rejected:
            return None
        except Unanswered as fault:
            words = self._words(fault)
            return Freshness(query, missing=fault.missing, words=words, is_derived=True)

    async def alerts(self) -> Sequence[Alert] | Reading:
        return await self._listed("alerts", {}, firing_in)

    async def rules(self) -> Sequence[AlertRule] | Reading:
        return await self._listed("rules", {"type": "alert", "exclude_alerts": "true"}, rules_in)

    async def values(self, label: str) -> Sequence[str] | Reading:
        return await self._listed(f"label/{label}/values", {}, values_in)

    async def aclose(self) -> None:
        await self._requests.aclose()

    def _until(self) -> Instant:
        return self._requests.deadline() if self._deadline is None else self._deadline

    async def _listed(
        self, path: str, form: Mapping[str, str], read: Callable[[object], Sequence[T]]
    ) -> Sequence[T] | Reading:
        asked = f"/api/v1/{path}"
        try:
            deadline = self._until()
            answer = await self._requests.put("GET", path, lambda _: dict(form), deadline)
            if answer.warnings:
                raise Unanswered(Missing.PARTIAL, partial_words(answer.warnings))
            return await aside(lambda: read(answer.data), answer.size)
        except Rejected as fault:
            failed = Unanswered(Missing.FAILED, fault.words)
            return Reading(asked, missing=failed.missing, words=self._words(failed))
        except Unanswered as fault:
            return Reading(asked, missing=fault.missing, words=self._words(fault))

    async def _server_time(self, deadline: Instant) -> datetime:
        answer = await self._query("time()", None, deadline)
        samples = samples_of(answer.data)
        if not samples:
            raise malformed("no time")
        return samples[0].at

    async def _freshness(self, selector: str, now: datetime, deadline: Instant) -> Freshness:
        for range_ in _RANGES:
            answer = await self._query(f"{selector}[{range_}]", now, deadline)
            found = await self._fresh(selector, answer, now)
            if found.interval is not None or found.missing is Missing.PARTIAL:
                break
        return found

    async def _fresh(self, selector: str, answer: Answer, now: datetime) -> Freshness:
        return await aside(lambda: freshness_of(selector, answer, now), answer.size)

    async def _query(self, query: str, at: datetime | None, deadline: Instant) -> Answer:
        """`partial_response` and `dedup` are Thanos'; others ignore what they do not know (seen
        with Prometheus 2.42), and a probe for the kind of server could itself go wrong."""
        form = {"query": query, "partial_response": "false", "dedup": "true"}
        if at is not None:
            form["time"] = f"{at.astimezone(UTC).timestamp():.3f}"

        def timed(left: timedelta) -> dict[str, str]:
            milliseconds = max(1, int(left / timedelta(milliseconds=1) * _SERVER_SHARE))
            return {**form, "timeout": f"{milliseconds}ms"}

        return await self._requests.put("POST", "query", timed, deadline)

    def _words(self, fault: Unanswered) -> str:
        return f"{self.name}: {fault.words}"

    def _refused(self, query: str, fault: Rejected) -> MetricsRefused:
        return MetricsRefused(self.name, one_line(query, _LONGEST_QUERY), fault.words)
