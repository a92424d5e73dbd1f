"""Where the evidence for gates comes from."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol, Self

from controller.core.gates.evidence import Alert, AlertRule, Freshness, Reading, Reduce


class MetricsSource(Protocol):
    """One metrics server. Missing evidence is an answer; raises MetricsRefused alone. `at` is a
    moment of the server's past, by its own clock; None: now."""

    @property
    def name(self) -> str:
        """For people: the URL without anything secret."""

    def for_one_sample(self) -> Self:
        """The same server: whatever it is asked ends within one `timeout` from now."""

    async def read(
        self, query: str, *, reduce: Reduce | None = None, at: datetime | None = None
    ) -> Reading: ...  # more than one series is TOO_MANY unless `reduce` says what to make of them
    async def freshness(self, selector: str, *, at: datetime | None = None) -> Freshness: ...
    async def freshness_of(
        self, query: str, *, at: datetime | None = None, since: timedelta | None = None
    ) -> Freshness | None:
        """Age and interval of what a query reads (`freshness`: a selector), if known. `since`: how
        long ago a member came back: then no target that shows it may be down, or have ended."""

    async def alerts(self) -> Sequence[Alert] | Reading: ...  # a Reading says why there is no list
    async def rules(self) -> Sequence[AlertRule] | Reading: ...
    async def values(self, label: str) -> Sequence[str] | Reading: ...
    async def aclose(self) -> None: ...
