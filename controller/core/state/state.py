"""The state of a rollout, as a pure function of its events (and of the looks since)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from controller.core.events import (
    AbortRequested,
    Finished,
    Halted,
    JournalSeen,
    RunBegan,
    StopRequested,
    Verdict,
    WindowSeen,
)
from controller.core.gates.flow import Flow
from controller.core.gates.race import Race
from controller.core.gates.tally import Tally
from controller.core.outcome import Outcome
from controller.core.phases import IN_PROGRESS
from controller.core.plan.plan import Plan, Purpose
from controller.core.pool import Counters, Incarnation, Instant, Member
from controller.core.snapshot import Seen, Snapshot
from controller.core.state.collection import Collection
from controller.core.state.ours import Ours
from controller.core.state.parts import ORIGIN, MemberState, Placement
from controller.core.state.pool_state import PoolState

Place = tuple[str, str, str]
"""(member, instance, backend): one line of a member."""


class Mode(StrEnum):
    RUNNING = "running"
    HALTED = "halted"
    """The automatic stop; members in progress are brought to rest."""
    ROLLING_BACK = "rolling back"
    STOPPING = "stopping"
    """The operator's stop (a signal, `abort`); members in progress are brought to safety."""
    FINISHED = "finished"


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

    incarnations: tuple[Incarnation, ...]
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
    """Gate → alerts that have fired ever since it was first asked: they do not count."""
    fingerprint: str = ""
    """Of the rollout file as it was begun with, secrets included."""
    notices: str = ""
    """Fingerprint of whom the newest run told, and how."""
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
    is_open_ended: bool = False
    """The newest process has not said how it ended: it runs still, was cut off, or could not write
    its end."""
    whole: PoolState = field(default_factory=PoolState)
    """The pool as a whole."""
    collection: Collection = field(default_factory=Collection)
    """What was fetched from members since the halt."""
    joined: tuple[Member, ...] = ()
    """Members that came meanwhile, in their order; `members` has them too."""
    gates: Mapping[tuple[str, str], GateState] = field(default_factory=dict)
    """(gate, member; "" for the pool) → its last word."""
    formers: Mapping[str, Former] = field(default_factory=dict)
    """Instance → its replaced workers."""
    short_since: Instant | None = None
    """Since when the floor has been waited for."""
    done: int = 0
    roles: Mapping[str, str] = field(default_factory=dict)
    """Member → what it is to the others, as told last; empty where they do not differ in that."""
    bears_quiet: bool = False
    """The operator went on although the pool fell quiet: that is not judged again."""
    ramp_refused: bool = False
    """A load balancer takes no weight but none and all: nobody is ramped."""
    # --- seen since, gone after a crash
    window: WindowSeen | None = None
    """None: members may be taken up at any time."""
    journal: JournalSeen = field(default_factory=JournalSeen)
    unheard: str = ""
    """Why requests of operators cannot be read."""
    bug: str = ""
    """The first error of our own, for people."""
    head: str = ""
    """At the end of a run: the hash of the journal's last record."""
    snapshots: Mapping[str, Snapshot] = field(default_factory=dict)
    known: Mapping[str, Incarnation] = field(default_factory=dict)
    """Instance → the worker that we last reckoned with. After a crash, the one that confirmed a
    setting last: a reload meanwhile is noticed too."""
    unseen: tuple[tuple[Instant, Instant], ...] = ()
    """From when to when some load balancer did not answer, oldest first: no deadline runs then."""
    unseen_since: Instant | None = None
    """Since when one does not answer now."""
    tallies: Mapping[str, Tally] = field(default_factory=dict)
    pool: Tally = field(default_factory=Tally)
    ours: Ours = field(default_factory=Ours)
    """Requests of our own, where load balancers count them."""
    points: tuple[tuple[Instant, Counters], ...] = ()
    """The pool's counts over the last while, oldest first."""
    flows: Mapping[tuple[str, str], Flow] = field(default_factory=dict)
    """(instance, backend) → what came there over the last while."""
    fronts: Mapping[tuple[str, str], Flow] = field(default_factory=dict)
    """(instance, frontend) → the same."""
    measured: Mapping[tuple[str, str], Tally] = field(default_factory=dict)
    """(member, measure) → what else gates judge by is counted of it."""
    races: Mapping[Place, Race] = field(default_factory=dict)
    """How long the requests of a member under judgement take, beside those of the others."""
    queues: Mapping[Place, Race] = field(default_factory=dict)
    """How long they wait before they are sent to it."""

    def lines_of(self, member: str) -> tuple[tuple[str, Seen], ...]:
        """The lines of a member as last seen, with their instance."""
        return tuple(
            (instance, seen)
            for instance, snapshot in self.snapshots.items()
            for seen in snapshot.lines.get(member, ())
        )

    def in_flight(self, member: str) -> int | None:
        """Requests or sessions under way or queued at a member, as last seen; None: not known."""
        known = [seen.line.in_flight for _, seen in self.lines_of(member)]
        if not known or None in known:
            return None
        return sum(count for count in known if count is not None)

    def held_up(self, member: str) -> str:
        """What keeps its step waiting, as a balancer says; empty: nothing that is known."""
        return next(
            (seen.line.held_up for _, seen in self.lines_of(member) if seen.line.held_up), ""
        )

    def in_flight_as(self, member: str) -> str:
        """The same in the load balancers' own words; empty: it is requests or sessions."""
        said = (seen.line.in_flight_as for _, seen in self.lines_of(member))
        return "; ".join(dict.fromkeys(filter(None, said)))

    def is_reloaded(self, m: MemberState, instance: str) -> bool | None:
        """Whether another worker runs there than the one that confirmed our last setting of the
        member; None: one of them is not known."""
        worker, now = m.placement.incarnations.get(instance), self.snapshots[instance].incarnation
        return None if worker is None or now is None else not worker.is_same(now)

    def gate(self, gate: str, member: str | None) -> GateState | None:
        return self.gates.get((gate, member or ""))

    @property
    def may_begin(self) -> bool:
        """Whether the journal takes records, and what operators ask for can be read."""
        return self.journal.is_well and not self.unheard

    @property
    def is_winding_down(self) -> bool:
        return self.mode in (Mode.HALTED, Mode.STOPPING)

    @property
    def awaits_decision(self) -> bool:
        """Whether it ended in a halt: only the operator decides whether it goes on. A way back that
        a signal cut off goes on by itself."""
        over = self.finished
        return over is not None and over.outcome in (Outcome.HALTED, Outcome.REFUSED)

    @property
    def rollback_began(self) -> bool:
        return bool(self.rolling)

    @property
    def in_progress(self) -> tuple[MemberState, ...]:
        return tuple([m for m in self.members.values() if m.phase in IN_PROGRESS])


def initial(plan: Plan) -> State:
    """Before anything has happened."""
    return State(
        members={
            member.name: MemberState(
                member.name, placement=Placement(seats=plan.seats.get(member.name, ()))
            )
            for member in plan.members
        },
        purpose=plan.purpose,
        snapshots={instance: Snapshot(instance) for instance in plan.instances},
    )
