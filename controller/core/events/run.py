"""Events of the run as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from controller.core.events.vocabulary import Cause, Verdict
from controller.core.outcome import Outcome
from controller.core.pool import Incarnation
from controller.core.steps import Step


@dataclass(frozen=True, slots=True)
class RunBegan:
    """A process took over the rollout: at its start, or after a crash or a stop."""

    by: str
    only: tuple[str, ...] = ()
    stepwise: bool = False
    overrides: Mapping[str, str] = field(default_factory=dict)
    """Gate → the operator's reason to go on in spite of it."""
    reason: str = ""
    """Why, and on which order, as the operator said."""
    ticket: str = ""
    ignores_windows: str = ""
    """The operator's reason to run outside of the windows; empty: it does not."""
    wall: datetime | None = None
    """What the time was, where a planned outage is counted across processes."""


@dataclass(frozen=True, slots=True)
class FileKept:
    """The journal holds the rollout file without its secrets; this tells whether they changed."""

    fingerprint: str
    notices: str = ""
    """The same of whom the rollout tells, and how; empty in journals of former versions."""


@dataclass(frozen=True, slots=True)
class Intended:
    step: Step


@dataclass(frozen=True, slots=True)
class Halted:
    """The automatic stop."""

    cause: Cause
    seen: str
    limit: str
    member: str | None = None
    """The member that failed, if one did."""
    gate: str | None = None
    condemned: tuple[str, ...] = ()
    """Members in rotation that are to be taken out again."""


@dataclass(frozen=True, slots=True)
class RollbackBegan:
    members: tuple[str, ...]
    """In the order in which they go back."""


@dataclass(frozen=True, slots=True)
class Finished:
    outcome: Outcome
    exit_code: int
    why: str = ""
    told: tuple[str, ...] = ()
    """The halt message as the operator was told it; it rests on looks, which are not kept."""
    until: str = ""
    """Of one that pauses: when its next window opens, for people."""
    opens: datetime | None = None
    """That moment; None: none does, or a former version wrote it."""


@dataclass(frozen=True, slots=True)
class PoolOpened:
    """The pool as a whole is prepared."""

    kept: Mapping[str, str]
    """What was found, and is put back at the end, in the adapter's own words."""


@dataclass(frozen=True, slots=True)
class PoolClosed:
    """The pool as a whole is as it was found."""


@dataclass(frozen=True, slots=True)
class PoolStepFailed:
    why: str
    retryable: bool


@dataclass(frozen=True, slots=True)
class InstanceRestarted:
    """A load balancer was reloaded or restarted: what was set there is gone."""

    instance: str
    former: Incarnation
    now: Incarnation


@dataclass(frozen=True, slots=True)
class CapacityShort:
    """The floor does not hold; nothing is taken out until it does."""

    serving: int
    where: str


@dataclass(frozen=True, slots=True)
class RolesSeen:
    """Who of the pool is what to the others, where that is not as it was known: users follow it."""

    roles: Mapping[str, str]
    """Member → its role, as its balancer says."""


@dataclass(frozen=True, slots=True)
class CapacityBack:
    serving: int


@dataclass(frozen=True, slots=True)
class GateSampled:
    gate: str
    member: str | None
    verdict: Verdict
    reason: str
    """Why, with figures; for an inconclusive one, what is missing."""
    errors: int
    total: int
    value: float | None
    limit: float | None
    baseline: float | None = None
    queries: Mapping[str, str] = field(default_factory=dict)
    """What was asked of a metrics system, all templates filled: kind of query → its text."""
    evidence_at: str | None = None
    """When the metrics system evaluated it, by its own clock (ISO 8601, UTC)."""
    alerts: tuple[str, ...] = ()
    """Of an `alerts` gate: the labels of those that match and fire."""


@dataclass(frozen=True, slots=True)
class JournalStalled:
    """The journal did not take records for a while: what came then was written late. It stands
    where a step was to be begun, which was not. It changes no state."""

    why: str


@dataclass(frozen=True, slots=True)
class LockLost:
    """The process that ran the rollout lost its lock, and touched nothing more. It changes no
    state: another process may have resumed the rollout before this was written."""

    why: str
