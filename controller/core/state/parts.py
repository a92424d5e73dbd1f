"""The state of one member, in parts: what is reset together stands together.

A part that is left out where a member is put together again is as at the beginning: that is how a
reset is written, here and in `member` and `resume`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from controller.core.events import Answer, Reply, UseSeen
from controller.core.phases import AWAY, IN_PROGRESS, RELAPSING, Phase
from controller.core.pool import FULL, Counters, Found, Incarnation, Instant, Seat
from controller.core.pool.copies import replace
from controller.core.state.outage import NONE, Outage
from controller.core.steps import Course, MemberStep, Setting

ORIGIN: Final = Instant(0)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the member stands at the load balancers, as far as we set it."""

    found: Found | None = None
    """What to restore; set exactly while we have it out (S8)."""
    seats: tuple[Seat, ...] = ()
    """Who was in its place when the plan was made, when it was drained, or when it was proven
    last."""
    incarnations: Mapping[str, Incarnation] = field(default_factory=dict)
    """Who confirmed the last setting: a change at the same worker is somebody else's (S14)."""
    confirmed: Setting | None = None
    """Which setting that was."""
    former: Found | None = None
    """What was found of it when this rollout had it out before, and has put it back since."""
    relapsed_at: str = ""
    """The balancer that, newly reloaded, showed it out again although it was put back."""
    astray: bool = False
    """Since it was done, another one was seen in its place."""
    share: int = FULL
    """Per cent of its found weight at which it was put back last."""
    foreign: bool = False
    """Somebody else changed it while it was in progress."""
    kept_out: bool = False
    """When it was left unproven, somebody else had taken it out."""
    unsure: bool = False
    """The process before left no end in the journal, and this one has not seen the member as that
    had it: what was done last may be written nowhere."""
    reclaim: bool = False
    """The operator was asked: if it is out, then because of us."""


@dataclass(frozen=True, slots=True)
class Order:
    """What this process tells the load balancers about it. A new process starts with none."""

    setting: Setting | None = None
    """The open intent."""
    set_at: Instant | None = None
    """When the last setting was confirmed; looks from before say nothing of it."""
    tries: int = 0
    """Settings that failed in a row."""
    tried_at: Instant | None = None
    """When a setting failed last."""
    cuts: int = 0
    """How often its sessions were cut."""
    is_final: bool = False
    """What failed last is not to be tried again."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far its upgrade, or its rollback, has come."""

    course: Course = Course.UPGRADE
    work: MemberStep | None = None
    """The open intent of a command, a validation or a question."""
    step: int = 0
    """The next step to run; equal to their number when all have."""
    attempt: int = 0
    serial: int = 0
    """Counts questions to `unless`, so that each is a job of its own."""
    begun: bool = False
    """A step of this course may have changed it: it cannot go back as it was."""
    unfinished: bool = False
    """An execution of the current step was begun whose end is not known: it may still run,
    whatever became of the process that began it, and must be joined, never doubled (S7)."""
    lost: bool = False
    """The end of the current step is not known; it runs no more, but see `may_run`."""
    passed: bool | None = None
    """How the work of this phase ended; None: not ended yet, or to be repeated."""
    answer: Answer | None = None
    """What `unless` said last."""
    detail: str = ""
    """What was seen when the work ended, for people."""
    exit_code: int | None = None
    """Of the step that failed last."""
    limit: str = ""
    """How that should have ended; empty where that is not known."""
    exits: tuple[int, ...] = ()
    """Exit codes of the steps of its course that it has been through, and perhaps of more: see
    `step`."""
    may_run: str = ""
    """What of it may still run, where it cannot be waited for, in words: until the operator, or a
    step that begins, says otherwise."""
    step_ended: Instant | None = None
    """In this process."""
    ended_at: Instant | None = None
    """When its last command, validation or question ended, in this process."""
    validated_from: Instant | None = None
    """When its last validation began, in this process."""
    done_for: tuple[Seat, ...] = ()
    """Who was in its place when its steps had ended: what they did, they did to this one."""
    unseen: str = ""
    """Why this process can no longer wait for the end of the current step, which may run on."""
    proven: bool = False
    """It passed its validation and its check since its last step, and nothing has spoken against
    it since: users may meet it."""
    saves: int = 0
    saved: int | None = None
    beyond: bool = False
    """Snapshots begun; which one to revert to; a step was begun from which there is no way back."""
    restore_tried: bool = False
    tried_other: bool = False
    """It did not pass as the one version, and is, or was, validated as the other."""
    as_before: bool = False
    """It was validated last as what it ran before the rollout: see `Plan.before`."""

    def in_a_new_process(self) -> "Progress":
        """What ran under the former process is asked for again; a failure stays one."""
        passed = False if self.passed is False else None
        begun = replace(self, work=None, step_ended=None, ended_at=None, validated_from=None)
        return replace(begun, passed=passed, unseen="")


