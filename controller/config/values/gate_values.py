"""The section `gates` → the gates of the core."""

from collections.abc import Iterator
from datetime import timedelta

from controller.config.sections.evidence import Alerts, Baseline, Prometheus
from controller.config.sections.gates import GateSection, Probe
from controller.config.text import scalars
from controller.config.text.templating import mentions
from controller.config.values.metrics_servers import Servers
from controller.core.gates.evidence import Reduce
from controller.core.gates.gate import (
    AlertQuery,
    Gate,
    MetricQuery,
    ProbeTraffic,
    Scope,
    Test,
    Then,
)

COUNTED_EVERY = timedelta(seconds=1)
SCRAPED_EVERY = timedelta(seconds=5)
"""What is scraped changes every few seconds at most, and each sample asks several queries."""

COUNTED_CONFIDENCE = 0.995
SCRAPED_CONFIDENCE = 0.99


def gate_of(section: GateSection, servers: Servers) -> Gate:
    is_counted = section.haproxy is not None
    confidence = COUNTED_CONFIDENCE if is_counted else SCRAPED_CONFIDENCE
    every = COUNTED_EVERY if is_counted else SCRAPED_EVERY
    return Gate(
        name=section.name,
        scope=scope_of(section),
        maximum=scalars.limit(section.max) if is_counted else 1.0,
        test=Test(section.test),
        every=every if section.every is None else scalars.duration(section.every),
        confidence=confidence
        if section.confidence is None
        else scalars.confidence(section.confidence),
        min_errors=section.min_errors,
        min_requests=section.min_requests,
        window=scalars.duration(section.window),
        failures=section.failures,
        hold=scalars.duration(section.inconclusive.hold),
        then=Then(section.inconclusive.then),
        metric=None
        if section.prometheus is None
        else _metric(section, section.prometheus, servers),
        alerts=None if section.alerts is None else _alerts(section.alerts, servers),
        probe=None if section.probe is None else _probe(section.probe),
    )


def scope_of(section: GateSection) -> Scope:
    """A query with `${member.…}` judges the member in progress; any other, and alerts, the pool."""
    if section.haproxy is not None:
        return Scope(section.haproxy.scope)
    names = (
        mention.name or ""
        for _, query in queries_in(section.prometheus)
        for mention in mentions(query)
    )
    return Scope.MEMBER if any(name.startswith("member.") for name in names) else Scope.POOL


def queries_in(section: Prometheus | None) -> Iterator[tuple[str, str]]:
    """Every query with its key, like `baseline.errors`, those of the baseline last."""
    if section is None:
        return
    for key in ("query", "errors", "requests", "traffic", "evidence"):
        if text := getattr(section, key):
            yield key, text
    for key in ("query", "errors", "requests"):
        if section.baseline is not None and (text := getattr(section.baseline, key)):
            yield f"baseline.{key}", text


def _metric(gate: GateSection, section: Prometheus, servers: Servers) -> MetricQuery:
    baseline = section.baseline or Baseline()
    limits = [given for given in (gate.max, gate.min, gate.max_increase) if given is not None]
    return MetricQuery(
        servers=servers.of(section),
        query=section.query or "",
        errors=section.errors or "",
        requests=section.requests or "",
        baseline=baseline.query or "",
        baseline_errors=baseline.errors or "",
        baseline_requests=baseline.requests or "",
        traffic=section.traffic or "",
        evidence=section.evidence or "",
        reduce=None if section.reduce is None else Reduce(section.reduce),
        max_age=None if section.max_age is None else scalars.duration(section.max_age),
        window_max=scalars.duration(section.window_max),
        maximum=_limit(gate.max),
        minimum=_limit(gate.min),
        max_increase=_limit(gate.max_increase),
        is_ratio=all(map(scalars.is_percentage, limits)),
    )


def _limit(given: object) -> float | None:
    return None if given is None else scalars.limit(given)


def _alerts(section: Alerts, servers: Servers) -> AlertQuery:
    return AlertQuery(
        servers=servers.of(section),
        matchers=tuple(map(servers.matcher, section.matchers)),
        counts_preexisting=section.preexisting == "fail",
    )


def _probe(section: Probe) -> ProbeTraffic:
    return ProbeTraffic(section.url, scalars.duration(section.every), dict(section.headers))
