"""What became of a step that was done to a member."""

from collections.abc import Mapping
from dataclasses import dataclass

from controller.core.events.vocabulary import Answer, Reply
from controller.core.pool import Found, Incarnation
from controller.core.steps import Setting


@dataclass(frozen=True, slots=True)
class MemberInherited:
    """Poolroll took it out in an earlier rollout and has not returned it yet."""

    member: str
    found: Found


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
    is_final: bool = False
    """It is not to be tried again."""


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
class QuestionsAnswered:
    """What `preflight` says of a member, just before it is taken out."""

    member: str
    reply: Reply
    detail: str
    """What was answered, against which limit, for people."""


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
    exit_code: int | None = None
    """128 + N for a step that signal N ended."""
    may_run: str = ""
    """What of a step that failed may still run, for people; empty: nothing that is known."""
    note: str = ""
    """What else an operator should know."""
    limit: str = ""
    """How it should have ended, as `exit code 0 within 15m`, with the key of the rollout file where
    that is not the `timeout` of its course; empty in journals of former versions."""


@dataclass(frozen=True, slots=True)
class Validated:
    member: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Collected:
    """What `collect` brought from a member. It changes nothing of it."""

    member: str
    index: int
    beside: str
    """See `Collect`."""
    name: str
    """Which of the things, for people."""
    detail: str
    """How it ended."""
    output: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class OperatorAnswered:
    member: str
    go_on: bool


@dataclass(frozen=True, slots=True)
class ForeignHandSeen:
    """Somebody else put a member in rotation while its upgrade ran."""

    member: str
    instance: str
