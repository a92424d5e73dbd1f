"""The real Prometheus of the tests: the demo's."""

from adapters.demo.prometheus import PrometheusProcess as RealPrometheus

__all__ = ["RealPrometheus"]
