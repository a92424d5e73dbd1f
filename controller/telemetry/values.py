"""What a metric is, and the port through which metrics leave."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Metric:
    """A gauge. Units are base units, as its name says (Prometheus, "Metric and label naming")."""

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
    """One metric with all its samples of one moment; none where there is nothing to say."""

    metric: Metric
    samples: tuple[Sample, ...]


Collect = Callable[[], Sequence[Family]]
"""How things stand now."""


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways out that the command line asks for."""

    listen: str | None = None
    textfile: str | None = None
    push_gateway: str | None = None


class Outlet(Protocol):
    """One way out for metrics. Nothing that it meets once it is open reaches the rollout."""

    @property
    def name(self) -> str:
        """For people: which option, and nothing secret."""

    async def open(self, collect: Collect) -> None:
        """Before anything is touched. Raises UsageFault when it cannot work here."""

    async def give(self) -> str | None:
        """Hand out how things stand; what went wrong, in one line, or None. An outlet that is
        asked by others has nothing to do. The caller sets the time limit by cancelling."""

    async def aclose(self) -> None:
        """Also of one that was never opened."""
