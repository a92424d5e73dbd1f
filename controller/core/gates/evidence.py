"""Evidence from a metrics system: what is asked, and what came back, as values.

A reading is one of two things: a number, or the reason why there is none. A missing number is
never zero (S5).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Missing(StrEnum):
    """Why there is no number. Each has its own words for the operator."""

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
    FAILED = "the server failed"
    """It answered, with an error that may pass."""
    TOO_EARLY = "too early"
    """What there is may still be about the time before."""
    LITTLE_TRAFFIC = "too little traffic"


class Reduce(StrEnum):
    """What to make of several series."""

    MAX = "max"
    MIN = "min"
    SUM = "sum"
    AVG = "avg"


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret, or where it is. Exactly one is set; none of it is ever printed."""

    inline: str | None = field(default=None, repr=False)
    env: str | None = None
    file: str | None = None
    """Read again when it changes."""


@dataclass(frozen=True, slots=True)
class MetricsServer:
    """One Prometheus (or what speaks its HTTP API), and how to be let in."""

    url: str
    """With its path prefix; credentials in it are not allowed (use `basic`)."""
    username: str | None = None
    password: Secret | None = None
    bearer: Secret | None = None
    headers: Mapping[str, Secret] = field(default_factory=dict)
    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    server_name: str | None = None
    """The name its certificate is checked for, when not the host's."""
    verify: bool = True
    timeout: timedelta = timedelta(seconds=10)
    """Of one sample, retries included."""


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
    """The moment that the server evaluated, by its own clock, in UTC."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old the evidence is, and how often it comes, from a plain selector."""

    selector: str
    age: timedelta | None = None
    """Of the newest sample of the series that is worst off."""
    interval: timedelta | None = None
    """Between samples; None until there are two."""
    missing: Missing | None = None
    words: str = ""
    series: int = 0


@dataclass(frozen=True, slots=True)
class Alert:
    """A firing alert."""

    name: str
    labels: Mapping[str, str]
    since: datetime | None = None
