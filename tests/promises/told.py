"""A metrics source that says what a script has next, and rollouts whose gates ask it."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from controller.core.gates.evidence import Freshness, Missing, Query, Reading, Reduce
from controller.core.gates.gate import AlertGate, MetricGate, Scope
from controller.errors import MetricsRefused
from controller.metrics_servers import MetricsServer
from controller.runner.sampler import Sampler
from tests.support.fake_metrics import FakeMetricsSource
from tests.support.scenarios import ms
from tests.support.virtual import EPOCH

QUICKLY, RECENT = ms(5), ms(50)
SCRAPED = ms(100)
"""A fail counts from twice that after the return, a pass from four times."""

MEMBER = MetricGate(
    "ratio",
    Scope.MEMBER,
    {Query.VALUE: "of ", Query.EVIDENCE: "up "},
    maximum=0.01,
    every=ms(100),
    hold=ms(1500),
)
POOL = replace(MEMBER, name="pool-ratio", scope=Scope.POOL)
ALERTS = AlertGate("alerts", Scope.POOL, every=ms(100), hold=ms(1500))


@dataclass(frozen=True)
class Say:
    """One answer, and how long it takes."""

    value: float | Missing | None
    """None: the server refuses the query for good."""
    takes: timedelta = QUICKLY
    age: timedelta = RECENT


GOOD, BAD = Say(0.001), Say(0.5)
GONE = Say(Missing.UNREACHABLE)


class Told(FakeMetricsSource):
    """Each query has its own script, the last word of which stays; without one all is well. A
    sample asks a query and its evidence once each: both have the same word of the script.

    `now`, once set, is said to everything instead.
    """

    def __init__(self, scripts: Mapping[str, Sequence[Say]] | None = None) -> None:
        super().__init__()
        self._scripts = scripts or {}
        self._turns: Counter[str] = Counter()
        self.now: Say | None = None

    def _next(self, asked: str) -> Say:
        script = self._scripts.get(asked.partition(" ")[2], (GOOD,))
        turn = self._turns[asked]
        self._turns[asked] += 1
        return self.now or script[min(turn, len(script) - 1)]

    async def read(
        self, query: str, *, reduce: Reduce | None = None, at: datetime | None = None
    ) -> Reading:
        if query == "time()":
            return Reading(query, value=0.0)
        say = self._next(query)
        await asyncio.sleep(say.takes.total_seconds())
        match say.value:
            case None:
                raise MetricsRefused(self.name, query, "a typo")
            case Missing() as missing:
                return Reading(query, missing=missing, words="as told")
            case value:
                return Reading(query, value=value, series=1, at=EPOCH)

    async def freshness(self, selector: str, *, at: datetime | None = None) -> Freshness:
        say = self._next(selector)
        return Freshness(selector, say.age, SCRAPED, series=1)


def sampler(**sources: Told) -> Sampler:
    """Asks the sources with the names of the servers' hosts, like `a` for http://a.test."""

    def make(server: MetricsServer) -> Told:
        return sources[server.url.removeprefix("http://").removesuffix(".test")]

    def queries(gate: MetricGate, member: str | None, window: timedelta) -> dict[Query, str]:
        return {kind: f"{text}{member or 'pool'}" for kind, text in gate.queries.items()}

    servers = [MetricsServer(f"http://{name}.test") for name in sources]
    return Sampler(make, {gate.name: servers for gate in (MEMBER, POOL, ALERTS)}, queries)
