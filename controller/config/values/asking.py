"""Queries and probe requests of a gate, filled for the member in progress or for the pool."""

from dataclasses import replace
from datetime import timedelta

from controller.config.text.places import Trail
from controller.config.values.filled_http import filled_headers, filled_url
from controller.config.values.filling import Filling
from controller.core.gates.gate import MetricQuery, ProbeTraffic
from controller.core.gates.promql import escaped

_LEAST_WINDOW = 1
"""Seconds; PromQL has no empty range."""


def filled_query(
    filling: Filling, query: MetricQuery, trail: Trail, window: timedelta
) -> MetricQuery:
    """`${window}` becomes whole seconds, rounded down: it never reaches back before the return."""
    seconds = max(int(min(window, query.window_max).total_seconds()), _LEAST_WINDOW)
    values = {
        name: escaped(value) if name.startswith("member.") else value
        for name, value in filling.values.items()
    } | {"window": f"{seconds}s"}

    def filled(text: str, *key: str) -> str:
        return filling.text((*trail, "prometheus", *key), text, values)

    return replace(
        query,
        query=filled(query.query, "query"),
        errors=filled(query.errors, "errors"),
        requests=filled(query.requests, "requests"),
        baseline=filled(query.baseline, "baseline"),
        baseline_errors=filled(query.baseline_errors, "baseline", "errors"),
        baseline_requests=filled(query.baseline_requests, "baseline", "requests"),
        traffic=filled(query.traffic, "traffic"),
        evidence=filled(query.evidence, "evidence"),
    )


def filled_probe(filling: Filling, probe: ProbeTraffic, trail: Trail) -> ProbeTraffic:
    return replace(
        probe,
        url=filled_url(filling, probe.url, (*trail, "probe", "url")),
        headers=filled_headers(filling, probe.headers, (*trail, "probe", "headers")),
    )
