"""Samples of gates whose evidence is a metrics system: asked by their own clock, all the time.

What is asked and what it means come from the core and the rollout file; here it is only fetched.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from controller.core.events import GateSampled, Verdict
from controller.core.gates.evidence import Alert, Freshness, MetricsServer, Missing, Reading
from controller.core.gates.gate import Gate, MetricQuery
from controller.core.gates.metrics import Answers, Judged, judge_alerts, judge_answers
from controller.errors import MetricsRefused
from controller.ports import MetricsSource

NONE: Final[frozenset[str]] = frozenset()

Queries = Callable[[Gate, str | None, timedelta], MetricQuery]
"""A gate's queries for a member (or the pool) and a window, all templates filled."""


class Sources(Protocol):
    """Where metrics come from; a source is made once for each server."""

    def __call__(self, server: MetricsServer) -> MetricsSource: ...


class Sampler:
    """Takes one sample at a time. Missing evidence is a sample like any other."""

    def __init__(self, sources: Sources, queries: Queries) -> None:
        self.queries = queries
        self._make = sources
        self._sources: list[tuple[MetricsServer, MetricsSource]] = []

    def _source(self, server: MetricsServer) -> MetricsSource:
        """One for each server and way of being let in."""
        for known, source in self._sources:
            if known == server:
                return source
        source = self._make(server)
        self._sources.append((server, source))
        return source

    async def sample(
        self,
        gate: Gate,
        member: str | None,
        elapsed: timedelta,
        known: frozenset[str] | None = None,
    ) -> GateSampled:
        """`elapsed`: since the member's return or the rollout's begin; `known`: alerts that fired
        when the gate was first asked (None: this is the first time). Raises nothing that a
        server could answer."""
        try:
            if gate.alerts is not None:
                return await self._alerts(gate, known)
            return await self._metric(gate, member, elapsed)
        except MetricsRefused as refused:
            judged = Judged(Verdict.INCONCLUSIVE, f"{Missing.FAILED}: {refused}")
            return sampled(gate, member, judged)

    async def aclose(self) -> None:
        for _, source in self._sources:
            await source.aclose()

    async def _metric(self, gate: Gate, member: str | None, elapsed: timedelta) -> GateSampled:
        query = self.queries(gate, member, elapsed)
        async with _asking() as group:
            asked = [group.create_task(self.ask(one, query)) for one in query.servers]
        return self.judged(gate, member, query, elapsed, [one.result() for one in asked])

    def judged(
        self,
        gate: Gate,
        member: str | None,
        query: MetricQuery,
        elapsed: timedelta,
        answers: Sequence[Answers],
    ) -> GateSampled:
        """The sample that `answers` to `query` make."""
        judgement = judge_answers(replace(gate, metric=query), elapsed, answers)
        return sampled(gate, member, judgement, query, answers)

    async def is_alive(self, server: MetricsServer) -> bool:
        """Whether the server answers the simplest of questions."""
        return (await self._source(server).read("time()")).missing is None

    async def ask(
        self, server: MetricsServer, query: MetricQuery, *, at: datetime | None = None
    ) -> Answers:
        """All the queries of one sample to one server, at once. Raises MetricsRefused."""
        source = self._source(server)

        async def read(text: str) -> Reading | None:
            return await source.read(text, reduce=query.reduce, at=at) if text else None

        async def freshness() -> Freshness | None:
            return await source.freshness(query.evidence, at=at) if query.evidence else None

        texts = (
            query.query,
            query.errors,
            query.requests,
            query.baseline,
            query.baseline_errors,
            query.baseline_requests,
            query.traffic,
        )
        async with _asking() as group:
            fresh = group.create_task(freshness())
            asked = [group.create_task(read(text)) for text in texts]
        value, errors, requests, *compared = (one.result() for one in asked)
        baseline, baseline_errors, baseline_requests, traffic = compared
        return Answers(
            source.name,
            value,
            errors,
            requests,
            baseline,
            baseline_errors,
            baseline_requests,
            traffic,
            fresh.result(),
        )

    async def _alerts_of(self, server: MetricsServer) -> Sequence[Alert] | Reading:
        return await self._source(server).alerts()

    async def _alerts(self, gate: Gate, known: frozenset[str] | None) -> GateSampled:
        if gate.alerts is None:
            raise ValueError(f"gate {gate.name} asks for no alerts")
        servers = gate.alerts.servers
        async with _asking() as group:
            asked = [group.create_task(self._alerts_of(server)) for server in servers]
        answers = [one.result() for one in asked]
        keys = NONE.union(*(judge_alerts(gate, one, NONE)[1] for one in answers))
        counted = keys if known is None else known
        if gate.alerts.counts_preexisting:
            counted = NONE
        judged = [judge_alerts(gate, one, counted)[0] for one in answers]
        order = (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS)
        worst = min(judged, key=lambda one: order.index(one.verdict))
        return replace(sampled(gate, None, worst), alerts=tuple(sorted(keys)))


@asynccontextmanager
async def _asking() -> AsyncIterator[asyncio.TaskGroup]:
    """Asks at once what is asked in its body. The first refusal ends the rest, and is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except* MetricsRefused as refused:
        raise _first_of(refused) from None


def _first_of(refused: BaseExceptionGroup[MetricsRefused]) -> MetricsRefused:
    first = refused.exceptions[0]
    return _first_of(first) if isinstance(first, BaseExceptionGroup) else first


def sampled(
    gate: Gate,
    member: str | None,
    judged: Judged,
    query: MetricQuery | None = None,
    answers: Sequence[Answers] = (),
) -> GateSampled:
    """The event of the journal: what was asked, what came, and what it means."""
    asked: Mapping[str, str] = {} if query is None else _asked(query)
    first = next((a.value or a.errors for a in answers if a.value or a.errors), None)
    return GateSampled(
        gate=gate.name,
        member=member,
        verdict=judged.verdict,
        reason=judged.reason,
        errors=judged.errors,
        total=judged.total,
        value=judged.value,
        limit=_limit(gate),
        baseline=judged.baseline,
        queries=asked,
        evidence_at=first.at.isoformat() if first is not None and first.at is not None else None,
    )


def _limit(gate: Gate) -> float | None:
    if gate.metric is None:
        return 0.0
    query = gate.metric
    limits = (query.maximum, query.minimum, query.max_increase)
    return next((limit for limit in limits if limit is not None), None)


def _asked(query: MetricQuery) -> dict[str, str]:
    named = {
        "query": query.query,
        "errors": query.errors,
        "requests": query.requests,
        "baseline": query.baseline,
        "baseline_errors": query.baseline_errors,
        "baseline_requests": query.baseline_requests,
        "traffic": query.traffic,
        "evidence": query.evidence,
    }
    return {name: text for name, text in named.items() if text}
