"""Metrics in the text format, from a separate registry without metrics of Python or the process."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from controller.telemetry.values import Collect

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""Prometheus' text format, which every scraper and gateway accepts (Prometheus, "Exposition
formats")."""


class _StateCollector(Collector):
    def __init__(self, collect: Collect) -> None:
        self._collect = collect

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for family in self._collect():
            gauge = GaugeMetricFamily(
                family.metric.name, family.metric.about, labels=family.metric.labels
            )
            for sample in family.samples:
                gauge.add_metric([_printable(value) for value in sample.labels], sample.value)
            yield gauge


def _printable(value: str) -> str:
    """A name that is not UTF-8 (a lone surrogate) must not break the whole page."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


class Page:
    def __init__(self, collect: Collect) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_StateCollector(collect))

    def text(self) -> bytes:
        """The present metrics; empty before there are any."""
        return generate_latest(self._registry)
