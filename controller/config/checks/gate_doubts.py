"""Warnings: what is questionable in a gate, but valid."""

from collections.abc import Iterator
from math import ceil

from controller.config.sections.evidence import MetricsServerSection, Prometheus
from controller.config.sections.gates import COMPARED, GateSection
from controller.config.text.scalars import MAX_COUNT, limit
from controller.config.values.gate_values import queries_in, scope_of
from controller.config.values.metrics_servers import urls_of
from controller.core.gates.gate import Scope
from controller.core.gates.promql import asks_irate, literal_ranges

_SLACK = 1e-9
"""Tolerance for ratios that floats cannot represent exactly."""
_ONLY_FOR = {
    "confidence": "exact",
    "min_errors": "exact",
    "min_requests": "threshold",
}


def gate_doubts(gate: GateSection) -> Iterator[str]:
    """One line each, as `path: what is questionable`, with the path below the gate."""
    if gate.haproxy is not None and gate.haproxy.measure not in COMPARED:
        yield from _haproxy(gate)
    if gate.prometheus is not None:
        yield from (f"prometheus.{line}" for line in _queries(gate, gate.prometheus))
        yield from _prometheus(gate, gate.prometheus)
    if gate.alerts is not None and not gate.alerts.matchers:
        yield "alerts.matchers: are not given: any alert that fires stops this rollout"
    for kind, section in (("prometheus", gate.prometheus), ("alerts", gate.alerts)):
        if section is not None and _is_tls_idle(section):
            yield f"{kind}.tls: has no effect without https"


def _haproxy(gate: GateSection) -> Iterator[str]:
    ratio = limit(gate.max)
    if ratio == 1:
        yield "max: 100% of errors is allowed: this gate never fails"
    if gate.test == "threshold" and gate.min_requests * ratio < 1 - _SLACK:
        needed = ceil(1 / ratio - _SLACK) if ratio else MAX_COUNT + 1
        mend = f"min_requests: {needed} or " if needed <= MAX_COUNT else ""
        yield (
            f"test: a single error in {gate.min_requests} requests is more than {gate.max} and "
            f"trips this gate; write {mend}test: exact"
        )
    for key, test in _ONLY_FOR.items():
        if key in gate.model_fields_set and gate.test != test:
            yield f"{key}: has no effect with test: {gate.test}"
    if "window" in gate.model_fields_set and scope_of(gate) is Scope.MEMBER:
        yield "window: has no effect for a member: everything since its return is judged"


def _queries(gate: GateSection, section: Prometheus) -> Iterator[str]:
    is_of_member = scope_of(gate) is Scope.MEMBER
    for key, query in queries_in(section):
        if asks_irate(query):
            yield (
                f"{key}: irate uses only the last two samples, which is too noisy for a "
                "gate; use rate"
            )
        # A baseline may well look at the member before its upgrade.
        if is_of_member and not key.startswith("baseline"):
            for found in dict.fromkeys(literal_ranges(query)):
                yield (
                    f"{key}: [{found}] reaches back before the member's return, to the former "
                    "version; write [${window}]"
                )


def _prometheus(gate: GateSection, section: Prometheus) -> Iterator[str]:
    if section.errors is not None and gate.max == "100%":
        yield "max: 100% of errors is allowed: this gate never fails"
    for key in ("confidence", "min_errors"):
        if key in gate.model_fields_set and section.errors is None:
            yield f"{key}: has no effect without errors and requests under prometheus"


def _is_tls_idle(section: MetricsServerSection) -> bool:
    return section.tls is not None and all(url.startswith("http://") for url in urls_of(section))
