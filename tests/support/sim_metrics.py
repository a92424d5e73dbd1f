"""A metrics system that counts the requests of a simulated pool, whose load balancers do not."""

import asyncio
from datetime import datetime, timedelta

from controller.core.gates.evidence import Freshness, Missing, Query, Reading, Reduce
from controller.core.gates.gate import CounterGate, MetricGate
from controller.metrics_servers import MetricsServer
from controller.runner.sampler import Sampler
from tests.support.fake_metrics import FakeMetricsSource
from tests.support.sim import Sim

ANSWERS_IN = timedelta(milliseconds=5)
AGE, SCRAPED = timedelta(milliseconds=50), timedelta(milliseconds=100)
POOL = "the pool"
ENOUGH = 10
"""Requests that a member gets in the shortest soak, among three: else each would last longer."""


def in_place_of(gate: CounterGate) -> MetricGate:
    """The same limit on what the metrics system counts."""
    return MetricGate(
        gate.name,
        gate.scope,
        {Query.ERRORS: "errors", Query.REQUESTS: "requests", Query.EVIDENCE: "up"},
        maximum=gate.maximum,
        every=gate.every,
        failures=gate.failures,
        hold=gate.hold,
        then=gate.then,
        min_requests=min(gate.min_requests, ENOUGH),
        min_errors=gate.min_errors,
        confidence=gate.confidence,
    )


class SimMetrics(FakeMetricsSource):
    """Of each member, or of the pool, what was served in the window that a query names."""

    def __init__(self, sim: Sim) -> None:
        super().__init__()
        self._sim = sim

    async def read(
        self, query: str, *, reduce: Reduce | None = None, at: datetime | None = None
    ) -> Reading:
        if query == "time()":
            return Reading(query, value=0.0)
        await asyncio.sleep(ANSWERS_IN.total_seconds())
        what, seconds, whose = query.split(" ", 2)
        apps = self._sim.apps
        since = self._sim.now - timedelta(seconds=float(seconds))
        came = [
            is_bad
            for app in (apps.values() if whose == POOL else [apps[whose]])
            for at, is_bad in app.history
            if at >= since
        ]
        if not came:
            return Reading(query, missing=Missing.NO_DATA, words="no request yet")
        return Reading(query, value=float(sum(came) if what == "errors" else len(came)), series=1)

    async def freshness(self, selector: str, *, at: datetime | None = None) -> Freshness:
        return Freshness(selector, AGE, SCRAPED, series=1)


def sampler_of(sim: Sim) -> Sampler:
    """For all gates that may be in a scenario."""

    def queries(gate: MetricGate, member: str | None, window: timedelta) -> dict[Query, str]:
        about = f"{window.total_seconds()} {member or POOL}"
        return {kind: f"{text} {about}" for kind, text in gate.queries.items()}

    server = MetricsServer("http://metrics.test")
    servers = {name: [server] for name in ("errors", "pool")}
    return Sampler(lambda server: SimMetrics(sim), servers, queries)
