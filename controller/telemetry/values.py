"""Metrics as values, and the port that exports them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Metric:
    """A gauge in base units, named by them (Prometheus, "Metric and label naming")."""

    name: str
    labels: tuple[str, ...]
    about: str


@dataclass(frozen=True, slots=True)
class Sample:
    labels: tuple[str, ...]
    """Values, in the order of the metric's labels."""
    value: float


@dataclass(frozen=True, slots=True)
class Family:
    """One metric with all its samples at one moment; there may be none."""

    metric: Metric
    samples: tuple[Sample, ...]


Collect = Callable[[], Sequence[Family]]
"""Returns the metrics now."""


@dataclass(frozen=True, slots=True)
class OutletOptions:
    """The outlets that the command line asks for."""

    listen: str | None = None
    textfile: str | None = None
    push_gateway: str | None = None
    push_gateway_ca: str | None = None
    """Path of the authorities to trust."""


class Outlet(Protocol):
    """An exporter of metrics. Once it is open, its faults never reach the rollout."""

    @property
    def name(self) -> str:
        """For people: the option, without secrets."""

    async def open(self, collect: Collect) -> None:
        """Called before anything is touched. Raises UsageFault when it cannot work here."""

    async def give(self) -> str | None:
        """Export the metrics now; returns what went wrong, in one line, or None. An outlet that is
        scraped has nothing to do. The caller limits the time by cancelling."""

    async def add(self, families: Sequence[Family]) -> str | None:
        """Export these beside what an earlier run left, as `give` does. Nothing else goes, and
        nothing stays of what these have been before. May be called without `open`."""

    async def aclose(self) -> None:
        """May be called without `open`."""
