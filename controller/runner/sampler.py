"""Samples gates on metrics: sends their queries to the metrics systems.

The queries come from the rollout file, and the core judges the answers; here they are only fetched.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from controller.core.events import GateSampled
from controller.core.gates.alert_rules import blindness, labels_to_ask
from controller.core.gates.alerts import alerts_sampled, matching
from controller.core.gates.evidence import AlertsNow, Answers, Missing, Query, Reading
from controller.core.gates.gate import AlertGate, AskedGate, MetricGate, Scope
from controller.core.gates.judgement import inconclusive, sampled
from controller.core.gates.metrics import (
    JUDGED,
    PASS_FROM,
    UNKNOWN_INTERVAL,
    answers_sampled,
    together,
)
from controller.core.pool.copies import replace
from controller.errors import MetricsRefused
from controller.metrics_servers import MetricsServer
from controller.ports import MetricsSource
from controller.runner.task_group import task_group

Servers = Mapping[str, Sequence[MetricsServer]]
"""Gate → the servers that it queries."""

Queries = Callable[[MetricGate, str | None, timedelta], Mapping[Query, str]]
"""A gate's queries for a member (or the pool) and a window, all templates filled."""


class Sources(Protocol):
    """Makes the source of a server, once for each server."""

    def __call__(self, server: MetricsServer) -> MetricsSource: ...


class Sampler:
    """Takes samples. Missing evidence makes an inconclusive sample."""

    def __init__(self, sources: Sources, servers: Servers, queries: Queries) -> None:
        self.servers = servers
        self.queries = queries
        self._make = sources
        self._intervals: dict[str, timedelta] = {}
        """Gate → its scrape interval, as last seen."""
        self._sources: list[tuple[MetricsServer, MetricsSource]] = []

    async def sample(
        self,
        gate: AskedGate,
        member: str | None,
        elapsed: timedelta,
        known: frozenset[str] | None = None,
    ) -> GateSampled:
        """`elapsed`: since the member's return or the rollout's begin; `known`: alerts that fired
        when the gate was first sampled (None: this is the first sample). Faults of a server make
        an inconclusive sample, never an exception."""
        try:
            if isinstance(gate, AlertGate):
                return alerts_sampled(gate, await self._alerts(gate), known)
            if gate.scope is Scope.POOL:  # a range needs some scrapes, also just after the start
                interval = self._intervals.get(gate.name, UNKNOWN_INTERVAL)
                elapsed = max(elapsed, interval * PASS_FROM)
            queries = self.queries(gate, member, elapsed)
            since = elapsed if gate.scope is Scope.MEMBER else None
            answers = await self._answers(gate, queries, since)
        except MetricsRefused as refused:
            return sampled(gate, member, inconclusive(Missing.FAILED, str(refused)))
        return answers_sampled(gate, member, elapsed, queries, answers)

    async def ask(
        self,
        server: MetricsServer,
        gate: MetricGate,
        queries: Mapping[Query, str],
        *,
        at: datetime | None = None,
        since: timedelta | None = None,
    ) -> Answers:
        """All queries of one sample to one server, concurrently, of one moment of its clock: counts
        of different moments cannot be compared. `since`: see `MetricsSource.freshness_of`. Raises
        MetricsRefused."""
        source = self._source(server).for_one_sample()
        if at is None:
            clock = await source.read("time()")
            if clock.missing is not None:
                return _unanswered(source.name, clock, queries)
            at = clock.at
        selector = queries.get(Query.EVIDENCE)
        texts = [] if selector else [queries[kind] for kind in JUDGED if kind in queries]
        async with task_group() as group:
            fresh = group.create_task(source.freshness(selector, at=at)) if selector else None
            derived = [
                group.create_task(source.freshness_of(text, at=at, since=since)) for text in texts
            ]
            asked = {
                kind: group.create_task(source.read(text, reduce=gate.reduce, at=at))
                for kind, text in queries.items()
                if kind is not Query.EVIDENCE
            }
        readings: dict[Query, Reading] = {kind: task.result() for kind, task in asked.items()}
        age = fresh.result() if fresh is not None else together(one.result() for one in derived)
        if age is not None and age.interval is not None:
            self._intervals[gate.name] = age.interval
        return Answers(source.name, readings, age)

    def interval(self, gate: AskedGate) -> timedelta | None:
        """Between two scrapes, as last seen; None: not known, or a gate on alerts."""
        return self._intervals.get(gate.name)

    async def is_alive(self, server: MetricsServer) -> bool:
        """Whether the server answers the simplest query."""
        return (await self._source(server).read("time()")).missing is None

    async def aclose(self) -> None:
        for _, source in self._sources:
            await source.aclose()

    async def _answers(
        self, gate: MetricGate, queries: Mapping[Query, str], since: timedelta | None
    ) -> list[Answers]:
        async with task_group() as group:
            asked = [
                group.create_task(self.ask(server, gate, queries, since=since))
                for server in self.servers[gate.name]
            ]
        return [one.result() for one in asked]

    async def _alerts(self, gate: AlertGate) -> list[AlertsNow]:
        async with task_group() as group:
            asked = [
                group.create_task(self._alerts_at(server, gate))
                for server in self.servers[gate.name]
            ]
        return [one.result() for one in asked]

    async def _alerts_at(self, server: MetricsServer, gate: AlertGate) -> AlertsNow:
        """What fires; if nothing does that the gate matches, only where something could."""
        source = self._source(server).for_one_sample()
        async with task_group() as group:
            asked = group.create_task(source.alerts())
            listed = None if gate.assumes_rules else group.create_task(source.rules())
        firing = asked.result()
        if listed is None or isinstance(firing, Reading) or matching(gate, firing):
            return firing
        rules = listed.result()
        if isinstance(rules, Reading):
            return replace(rules, words=f"{rules.words} (asked for the alerting rules)")
        values: dict[str, Sequence[str]] = {}
        for label in labels_to_ask(gate, rules):
            known = await source.values(label)
            if isinstance(known, Reading):
                return known
            values[label] = known
        blind = blindness(gate, rules, values)
        return firing if blind is None else replace(blind, words=f"{source.name}: {blind.words}")

    def _source(self, server: MetricsServer) -> MetricsSource:
        """One for each server with its credentials."""
        for known, source in self._sources:
            if known == server:
                return source
        source = self._make(server)
        self._sources.append((server, source))
        return source


def _unanswered(server: str, clock: Reading, queries: Mapping[Query, str]) -> Answers:
    """A server that does not tell its time answers nothing else either."""
    readings: dict[Query, Reading] = {
        kind: replace(clock, query=text)
        for kind, text in queries.items()
        if kind is not Query.EVIDENCE
    }
    return Answers(server, readings)
