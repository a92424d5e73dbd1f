"""The state of a rollout, as a pure function of its events (and of the looks since)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from controller.core.events import (
    AbortRequested,
    Answer,
    Finished,
    Halted,
    RunBegan,
    StopRequested,
    Verdict,
)
from controller.core.phases import AWAY, IN_HAND, Phase
from controller.core.plan.plan import Plan, Purpose
from controller.core.pool import FULL, Counters, Found, Instant, Worker
from controller.core.snapshot import Sight
from controller.core.steps import Course, Setting, Step
from controller.core.tally import Tally

ORIGIN: Final = Instant(0)


class Mode(StrEnum):
    RUNNING = "running"
    HALTED = "halted"
    """The automatic stop; members in hand are brought to rest."""
    ROLLING_BACK = "rolling back"
    STOPPING = "stopping"
    """The operator's stop (a signal, `abort`); members in hand are brought to safety."""
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class MemberState:
    """One member. Fields under the line are not journalled facts but what was seen since."""

    name: str
    phase: Phase = Phase.WAITING
    course: Course = Course.UPGRADE
    since: Instant = ORIGIN
    """When the phase began (of this process, after a resume)."""
    work: Step | None = None
    """The open intent of a command, a validation or a question."""
    setting: Setting | None = None
    """The open intent towards the load balancers."""
    found: Found | None = None
    """What to restore; set exactly while we have it out (S8)."""
    begun: bool = False
    """A step of this course may have changed it: it cannot go back as it was."""
    step: int = 0
    """The next step to run; equal to their number when all have."""
    attempt: int = 0
    serial: int = 0
    """Counts questions to `unless`, so that each is a job of its own."""
    approved: bool = False
    passed: bool | None = None
    """How the work of this phase ended; None: not ended yet, or to be done anew."""
    answer: Answer | None = None
    """What `unless` said last."""
    detail: str = ""
    """What was seen when the work ended, for people."""
    why: str = ""
    """Why it is where it is, for people."""
    tries: int = 0
    """Settings that failed in a row."""
    workers: Mapping[str, Worker] = field(default_factory=dict)
    """Who confirmed the last setting: a change at the same worker is a foreign hand (S14)."""
    confirmed: Setting | None = None
    """Which setting that was."""
    share: int = FULL
    """Per cent of its found weight at which it was put back last."""
    mark: Counters | None = None
    """Its counts at its return: gates judge what came after."""
    peers_mark: Mapping[str, Counters] = field(default_factory=dict)
    """The same of the members not yet upgraded, for comparison."""
    finished_turn: int = 0
    """Counts up as members get done; rollback goes newest first."""
    foreign: bool = False
    """Somebody else changed it while we had it in hand."""
    kept_out: bool = False
    """When it was left unproven, somebody else had taken it out."""
    declined: bool = False
    """The operator said no to it."""
    restore_tried: bool = False
    tried_other: bool = False
    """It did not pass as the one version, and is, or was, validated as the other."""
    lost: bool = False
    """The end of the current step is not known, and it runs no more."""
    unfinished: bool = False
    """An execution of the current step was begun whose end has not been told: it may run still,
    whatever became of the process that began it, and must be joined, never doubled (S7)."""
    step_ended: Instant | None = None
    """In this process."""
    condemned: bool = False
    """It is to be taken out of rotation again."""
    disproven: str = ""
    """Why it was condemned, for people: also when it is put back all the same."""
    # --- seen since, gone after a crash
    returned_at: Instant | None = None
    """When it was back in rotation, be it in part: metrics are judged from here."""
    set_at: Instant | None = None
    """When the last setting was confirmed; looks from before say nothing of it."""
    tried_at: Instant | None = None
    """When a setting failed last."""
    cuts: int = 0
    """How often its sessions were cut."""
    drain_since: Instant | None = None
    quiet: Mapping[str, tuple[Instant, Instant]] = field(default_factory=dict)
    """Instance → first and last of the looks in a row that showed it out and quiet (S3)."""
    arrivals: int | None = None
    persistent: bool = False
    """Sessions were still arriving while it was draining."""
    warmed_at: Instant | None = None
    """Since when it is in rotation without a warm-up: the soak counts from here."""

    @property
    def is_away(self) -> bool:
        return self.phase in AWAY or self.found is not None

    @property
    def is_in_hand(self) -> bool:
        return self.phase in IN_HAND


@dataclass(frozen=True, slots=True)
class GateState:
    """What a gate has said of one member, or of the pool."""

    sampled_at: Instant
    verdict: Verdict
    reason: str
    value: float | None = None
    failures: int = 0
    """In a row."""
    inconclusive_since: Instant | None = None


@dataclass(frozen=True, slots=True)
class Former:
    """Replaced workers of one instance that may still serve their last connections."""

    workers: tuple[Worker, ...]
    until: Instant
    """How long to reckon with them where they cannot be seen."""


@dataclass(frozen=True, slots=True)
class State:
    members: Mapping[str, MemberState]
    purpose: Purpose = Purpose.UPGRADE
    mode: Mode = Mode.RUNNING
    run: RunBegan | None = None
    began_at: Instant = ORIGIN
    """When this run began: the pool is judged from here."""
    known_alerts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Gate → alerts that fired when it was first asked: they do not count."""
    fingerprint: str = ""
    """Of the rollout file as it was begun with, secrets included."""
    touched: bool = False
    paused: bool = False
    halt: Halted | None = None
    halted_at: Instant | None = None
    stop: StopRequested | None = None
    stopped_at: Instant | None = None
    abort: AbortRequested | None = None
    heard: int = 0
    """The newest request of the operator that was heard."""
    rolling: tuple[str, ...] = ()
    """Who is rolled back, in their order; empty while nobody is."""
    finished: Finished | None = None
    gates: Mapping[tuple[str, str], GateState] = field(default_factory=dict)
    """(gate, member; "" for the pool) → its last word."""
    old_workers: Mapping[str, Former] = field(default_factory=dict)
    """Instance → its replaced workers."""
    short_since: Instant | None = None
    """Since when the floor has been waited for."""
    done: int = 0
    ramp_refused: bool = False
    """A load balancer takes no weight but none and all: nobody is ramped."""
    # --- seen since, gone after a crash
    sights: Mapping[str, Sight] = field(default_factory=dict)
    known: Mapping[str, Worker] = field(default_factory=dict)
    """Instance → the worker that we last reckoned with. After a crash, the one that confirmed a
    setting last: a reload meanwhile is noticed too."""
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    pool: Tally = field(default_factory=Tally)
    points: tuple[tuple[Instant, Counters], ...] = ()
    """The pool's counts over the last while, oldest first."""

    def gate(self, gate: str, member: str | None) -> GateState | None:
        return self.gates.get((gate, member or ""))

    @property
    def is_winding_down(self) -> bool:
        return self.mode in (Mode.HALTED, Mode.STOPPING)

    @property
    def rollback_began(self) -> bool:
        return bool(self.rolling)

    @property
    def in_hand(self) -> tuple[MemberState, ...]:
        return tuple(m for m in self.members.values() if m.is_in_hand)


def initial(plan: Plan) -> State:
    """Before anything has happened."""
    return State(
        members={member.name: MemberState(member.name) for member in plan.members},
        purpose=plan.purpose,
        sights={instance: Sight(instance) for instance in plan.instances},
    )
