"""Bad versions under users, and what `plan` said before that they would cost."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from enum import Enum
from statistics import median
from typing import Any, Final

from adapters.clock import SystemClock
from adapters.demo.prometheus import PrometheusProcess
from adapters.demo.world import World
from adapters.prometheus import PrometheusSource
from controller.core import events as e
from controller.core.steps import Setting
from controller.metrics_servers import MetricsServer
from tests.bench.figures import Figure
from tests.bench.runs import Run, bench_world, measured
from tests.e2e.metered import EVIDENCE, MEMBER, counted, errors
from tests.support.waiting import until

SERVER: Final = "check inter 200ms rise 2 fall 2 weight 100"
"""Of a weight of 1, a ramp has no part."""

GATE: Final = {
    "name": "errors",
    "haproxy": {"measure": "error_ratio", "scope": "member"},
    "max": "1%",
    "every": "200ms",
}


SCRAPES: Final = 1.0
"""Seconds between two scrapes, and between two samples of a gate on Prometheus."""

BUILTIN_OFF: Final = {"name": "builtin", "builtin": False}
"""It would be the first to see a bad version."""


class Asked(Enum):
    """Where a gate's evidence comes from."""

    COUNTERS = "the counters of the load balancer"
    EVIDENCE = "Prometheus, with a selector in `evidence`"
    PLAIN = "Prometheus, with a query and nothing else"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of bad rollout, and how much of it is too much."""

    name: str
    fail_every: int
    """Every so many-th request fails."""
    seconds: float
    failed: int
    comeback: Mapping[str, Any] = field(default_factory=dict)
    asked: Asked = Asked.COUNTERS
    rate: float = 200
    """Requests a second, by users without a cookie: a returned member has its share at once."""


KINDS: Final = (
    Kind("fails every request", 1, seconds=2, failed=30),
    Kind("fails a tenth", 10, seconds=2, failed=15),
    Kind("fails every request, in a ramp", 1, 2, 15, {"ramp": ["10%", "50%"], "hold": "1s"}),
)

_SEEN_WITHIN: Final = 2 * SCRAPES + SCRAPES
"""Two scrapes and a sample."""

PLAIN: Final = Kind(
    "fails a tenth, by a plain query",
    10,
    seconds=_SEEN_WITHIN,
    failed=30,
    asked=Asked.PLAIN,
    rate=300,
)
EVIDENT: Final = replace(PLAIN, name="fails a tenth, with evidence", asked=Asked.EVIDENCE)
"""Prometheus alone is asked in both: no other gate is on."""


@dataclass(frozen=True, slots=True)
class Bad:
    """One run."""

    seconds: float
    """From the first bad response to leaving rotation."""
    failed: int
    most: int
    """How many were at stake."""
    longest: float

    @property
    def is_bounded(self) -> bool:
        return self.failed <= self.most and self.seconds <= self.longest


async def bad_run(kind: Kind) -> Bad:
    async with _gated(kind.asked) as (world, gates):
        argv = world.upgrade_argv("v2", {"fail_every": kind.fail_every})
        file = world.rollout_file(
            upgrade={"command": [*argv, "--wait"], "unless": None},
            soak="20s",
            gates=gates,
            **{"return": {"within": "10s", **kind.comeback}},
        )
        run = await measured(world, file, rate=kind.rate, sticky=0, plans=True)
    assert run.exit_code == 4, f"what {kind.name} was not halted by the gate"
    told = run.stake[1 / kind.fail_every]
    assert told.requests is not None, f"what {kind.name} has no bound"
    assert told.seconds is not None, f"what {kind.name} has no bound"
    bad = Bad(_left_after(run), run.tally.failed, told.requests, told.seconds)
    print(
        f"    {kind.name}: {bad.failed} failed in {bad.seconds:.2f} s; at stake were {bad.most} in "
        f"{bad.longest:.2f} s, likely {told.likely_requests} in {told.likely_seconds:.2f} s",
        flush=True,
    )
    return bad


def bad_figures(kind: Kind, runs: list[Bad]) -> list[Figure]:
    def middle(what: str, limit: float, values: list[float], unit: str = "") -> Figure:
        return Figure(f"(c) {kind.name}: {what}", median(values), limit, unit, values)

    beyond = sum(not one.is_bounded for one in runs)
    return [
        middle("until out", kind.seconds, [one.seconds for one in runs], "s"),
        middle("failed", kind.failed, [one.failed for one in runs]),
        Figure(f"(c) {kind.name}: runs beyond the stake", beyond, 0),
        middle("stake / what happened", 3, [one.most / max(1, one.failed) for one in runs]),
    ]


def compared_figure(plain: list[Bad], with_evidence: list[Bad]) -> Figure:
    each = [one.failed for one in plain], [one.failed for one in with_evidence]
    times = median(each[0]) / median(each[1])
    return Figure("(c) failed by a plain query / with evidence", times, 1.5)


@asynccontextmanager
async def _gated(asked: Asked) -> AsyncIterator[tuple[World, list[Mapping[str, Any]]]]:
    if asked is Asked.COUNTERS:
        async with bench_world(4, server_options=SERVER) as world:
            yield world, [GATE]
        return
    async with bench_world(4, exporter=True, server_options=SERVER) as world:
        home = world.folder / "prometheus"
        home.mkdir()
        targets = {"haproxy": [f"127.0.0.1:{port}" for port in world.exporters]}
        async with PrometheusProcess(home, targets, interval=f"{SCRAPES:g}s") as prometheus:
            query = {
                "url": prometheus.url,
                "errors": errors(MEMBER),
                "requests": counted(MEMBER),
            }
            if asked is Asked.EVIDENCE:
                query["evidence"] = EVIDENCE
            await _until_scraped(prometheus.url)
            gate = {"name": "scraped", "prometheus": query, "max": "1%", "every": f"{SCRAPES:g}s"}
            yield world, [gate, BUILTIN_OFF]


async def _until_scraped(url: str) -> None:
    source = PrometheusSource(MetricsServer(url), SystemClock())

    async def is_known() -> bool:
        found = await source.read('min(count_over_time(up{job="haproxy"}[1m]))')
        return (found.value or 0) >= 3

    try:
        await until(is_known, 30, "scrapes of HAProxy", every=0.1)
    finally:
        await source.aclose()


def _left_after(run: Run) -> float:
    """Seconds from the first bad response to leaving rotation."""
    first = run.began + run.tally.failures[0].at
    out = next(one.at for one in run.of(e.MemberSet) if one.event.setting is Setting.REMOVE)
    return out - first