@dataclass(frozen=True, slots=True)
class Draining:
    """What this process has seen of its drain."""

    drain_since: Instant | None = None
    quiet: Mapping[str, tuple[Instant, Instant]] = field(default_factory=dict)
    """Instance → first and last of the looks in a row that showed it out and quiet (S3)."""
    arrivals: int | None = None
    persistent: bool = False
    """Sessions were still arriving while it was draining."""
    use: UseSeen | None = None
    """Whether it was still in use, when it was asked last."""
    came_when_out: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Instance → arrivals in the first and in the last of the looks in a row that showed it out."""

    @property
    def quiet_since(self) -> Instant | None:
        """Since when it has been out and quiet wherever it is quiet; None: nowhere."""
        return max((first for first, _ in self.quiet.values()), default=None)

    @property
    def intruders(self) -> int:
        """How many sessions arrived although it was out everywhere they came from."""
        return sum(last - first for first, last in self.came_when_out.values())


@dataclass(frozen=True, slots=True)
class Trial:
    """What its gates judge it by, once it is back."""

    mark: Counters | None = None
    """Its counts at its return: gates judge what came after."""
    marks: Mapping[str, Counters] = field(default_factory=dict)
    """Measure → the same of what else is counted."""
    peers_mark: Mapping[str, Counters] = field(default_factory=dict)
    """The same of the members not yet upgraded, for comparison."""
    returned_at: Instant | None = None
    """When it was back in rotation, be it in part: metrics are judged from here."""
    warmed_at: Instant | None = None
    """Since when it is in rotation without a warm-up: the soak counts from here."""
    condemned: bool = False
    """It is to be taken out of rotation again."""
    ailing_since: Instant | None = None
    """When it failed its health check first, where a gate may say why."""
    own: Counters = field(default_factory=Counters)
    """Requests of our own to it, where no user comes: those that failed, and all."""
    own_fault: str = ""
    """What the last of them met that failed."""
    ours_mark: int = 0
    """How many were sent to whomever before its return."""
    mark_at: Mapping[tuple[str, str], tuple[Incarnation, Counters]] = field(default_factory=dict)
    """(instance, backend) → its counts there at its return."""
    seen_at: Mapping[str, int] = field(default_factory=dict)
    """Instance → how many requests it has counted at the member since, as long as it was judged and
    no user is known to have come."""
    met_users: bool = False
    """More requests came to it than were sent in all since its return: users came."""
    disproven: str = ""
    """Why it was condemned, for people: also when it is put back all the same."""

    def in_a_new_process(self) -> "Trial":
        """Counts start again; what was concluded stays."""
        return Trial(condemned=self.condemned, disproven=self.disproven)


@dataclass(frozen=True, slots=True)
class Consent:
    """What the operator said to it, where each member is asked about."""

    approved: bool = False
    declined: bool = False


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What `preflight` said of it, just before it was to be taken out."""

    reply: Reply | None = None
    said: str = ""
    """What was answered, for people."""
    replied_at: Instant = ORIGIN

    @property
    def has_failed(self) -> bool:
        return self.reply in (Reply.FAILS, Reply.UNREACHED)

    def in_a_new_process(self) -> "Inquiry":
        """What held is asked again; a failure stays one."""
        return self if self.has_failed else Inquiry()


@dataclass(frozen=True, slots=True)
class MemberState:
    """One member."""

    name: str
    phase: Phase = Phase.WAITING
    since: Instant = ORIGIN
    """When the phase began (of this process, after a resume)."""
    why: str = ""
    """Why it is where it is, for people."""
    finished_turn: int = 0
    """Counts up as members get done; rollback goes newest first."""
    placement: Placement = Placement()
    order: Order = Order()
    progress: Progress = Progress()
    draining: Draining = Draining()
    trial: Trial = Trial()
    consent: Consent = Consent()
    inquiry: Inquiry = Inquiry()
    outage: Outage = NONE
    is_unreached: bool = False
    """It was skipped, since `unless` or `preflight` did not reach it."""
    is_gone: bool = False
    """It has left the pool. Whoever comes under its name is a member that joins."""

    @property
    def is_away(self) -> bool:
        return self.phase in AWAY or self.placement.found is not None

    @property
    def is_in_progress(self) -> bool:
        return self.phase in IN_PROGRESS

    @property
    def is_refused(self) -> bool:
        """Whether it goes no further than to a question: nothing was done to it."""
        is_asked = self.progress.answer in (Answer.REFUSED, Answer.UNREACHED)
        return self.phase is Phase.WAITING and (is_asked or self.inquiry.has_failed)

    @property
    def found_before(self) -> Found | None:
        """What was found of a member that was put back, be it in part; None of any other."""
        if self.phase is Phase.RAMPING:
            return self.placement.found
        was_put_back = self.phase in RELAPSING and self.placement.found is None
        return self.placement.former if was_put_back else None

    @property
    def is_unproven(self) -> bool:
        """Whether it is out because of us, changed, and no user may meet it (S4)."""
        return self.placement.found is not None and self.progress.begun and not self.progress.proven
