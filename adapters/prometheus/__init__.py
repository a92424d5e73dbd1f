"""Prometheus, and what speaks its HTTP API: Thanos, Mimir, VictoriaMetrics.

Belongs here: asking a query, the age of its evidence and the firing alerts; being let in; and
saying in plain words why there is no number. Does not belong here: what a number means for a
rollout, limits and verdicts (`controller.core`), when to ask, memory of former samples, metrics
about poolroll itself. httpx is imported by `client` alone, and `client` only once a question is
asked: it takes a tenth of a second.

    source    the MetricsSource port                      client    one question over HTTP
    replies   HTTP reply → data or why not, pure          samples   data → samples, pure
    readings  samples → one number or why not, pure       ages      samples → freshness, pure
    alerts    data → alerts and their rules, pure         tls       trust and client certificates
    access    secrets and the headers made of them        words     faults in plain words, pure
    requests  retries, GET where POST is refused          faults    how a question fails here
    bodies    the body of a reply: bounded, unpacked      selectors which series a query reads, pure
    labels    labels and other short texts, bounded, pure
    aside     work on large answers, beside the event loop
    derived   age and interval of what a query reads
"""

from adapters.prometheus.source import PrometheusSource
from controller.core.gates.promql import is_plain_selector

__all__ = ["PrometheusSource", "is_plain_selector"]
