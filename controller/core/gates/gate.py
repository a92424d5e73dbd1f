"""Gates as configured: what each measures, its limits, and what to do without evidence.

Servers and their credentials are in `controller.metrics_servers`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Literal

from controller.core.gates.evidence import Query, Reduce
from controller.core.gates.patterns import is_match


class Scope(StrEnum):
    """What a gate judges."""

    MEMBER = "member"
    """The member that is being upgraded, from its return to the end of its soak."""
    POOL = "pool"
    """The pool, from before the first drain to the end."""


class Test(StrEnum):
    EXACT = "exact"
    THRESHOLD = "threshold"


class Then(StrEnum):
    """What to do when evidence stays missing."""

    HALT = "halt"
    PASS = "pass"
    PROBE = "probe"
    """Send marked requests through the load balancer meanwhile; halt if that does not help."""


@dataclass(frozen=True, slots=True)
class _Gate:
    """Settings of every kind of gate."""

    name: str
    scope: Scope
    _: KW_ONLY
    every: timedelta = timedelta(seconds=1)
    """Between two samples."""
    failures: int = 1
    """Failing samples in a row that trip it."""
    hold: timedelta = timedelta(minutes=2)
    """How long evidence may be missing."""
    then: Then = Then.HALT
    min_requests: int = 20
    min_errors: int = 3
    confidence: float = 0.995
    """Of exact tests."""
    probe_every: timedelta | None = None
    """Interval of probe requests while evidence is missing; None: none are sent."""


@dataclass(frozen=True, slots=True)
class CounterGate(_Gate):
    """A gate on the load balancer's own counters."""

    maximum: float
    """The greatest error ratio allowed, 0…1."""
    test: Test = field(default=Test.EXACT, kw_only=True)
    window: timedelta = field(default=timedelta(minutes=1), kw_only=True)
    """How far a pool gate looks back; a member gate looks back to its member's return."""
    measure: str = field(default="", kw_only=True)
    """What of a member is counted beside its errors, by its name in the file; empty: its errors."""
    happened: str = field(default="failed", kw_only=True)
    """What became of a request that counts, as the rest of a sentence."""
    kind: Literal["counters"] = field(default="counters", kw_only=True)

    @property
    def is_ratio(self) -> bool:
        return True

    @property
    def bound(self) -> float:
        """The limit as one figure, for records."""
        return self.maximum


@dataclass(frozen=True, slots=True)
class MetricGate(_Gate):
    """A gate on the answers of a metrics system."""

    queries: Mapping[Query, str]
    """Templates in place. Either `Query.VALUE`, or `Query.ERRORS` and `Query.REQUESTS`."""
    servers: int = field(default=1, kw_only=True)
    """How many are queried; the worst verdict counts."""
    reduce: Reduce | None = field(default=None, kw_only=True)
    max_age: timedelta | None = field(default=None, kw_only=True)
    """None: three scrape intervals, or a minute while the interval is not known."""
    window_max: timedelta = field(default=timedelta(minutes=5), kw_only=True)
    maximum: float | None = field(default=None, kw_only=True)
    minimum: float | None = field(default=None, kw_only=True)
    max_increase: float | None = field(default=None, kw_only=True)
    is_ratio: bool = field(default=True, kw_only=True)
    """The limit was given as a percentage: values are shown as such."""
    is_own: bool = field(default=False, kw_only=True)
    """Its evidence comes from the pool itself: it says what became of a member, and at once."""
    kind: Literal["metric"] = field(default="metric", kw_only=True)

    @property
    def has_counts(self) -> bool:
        """Whether its queries return counts, judged by an exact test, and not a value."""
        return Query.ERRORS in self.queries

    @property
    def bound(self) -> float | None:
        """The limit as one figure, for records."""
        limits = (self.maximum, self.minimum, self.max_increase)
        return next((limit for limit in limits if limit is not None), None)


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
        return is_match(self.value, found) is (self.sign == "=~")


@dataclass(frozen=True, slots=True)
class AlertGate(_Gate):
    """A gate that fails while an alert that it matches fires."""

    matchers: tuple[Matcher, ...] = ()
    servers: int = field(default=1, kw_only=True)
    """How many are queried; the worst verdict counts."""
    counts_preexisting: bool = field(default=False, kw_only=True)
    """Whether alerts that fired before the start count too."""
    assumes_rules: bool = field(default=False, kw_only=True)
    """Whether it passes also where it is not known that a rule could fire."""
    kind: Literal["alerts"] = field(default="alerts", kw_only=True)

    @property
    def is_ratio(self) -> bool:
        return False

    @property
    def bound(self) -> float:
        """The limit as one figure, for records."""
        return 0.0

    def is_match(self, labels: Mapping[str, str]) -> bool:
        return all(matcher.holds(labels) for matcher in self.matchers)


@dataclass(frozen=True, slots=True)
class TimingGate(_Gate):
    """A gate on how long the requests of a member take, beside those of the other members, or on
    how long they wait before they are sent to it."""

    measure: Literal["", "queue"] = field(default="", kw_only=True)
    """Empty: how long they take."""
    times: float = field(default=3.0, kw_only=True)
    """How many times as long as at the others is too long, ..."""
    above: timedelta = field(default=timedelta(milliseconds=100), kw_only=True)
    """... where it is longer by more than this as well."""
    is_builtin: bool = field(default=False, kw_only=True)
    """Nobody wrote it: left out where the load balancers do not measure it."""
    kind: Literal["timing"] = field(default="timing", kw_only=True)

    @property
    def is_ratio(self) -> bool:
        return False

    @property
    def bound(self) -> float | None:
        """It depends on the others."""
        return None


SeenGate = CounterGate | TimingGate
"""A gate on what looks at the load balancers show."""

AskedGate = MetricGate | AlertGate
"""A gate on answers of servers, which are queried at the gate's own interval."""

ErrorGate = CounterGate | AskedGate
"""A gate on what fails."""

Gate = SeenGate | AskedGate
"""A condition that must hold for the rollout to continue."""


def judging_errors(gates: Iterable[Gate]) -> Iterator[ErrorGate]:
    return (
        gate
        for gate in gates
        if not isinstance(gate, TimingGate) and not getattr(gate, "measure", "")
    )


def tells_itself(gate: Gate) -> bool:
    """Whether it says, from the pool's own evidence, what became of the member in hand."""
    return isinstance(gate, MetricGate) and gate.is_own and gate.scope is Scope.MEMBER
