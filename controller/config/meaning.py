"""What a rollout file means, whatever way it is written: two files mean the same when all that
is compared here is equal.

A fingerprint is made of it, by its `repr`, and compared with one that a former version of
poolroll has journalled. So gates stand here in the form of the first version, which must not
change, whatever becomes of them elsewhere.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from controller.config.rollout_file import RolloutFile
from controller.config.sections.gates import ERROR_RATIO, LATENCY, GateSection, written_gates
from controller.config.sections.rollout import Rollout
from controller.config.text import scalars
from controller.config.values.metrics_servers import Servers, servers_of
from controller.config.values.settings import known_at_load
from controller.core.gates import gate as core
from controller.core.gates.evidence import Query, Reduce
from controller.core.pool.copies import replace
from controller.metrics_servers import MetricsServer

AskedServers = tuple[MetricsServer, ...]

ANY_FOLDER: Final = "/"
"""Paths in a file mean the same wherever it is compared."""


@dataclass(frozen=True, slots=True)
class MetricQuery:
    servers: AskedServers
    query: str
    errors: str
    requests: str
    baseline: str
    baseline_errors: str
    baseline_requests: str
    traffic: str
    evidence: str
    reduce: Reduce | None
    max_age: timedelta | None
    window_max: timedelta
    maximum: float | None
    minimum: float | None
    max_increase: float | None
    is_ratio: bool


@dataclass(frozen=True, slots=True)
class AlertQuery:
    servers: AskedServers
    matchers: tuple[core.Matcher, ...]
    counts_preexisting: bool


@dataclass(frozen=True, slots=True)
class ProbeTraffic:
    url: str
    every: timedelta
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Gate:
    name: str
    scope: core.Scope
    maximum: float
    test: core.Test
    every: timedelta
    confidence: float
    min_errors: int
    min_requests: int
    window: timedelta
    failures: int
    hold: timedelta
    then: core.Then
    metric: MetricQuery | None
    alerts: AlertQuery | None
    probe: ProbeTraffic | tuple[ProbeTraffic, str] | None
    """With the name of its server, a key of a later version."""


def meaning(file: RolloutFile) -> tuple[object, ...]:
    """All that is compared, secrets included; whom a run is limited to is not part of it."""
    rollout, settings = file.rollout, file.settings
    servers = servers_of(rollout, Servers(known_at_load(rollout, settings.vars), ANY_FOLDER))
    asked = (servers.get(gate.name, ()) for gate in settings.policies.gates)
    written = written_gates(rollout.gates)
    gates: Any = (*map(_gate, written, settings.policies.gates, asked), *_later(rollout))
    return (
        replace(
            settings,
            warnings=(),
            selection=replace(settings.selection, only=(), canaries_only=False),
            policies=replace(settings.policies, gates=gates),
        ),
        rollout.upgrade,
        rollout.rollback,
        rollout.validations,
        rollout.pool.members,
        tuple(_secrets(servers.values())),
    )


def _later(rollout: Rollout) -> Iterator[str]:
    """What the first version did not know, where it is not left as it is by default."""
    if rollout.drain.idle is not None:
        yield f"drain.idle: {rollout.drain.idle!r}"
    if rollout.hosts is not None:
        yield f"hosts: {rollout.hosts!r}"
    if rollout.preflight:
        yield f"preflight: {rollout.preflight!r}"
    if rollout.quiet is not None:
        # Not `through`: a pin that leads astray is corrected, and the rollout goes on.
        yield f"quiet: {rollout.quiet.mode}"
    if rollout.failures is not None:
        yield f"failures: {rollout.failures!r}"
    if rollout.snapshot is not None:
        yield f"snapshot: {rollout.snapshot!r}"
    if rollout.order != "down_first":
        yield f"order: {rollout.order}"
    for gate in rollout.gates:
        if gate.builtin is False:
            yield "builtin: false" + (f" {LATENCY}" if gate.name == LATENCY else "")
        if gate.haproxy is not None and gate.haproxy.measure != ERROR_RATIO:
            yield f"{gate.name}: {gate.haproxy!r}"
        if gate.alerts is not None and gate.alerts.rules != "check":
            yield f"{gate.name}: rules: {gate.alerts.rules}"


def _secrets(servers: Iterable[AskedServers]) -> Iterator[str | None]:
    """Those that stand in the file: they are in no repr, and a fingerprint is made of one."""
    for those in servers:
        for server in those:
            secrets = (server.password, server.bearer, *server.headers.values())
            yield from (secret.inline for secret in secrets if secret is not None)


def _gate(section: GateSection, gate: core.Gate, servers: AskedServers) -> Gate:
    return Gate(
        name=gate.name,
        scope=gate.scope,
        maximum=gate.maximum if isinstance(gate, core.CounterGate) else 1.0,
        test=core.Test(section.test),
        every=gate.every,
        confidence=gate.confidence,
        min_errors=gate.min_errors,
        min_requests=gate.min_requests,
        window=scalars.duration(section.window),
        failures=gate.failures,
        hold=gate.hold,
        then=gate.then,
        metric=_metric(gate, servers) if isinstance(gate, core.MetricGate) else None,
        alerts=AlertQuery(servers, gate.matchers, gate.counts_preexisting)
        if isinstance(gate, core.AlertGate)
        else None,
        probe=_probe(section),
    )


def _metric(gate: core.MetricGate, servers: AskedServers) -> MetricQuery:
    def asked(kind: Query) -> str:
        return gate.queries.get(kind, "")

    return MetricQuery(
        servers,
        asked(Query.VALUE),
        asked(Query.ERRORS),
        asked(Query.REQUESTS),
        asked(Query.BASELINE),
        asked(Query.BASELINE_ERRORS),
        asked(Query.BASELINE_REQUESTS),
        asked(Query.TRAFFIC),
        asked(Query.EVIDENCE),
        gate.reduce,
        gate.max_age,
        gate.window_max,
        gate.maximum,
        gate.minimum,
        gate.max_increase,
        gate.is_ratio,
    )


def _probe(section: GateSection) -> ProbeTraffic | tuple[ProbeTraffic, str] | None:
    if section.probe is None:
        return None
    every = scalars.duration(section.probe.every)
    asked = ProbeTraffic(section.probe.url, every, dict(section.probe.headers))
    name = section.probe.server_name
    return asked if name is None else (asked, name)
