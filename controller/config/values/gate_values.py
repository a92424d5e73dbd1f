"""The section `gates` → the gates of the core."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypedDict

from controller.config.sections.drain import Idle
from controller.config.sections.evidence import Alerts, Prometheus
from controller.config.sections.gates import (
    COMPARED,
    ERROR_RATIO,
    HAPPENED,
    QUEUE,
    GateSection,
    HaproxyMeasure,
    builtin_gates,
    written_gates,
)
from controller.config.text import scalars
from controller.config.text.templating import mentions
from controller.config.values.metrics_servers import IDLE, Servers, urls_of
from controller.core.gates.evidence import Query, Reduce
from controller.core.gates.gate import (
    AlertGate,
    CounterGate,
    Gate,
    MetricGate,
    Scope,
    Test,
    Then,
    TimingGate,
)
from controller.metrics_servers import own_query

COUNTED_EVERY = timedelta(seconds=1)
SCRAPED_EVERY = timedelta(seconds=5)
"""What is scraped changes every few seconds at most, and each sample asks several queries."""

LONGEST = timedelta(days=7)
"""Evidence of the pool's own is about all of the time since a member's return."""

SLOW_FAILURES = 2
"""A moment of slowness is no failure."""

COUNTED_CONFIDENCE = 0.995
SCRAPED_CONFIDENCE = 0.99


def gates_of(given: Sequence[GateSection], servers: Servers) -> tuple[Gate, ...]:
    """Those that are written, and those that stay on beside them."""
    builtin = (gate_of(section, servers) for section in builtin_gates(given))
    return (
        *(gate_of(section, servers) for section in written_gates(given)),
        *(replace(one, is_builtin=True) if isinstance(one, TimingGate) else one for one in builtin),
    )


def gate_of(section: GateSection, servers: Servers) -> Gate:
    """The servers to ask, and the secrets that let us in there, are no part of it."""
    if section.kubernetes is not None:
        return _own(section, section.kubernetes.measure)
    if section.prometheus is not None:
        return _metric(section, section.prometheus)
    if section.alerts is not None:
        return _alerts(section, section.alerts, servers)
    if section.haproxy is not None and section.haproxy.measure in COMPARED:
        return _timing(section, section.haproxy)
    return _counters(section)


def scope_of(section: GateSection) -> Scope:
    """A query with `${member.…}` judges the member in progress; any other, and alerts, the pool."""
    if section.haproxy is not None:
        return Scope(section.haproxy.scope)
    if section.kubernetes is not None:
        return Scope.MEMBER
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


class _Shared(TypedDict):
    every: timedelta
    failures: int
    hold: timedelta
    then: Then
    min_requests: int
    min_errors: int
    confidence: float
    probe_every: timedelta | None


def _shared(section: GateSection, every: timedelta, confidence: float) -> _Shared:
    """What all kinds of gates have; `every` and `confidence` where the file does not say."""
    if section.every is not None:
        every = scalars.duration(section.every)
    if section.confidence is not None:
        confidence = scalars.confidence(section.confidence)
    return _Shared(
        every=every,
        failures=section.failures,
        hold=scalars.duration(section.inconclusive.hold),
        then=Then(section.inconclusive.then),
        min_requests=section.min_requests,
        min_errors=section.min_errors,
        confidence=confidence,
        probe_every=None if section.probe is None else scalars.duration(section.probe.every),
    )


def _counters(section: GateSection) -> CounterGate:
    return CounterGate(
        section.name,
        scope_of(section),
        scalars.limit(section.max),
        test=Test(section.test),
        window=scalars.duration(section.window),
        **_measured(section),
        **_shared(section, COUNTED_EVERY, COUNTED_CONFIDENCE),
    )


class _Measured(TypedDict, total=False):
    measure: str
    happened: str


def _measured(section: GateSection) -> _Measured:
    measure = section.haproxy.measure if section.haproxy is not None else ERROR_RATIO
    return _Measured(measure=measure, happened=HAPPENED[measure]) if measure in HAPPENED else {}


def _timing(section: GateSection, measured: HaproxyMeasure) -> TimingGate:
    shared = _shared(section, COUNTED_EVERY, COUNTED_CONFIDENCE)
    if "failures" not in section.model_fields_set:
        shared["failures"] = SLOW_FAILURES
    return TimingGate(
        section.name,
        Scope.MEMBER,
        measure="queue" if measured.measure == QUEUE else "",
        times=measured.times,
        above=scalars.duration(measured.above),
        **shared,
    )


def _metric(section: GateSection, asked: Prometheus) -> MetricGate:
    limits = (section.max, section.min, section.max_increase)
    return MetricGate(
        section.name,
        scope_of(section),
        {_kind(key): text for key, text in queries_in(asked)},
        servers=len(urls_of(asked)),
        reduce=None if asked.reduce is None else Reduce(asked.reduce),
        max_age=None if asked.max_age is None else scalars.duration(asked.max_age),
        window_max=scalars.duration(asked.window_max),
        maximum=_limit(section.max),
        minimum=_limit(section.min),
        max_increase=_limit(section.max_increase),
        is_ratio=all(scalars.is_percentage(given) for given in limits if given is not None),
        **_shared(section, SCRAPED_EVERY, SCRAPED_CONFIDENCE),
    )


def idle_of(section: Idle | None) -> MetricGate | None:
    if section is None:
        return None
    asked = section.prometheus
    evidence = {} if asked.evidence is None else {Query.EVIDENCE: asked.evidence}
    return MetricGate(
        IDLE,
        Scope.MEMBER,
        {Query.VALUE: asked.query, **evidence},
        servers=len(urls_of(asked)),
        reduce=None if asked.reduce is None else Reduce(asked.reduce),
        max_age=None if asked.max_age is None else scalars.duration(asked.max_age),
        maximum=scalars.limit(section.max),
        is_ratio=scalars.is_percentage(section.max),
        every=COUNTED_EVERY,
    )


def _own(section: GateSection, measure: str) -> MetricGate:
    """The pool itself is the server that is asked."""
    return MetricGate(
        section.name,
        Scope.MEMBER,
        {Query.VALUE: own_query(measure)},
        window_max=LONGEST,
        maximum=_limit(section.max),
        is_ratio=False,
        is_own=True,
        **_shared(section, COUNTED_EVERY, SCRAPED_CONFIDENCE),
    )


def _kind(key: str) -> Query:
    """`baseline.errors` → BASELINE_ERRORS."""
    return Query(key.removesuffix(".query").replace(".", "_"))


def _limit(given: object) -> float | None:
    return None if given is None else scalars.limit(given)


def _alerts(section: GateSection, asked: Alerts, servers: Servers) -> AlertGate:
    return AlertGate(
        section.name,
        scope_of(section),
        tuple(map(servers.matcher, asked.matchers)),
        servers=len(urls_of(asked)),
        counts_preexisting=asked.preexisting == "fail",
        assumes_rules=asked.rules == "assume",
        **_shared(section, SCRAPED_EVERY, SCRAPED_CONFIDENCE),
    )
