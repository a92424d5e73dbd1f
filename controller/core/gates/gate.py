"""Gates as configured: what each measures, its limits, what follows when evidence is missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from re import fullmatch

from controller.core.gates.evidence import MetricsServer, Reduce


class Scope(StrEnum):
    """What a gate judges."""

    MEMBER = "member"
    """The member in hand, from its return to the end of its soak."""
    POOL = "pool"
    """The pool, from before the first drain to the end."""


class Test(StrEnum):
    EXACT = "exact"
    THRESHOLD = "threshold"


class Then(StrEnum):
    """What follows when evidence stays missing."""

    HALT = "halt"
    PASS = "pass"
    PROBE = "probe"
    """Send marked requests through the balancer meanwhile; halt when that does not help."""


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """What a gate asks a metrics system; queries with their templates in place.

    Either `query` (a value), or `errors` and `requests` (counts, judged exactly).
    """

    servers: tuple[MetricsServer, ...]
    """The worst verdict counts."""
    query: str = ""
    errors: str = ""
    requests: str = ""
    baseline: str = ""
    baseline_errors: str = ""
    baseline_requests: str = ""
    traffic: str = ""
    """Requests, to tell no traffic from no errors."""
    evidence: str = ""
    """A plain selector that gives the age of the evidence and the scrape interval."""
    reduce: Reduce | None = None
    max_age: timedelta | None = None
    """None: three scrape intervals, or a minute while the interval is not known."""
    window_max: timedelta = timedelta(minutes=5)
    maximum: float | None = None
    minimum: float | None = None
    max_increase: float | None = None
    is_ratio: bool = True
    """The limit was given as a percentage: values are shown as such."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label, as Alertmanager writes it: `=`, `!=`, `=~`, `!~`."""

    label: str
    sign: str
    value: str

    def holds(self, labels: Mapping[str, str]) -> bool:
        found = labels.get(self.label, "")
        if self.sign in ("=", "!="):
            return (found == self.value) is (self.sign == "=")
        return (fullmatch(self.value, found) is not None) is (self.sign == "=~")


@dataclass(frozen=True, slots=True)
class AlertQuery:
    """Firing alerts as a gate."""

    servers: tuple[MetricsServer, ...]
    matchers: tuple[Matcher, ...] = ()
    counts_preexisting: bool = False
    """Whether alerts that fired already at the start count too."""

    def is_match(self, labels: Mapping[str, str]) -> bool:
        return all(matcher.holds(labels) for matcher in self.matchers)


@dataclass(frozen=True, slots=True)
class ProbeTraffic:
    """Marked requests through the balancer that make up for users who are asleep."""

    url: str
    every: timedelta = timedelta(seconds=1)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gate:
    """A condition: on the load balancer's own counters, unless `metric` or `alerts` is set."""

    name: str
    scope: Scope
    maximum: float
    """The greatest error ratio that is fine, 0…1; a metric has its limits in `metric`."""
    test: Test = Test.EXACT
    every: timedelta = timedelta(seconds=1)
    confidence: float = 0.995
    min_errors: int = 3
    min_requests: int = 20
    window: timedelta = timedelta(minutes=1)
    """How far a pool gate looks back; a member gate looks back to its member's return."""
    failures: int = 1
    hold: timedelta = timedelta(minutes=2)
    then: Then = Then.HALT
    metric: MetricQuery | None = None
    alerts: AlertQuery | None = None
    probe: ProbeTraffic | None = None

    @property
    def is_counted(self) -> bool:
        """Whether its evidence is what the load balancer itself counts."""
        return self.metric is None and self.alerts is None
