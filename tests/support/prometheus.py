"""The real Prometheus of the tests: the demo's."""

from adapters.demo.prometheus import PrometheusProcess as RealPrometheus

__all__ = ["ENDLESS", "RealPrometheus"]

ENDLESS = "max_over_time(sum(no_such_metric)[10000h:1ms])"
"""A query whose answer takes an hour on the fastest machine (36 billion steps)."""
