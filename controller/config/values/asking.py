"""Queries and probe requests of a gate, filled for the member in progress or for the pool."""

from datetime import timedelta

from controller.config.sections.gates import Probe
from controller.config.text.places import Trail
from controller.config.values.filled_http import (
    filled_headers,
    filled_server_name,
    filled_url,
)
from controller.config.values.filling import Filling
from controller.core.gates.evidence import Query
from controller.core.gates.gate import MetricGate
from controller.core.gates.promql import escaped
from controller.tasks import HttpProbe

_LEAST_WINDOW = 1
"""Seconds; PromQL has no empty range."""


def filled_queries(
    filling: Filling, gate: MetricGate, trail: Trail, window: timedelta
) -> dict[Query, str]:
    """`${window}` becomes whole seconds, rounded down: it never reaches back before the return."""
    seconds = max(int(min(window, gate.window_max).total_seconds()), _LEAST_WINDOW)
    values = {
        name: escaped(value) if name.startswith("member.") else value
        for name, value in filling.values.items()
    } | {"window": f"{seconds}s"}
    return {
        kind: filling.text((*trail, "prometheus", *kind.split("_")), text, values)
        for kind, text in gate.queries.items()
    }


def filled_probe(filling: Filling, probe: Probe, trail: Trail) -> HttpProbe:
    return HttpProbe(
        filled_url(filling, probe.url, (*trail, "probe", "url")),
        headers=filled_headers(filling, probe.headers, (*trail, "probe", "headers")),
        server_name=filled_server_name(
            filling, probe.server_name, (*trail, "probe", "server_name")
        ),
    )
