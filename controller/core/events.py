"""What has happened: events, in the past tense.

Looks at the load balancer are events too, but are not journalled: after a crash the next look
says more than any record of a former one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from controller.core.outcome import Outcome
from controller.core.pool import Found, Incarnation, InstanceView, Instant, Member
from controller.core.steps import Setting, Step


class Answer(StrEnum):
    """What `unless` said."""

    PRESENT = "already there"
    NEEDED = "upgrade needed"
    REFUSED = "refused"


class Cause(StrEnum):
    """Why a rollout halted; decides the exit code."""

    GATE = "gate"
    MEMBER = "member"
    FLOOR = "floor"
    BALANCER = "load balancer"
    FOREIGN = "another hand"
    OCCUPANT = "another occupant"
    """Something else sits in the place of a member."""


class Verdict(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"

    @property
    def rank(self) -> int:
        """The order from best to worst."""
        return (Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL).index(self)


# --- events: the run -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunBegan:
    """A process took the rollout in hand: at its start, or after a crash or a stop."""

    by: str
    only: tuple[str, ...] = ()
    stepwise: bool = False
    overrides: Mapping[str, str] = field(default_factory=dict)
    """Gate → the operator's reason to go on in spite of it."""


@dataclass(frozen=True, slots=True)
class FileKept:
    """The journal holds the rollout file without its secrets; this tells whether they changed."""

    fingerprint: str


@dataclass(frozen=True, slots=True)
class MemberInherited:
    """Poolroll took it out in an earlier rollout and has not returned it yet."""

    member: str
    found: Found


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


# --- events: what became of a step -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MemberSet:
    """Every load balancer did as told, and was read back."""

    member: str
    setting: Setting
    incarnations: Mapping[str, Incarnation]


@dataclass(frozen=True, slots=True)
class SettingFailed:
    member: str
    setting: Setting
    why: str
    retryable: bool


@dataclass(frozen=True, slots=True)
class RampRefused:
    """A load balancer takes no weight but none and all: members return at full weight."""

    member: str
    why: str


@dataclass(frozen=True, slots=True)
class GuardAnswered:
    member: str
    answer: Answer
    detail: str


@dataclass(frozen=True, slots=True)
class StepEnded:
    member: str
    index: int
    attempt: int
    passed: bool
    lost: bool
    """It ran, nothing of it runs any more, and how it ended is not known."""
    detail: str
    """How it ended, in a few words."""
    output: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Validated:
    member: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True)
class OperatorAnswered:
    member: str
    go_on: bool


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


# --- events: concluded by decide -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MemberCalled:
    """Its turn has come."""

    member: str


@dataclass(frozen=True, slots=True)
class MemberStoodDown:
    """Its turn was taken back before anything was done to it."""

    member: str


@dataclass(frozen=True, slots=True)
class MemberJoined:
    """It came to the pool while the rollout was under way, and belongs to it."""

    joined: Member
    found: Found | None = None
    """Set when it came out of rotation, because of us: it is treated as one that we took out."""

    @property
    def member(self) -> str:
        return self.joined.name


@dataclass(frozen=True, slots=True)
class MemberGone:
    """It left the pool before anything was done to it."""

    member: str
    why: str


@dataclass(frozen=True, slots=True)
class MemberRetired:
    """Its steps have ended, and its place is given up for good: nothing is left to return."""

    member: str


@dataclass(frozen=True, slots=True)
class MemberFoundOut:
    """It is out already, and we are the ones who took it out."""

    member: str


@dataclass(frozen=True, slots=True)
class MemberLeft:
    """Somebody else took it out: left as found, and not upgraded (S8)."""

    member: str
    why: str


@dataclass(frozen=True, slots=True)
class MemberReturned:
    """Every load balancer shows it in rotation and healthy, at the first step of its ramp where
    it has one: its gates count from here."""

    member: str


@dataclass(frozen=True, slots=True)
class RampEnded:
    """It has its full weight again."""

    member: str


@dataclass(frozen=True, slots=True)
class SoakEnded:
    member: str
    note: str


@dataclass(frozen=True, slots=True)
class MemberFailed:
    """It is out, and stays out."""

    member: str
    why: str


@dataclass(frozen=True, slots=True)
class MemberKept:
    """It stays where it is, unproven: in rotation, unless somebody else took it out."""

    member: str
    why: str
    is_out: bool = False


@dataclass(frozen=True, slots=True)
class MemberStuck:
    """Its rollback failed too."""

    member: str


@dataclass(frozen=True, slots=True)
class RestoreBegan:
    """`abort --restore`: a member left out is validated and put back."""

    member: str


@dataclass(frozen=True, slots=True)
class InstanceRestarted:
    """A load balancer was reloaded or restarted: what was set there is gone."""

    instance: str
    former: Incarnation
    now: Incarnation


@dataclass(frozen=True, slots=True)
class ForeignHandSeen:
    """Somebody else put a member in rotation while its upgrade ran."""

    member: str
    instance: str


@dataclass(frozen=True, slots=True)
class CapacityShort:
    """The floor does not hold; nothing is taken out until it does."""

    serving: int
    where: str


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


# --- events: the operator --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StopRequested:
    """SIGTERM, SIGINT, SIGHUP, or a `no` at a question."""

    why: str
    at_once: bool = False
    """The second signal: do not wait for a running step."""


@dataclass(frozen=True, slots=True)
class PauseRequested:
    by: str
    request: int = 0
    """Its number, when it came through the state folder: each is heard once."""


@dataclass(frozen=True, slots=True)
class ResumeRequested:
    by: str
    reason: str
    request: int = 0
    """Its number, when it came through the state folder: each is heard once."""


@dataclass(frozen=True, slots=True)
class AbortRequested:
    by: str
    restore: bool
    request: int = 0
    """Its number, when it came through the state folder: each is heard once."""


@dataclass(frozen=True, slots=True)
class LockLost:
    """The process that ran the rollout lost its lock, and touched nothing more. It changes no
    state: another process may have resumed the rollout before this was written."""

    why: str


# --- events: observations, not journalled ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Looked:
    view: InstanceView


@dataclass(frozen=True, slots=True)
class LookFailed:
    instance: str
    at: Instant
    why: str


Observation = Looked | LookFailed

ConcludedOfMember = (
    MemberCalled
    | MemberStoodDown
    | MemberFoundOut
    | MemberLeft
    | MemberGone
    | MemberRetired
    | MemberReturned
    | RampEnded
    | SoakEnded
    | MemberFailed
    | MemberKept
    | MemberStuck
    | RestoreBegan
)

MemberEvent = (
    MemberInherited
    | MemberSet
    | SettingFailed
    | RampRefused
    | GuardAnswered
    | StepEnded
    | Validated
    | OperatorAnswered
    | ForeignHandSeen
    | ConcludedOfMember
)
"""What changes one member, and (but for `known` workers) nothing else."""

Event = (
    RunBegan
    | FileKept
    | Intended
    | Halted
    | RollbackBegan
    | Finished
    | InstanceRestarted
    | CapacityShort
    | CapacityBack
    | GateSampled
    | MemberJoined
    | PoolOpened
    | PoolClosed
    | PoolStepFailed
    | StopRequested
    | PauseRequested
    | ResumeRequested
    | AbortRequested
    | LockLost
    | MemberEvent
)
"""All that a journal holds."""
