"""Evidence from a metrics system: queries and their answers, as values.

A reading is a number, or the reason why there is none. A missing number is never zero (S5).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Missing(StrEnum):
    """Why there is no number, as the operator reads it."""

    NO_DATA = "no data"
    """The answer is empty: no series matches."""
    STALE = "stale"
    """The newest sample is older than allowed."""
    NOT_A_NUMBER = "not a number"
    INFINITE = "infinite"
    HISTOGRAM = "a histogram"
    TOO_MANY = "too many series"
    PARTIAL = "a partial answer"
    """The server warned that data may be missing."""
    UNREACHABLE = "unreachable"
    TIMEOUT = "no answer in time"
    FAILED = "cannot be read"
    """It answered with an error that may be temporary, does not let us in, or what we need in order
    to ask (a password, a certificate) is not there."""
    TOO_EARLY = "too early"
    """The evidence may still be about the time before."""
    LITTLE_TRAFFIC = "too little traffic"


class Reduce(StrEnum):
    """How to aggregate several series."""

    MAX = "max"
    MIN = "min"
    SUM = "sum"
    AVG = "avg"


class Query(StrEnum):
    """What a query of a gate is for, in the order in which missing answers are reported: without
    traffic, a missing ratio is no fault."""

    TRAFFIC = "traffic"
    """Requests, to distinguish no traffic from no errors."""
    REQUESTS = "requests"
    ERRORS = "errors"
    """Counts, judged exactly."""
    VALUE = "query"
    BASELINE = "baseline"
    BASELINE_REQUESTS = "baseline_requests"
    BASELINE_ERRORS = "baseline_errors"
    EVIDENCE = "evidence"
    """A plain selector that gives the age of the evidence and the scrape interval."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The answer to one query."""

    query: str
    value: float | None = None
    missing: Missing | None = None
    words: str = ""
    """One line for an operator: what is missing, and what that means."""
    series: int = 0
    at: datetime | None = None
    """The evaluation time of the server, by its own clock, in UTC."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """Age and interval of the evidence, from a plain selector."""

    selector: str
    age: timedelta | None = None
    """Age of the newest sample, of the series where it is oldest."""
    interval: timedelta | None = None
    """Between samples; None until there are two."""
    missing: Missing | None = None
    words: str = ""
    series: int = 0
    is_derived: bool = False
    """From the queries themselves, not from a selector of the file."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A firing alert."""

    name: str
    labels: Mapping[str, str]
    since: datetime | None = None


class Health(StrEnum):
    """What the evaluations of a rule say of it."""

    OK = "ok"
    BROKEN = "err"
    """Its expression cannot be evaluated."""
    UNKNOWN = "unknown"
    """It was not evaluated yet."""


@dataclass(frozen=True, slots=True)
class AlertRule:
    """A rule that can make an alert fire."""

    name: str
    labels: Mapping[str, str]
    """Those that the rule sets; its alerts also have the labels of the series."""
    expression: str = ""
    health: Health = Health.OK
    error: str = ""
    """Why it cannot be evaluated."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What one server answered to the queries of one sample."""

    server: str
    readings: Mapping[Query, Reading]
    freshness: Freshness | None = None
    """None: the gate has no query for the age of its evidence."""


AlertsNow = Sequence[Alert] | Reading
"""The alerts that fire at one server, or why they are not known."""
