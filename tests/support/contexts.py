"""What a decision looks at, from a few words: a plan, a member in some phase, and what is seen.

Everything is as it should be but for what is given: three members behind two load balancers, all
seen a moment ago, each as its phase has it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any, Final

from controller.core.decide.context import Context
from controller.core.events import AbortRequested, Cause, Halted, RunBegan, StopRequested
from controller.core.phases import (
    COMING,
    FAILED,
    HELD_OUT,
    IN_PROGRESS,
    JUDGED,
    LEAVING,
    MAY_START,
    Phase,
)
from controller.core.plan.plan import CourseShape, Plan
from controller.core.pool import (
    Admin,
    Check,
    Counters,
    Found,
    FoundLine,
    Health,
    Incarnation,
    InstanceView,
    Instant,
    LineKey,
    Member,
    Occupant,
    Seat,
)
from controller.core.settings import DrainPolicy, Policies, ReturnPolicy
from controller.core.snapshot import Seen, Snapshot, looked, lost
from controller.core.state.invariants import TAKEN
from controller.core.state.parts import MemberState
from controller.core.state.state import Mode, State, initial
from controller.core.steps import Setting
from tests.support.lines import a_line, address_of
from tests.support.members import member

NOW: Final = timedelta(hours=1)
INSTANCES: Final = ("lb1", "lb2")
WORKER, RELOADED = Incarnation("100", 1000), Incarnation("200", 2000)
HERE: Final = Occupant("10.0.0.1:80", "10.0.0.1", 80)
ANOTHER: Final = Occupant("10.0.0.9:80", "10.0.0.9", 80)

FOUND: Final = Found(tuple(FoundLine(LineKey(one, "web"), 100) for one in INSTANCES))
"""In rotation at both load balancers, with a weight of 100."""
SEATS: Final = tuple(Seat(LineKey(one, "web"), HERE) for one in INSTANCES)


def home(name: str, instances: Iterable[str] = INSTANCES) -> tuple[Seat, ...]:
    """Who is in the place of a member when nothing has changed."""
    address = address_of(name)
    occupant = Occupant(f"{address}:80", address, 80)
    return tuple(Seat(LineKey(one, "web"), occupant) for one in instances)


WORKERS: Final = dict.fromkeys(INSTANCES, WORKER)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def ago(count: float) -> Instant:
    """So many seconds before now."""
    return NOW - seconds(count)


JUST_NOW, A_SECOND_AGO = ago(0.01), ago(1)

# --- lines, as changes to one that is in rotation and healthy --------------------------------

READY: Final[dict[str, Any]] = {"admin": Admin.READY, "check": Check.RUNNING}
DRAINS: Final[dict[str, Any]] = {"admin": Admin.DRAINING, "check": Check.RUNNING}
OUT: Final[dict[str, Any]] = {"admin": Admin.OUT, "check": Check.PAUSED}
FAILING: Final[dict[str, Any]] = {"health": Health.FAILING}
NAMELESS: Final[dict[str, Any]] = {"is_unresolved": True, "check": Check.PAUSED, **FAILING}
"""Its name has no address: nothing is sent to it, however it is set."""

_ON_ITS_WAY: Final = {
    Phase.DRAINING: DRAINS,
    Phase.HOLDING: OUT,
    Phase.CHECKING: DRAINS,
    Phase.RESTORING: OUT,
    Phase.REMOVING: OUT,
    Phase.LEFT: OUT,
}


def as_set(phase: Phase) -> dict[str, Any]:
    """What a line shows in a phase when nobody and nothing interferes."""
    return _ON_ITS_WAY.get(phase, OUT if phase in HELD_OUT else READY)


# --- plans -----------------------------------------------------------------------------------

_NESTED: Final = {"drain": DrainPolicy, "comeback": ReturnPolicy}


def _names(kind: type) -> frozenset[str]:
    return frozenset(one.name for one in fields(kind))


def a_plan(count: int = 3, *, instances: tuple[str, ...] = INSTANCES, **changes: Any) -> Plan:
    """One step a member, no gates; fields of the plan, and of its policies wherever they stand."""
    of_plan = {name: changes.pop(name) for name in _names(Plan) & changes.keys()}
    policies = Policies()
    for name, value in changes.items():
        part = next((one for one, kind in _NESTED.items() if name in _names(kind)), None)
        if part is not None:
            policies = replace(
                policies, **{part: replace(getattr(policies, part), **{name: value})}
            )
        else:
            policies = replace(policies, **{name: value})
    values: dict[str, Any] = {
        "name": "web",
        "members": tuple(Member(f"web{n}", address_of(f"web{n}"), 80) for n in range(1, count + 1)),
        "canaries": (),
        "instances": instances,
        "backends": ("web",),
        "max_unavailable": 1,
        "min_available": 1,
        "serving": count,
        "policies": policies,
        "upgrade": CourseShape(1),
    }
    return Plan(**values | of_plan)


PLAN: Final = a_plan()

# --- members ---------------------------------------------------------------------------------

_CONFIRMED: Final = {
    Phase.DRAINING: Setting.DRAIN,
    Phase.HOLDING: Setting.DRAIN,
    Phase.OUT: Setting.HOLD,
    Phase.UPGRADING: Setting.HOLD,
    Phase.PROVING: Setting.HOLD,
    Phase.VALIDATING: Setting.HOLD,
    Phase.CHECKING: Setting.CHECK,
    Phase.RETURNING: Setting.PUT_BACK,
    Phase.RAMPING: Setting.PUT_BACK,
    Phase.SOAKING: Setting.PUT_BACK,
}


def standing(phase: Phase, name: str = "web1", **changes: Any) -> MemberState:
    """A member that came into `phase` five seconds ago and has nothing open, but for `changes`."""
    values: dict[str, Any] = {"since": ago(5)}
    if phase in TAKEN | FAILED - {Phase.KEPT}:
        values["found"] = FOUND
    if phase in _CONFIRMED:
        values |= {"set_at": ago(5), "incarnations": WORKERS, "confirmed": _CONFIRMED[phase]}
        values["seats"] = home(name)
    if phase is Phase.HOLDING:
        values["set_at"] = None  # once that is confirmed, it is OUT
    if phase in MAY_START:
        values["quiet"] = dict.fromkeys(INSTANCES, (ago(4), JUST_NOW))
    if phase in COMING | JUDGED | {Phase.DONE, Phase.KEPT}:
        values["step"] = 1
    if phase in (IN_PROGRESS - LEAVING - {Phase.DUE, Phase.RESTORING}) | FAILED | {Phase.DONE}:
        values["begun"] = True
    if phase in JUDGED:
        values |= {"mark": Counters(), "returned_at": ago(5), "warmed_at": ago(5)}
    if phase is Phase.RAMPING:
        values |= {"share": 10, "warmed_at": None}
    return member(name, phase, **values | changes)


# --- contexts --------------------------------------------------------------------------------


def a_context(
    *members: MemberState,
    plan: Plan = PLAN,
    shows: Mapping[str, Any] | None = None,
    at: Mapping[str, Mapping[str, Any]] | None = None,
    others: Mapping[str, Any] | None = None,
    seen: Instant = JUST_NOW,
    seen_since: Instant = A_SECOND_AGO,
    full: Instant | None = None,
    silent: Mapping[str, Instant] | None = None,
    unasked: Iterable[str] = (),
    workers: Mapping[str, Incarnation] | None = None,
    gone: Mapping[str, str] | None = None,
    lingering: Mapping[str, bool | None] | None = None,
    running_since: Mapping[str, Instant] | None = None,
    **state: Any,
) -> Context:
    """The members given are in their phases, the others wait.

    `shows`: what is unusual about the lines of the first member given, and `at`: at one load
    balancer alone; `others`: about those of all the others. `seen`: when all was seen, and
    `seen_since`: since when with these occupants; `full`: when the whole pool was, if before
    that. `silent`: which load balancers do not answer, since when; `unasked`: which were never
    asked; `workers`: which are run by another worker than the one that confirmed our settings;
    `gone`: load balancer → the member that it no longer has; `lingering`: where a former worker
    is seen (True), or seen to be gone; `running_since`: when the present ones came, where that
    is known.
    Everything else is a field of the state.
    """
    start = initial(plan)
    here = {**start.members, **{m.name: m for m in members}}
    whose = members[0].name if members else ""
    snapshots = {}
    for instance in plan.instances:
        worker = (workers or {}).get(instance, WORKER)
        lines = tuple(
            a_line(
                m.name,
                **as_set(m.phase)
                | _weight(m)
                | (dict(shows or {}) if m.name == whose else dict(others or {}))
                | (dict((at or {}).get(instance, {})) if m.name == whose else {}),
            )
            for m in here.values()
            if (gone or {}).get(instance) != m.name
        )
        snapshot = Snapshot(instance)
        if instance not in unasked:
            snapshot = looked(snapshot, InstanceView(instance, seen, worker, lines, is_full=True))
            snapshot = replace(
                snapshot,
                lines=_since(snapshot.lines, seen_since),
                full_at=full if full is not None else seen,
                lingering=(lingering or {}).get(instance),
                running_since=(running_since or {}).get(instance),
            )
        if silent is not None and instance in silent:
            snapshot = lost(snapshot, silent[instance], "connection refused")
        snapshots[instance] = snapshot
    values: dict[str, Any] = {
        "members": here,
        "run": RunBegan("me"),
        "began_at": ago(600),
        "touched": True,
        "snapshots": snapshots,
        "known": {name: one.incarnation for name, one in snapshots.items() if one.incarnation},
    }
    return Context(plan, replace(start, **values | state), NOW)


def _since(lines: Mapping[str, tuple[Seen, ...]], since: Instant) -> Mapping[str, tuple[Seen, ...]]:
    return {n: tuple(replace(one, since=since) for one in seen) for n, seen in lines.items()}


def _weight(m: MemberState) -> dict[str, Any]:
    if m.phase is Phase.RAMPING:
        return {"weight": FOUND.lines[0].weighing(m.placement.share)}
    return {}


def the(ctx: Context, name: str = "web1") -> MemberState:
    return ctx.state.members[name]


# --- modes, as fields of the state -----------------------------------------------------------

HALT: Final = Halted(Cause.MEMBER, "what was seen", "the limit", "web2")
HALTED: Final[dict[str, Any]] = {"mode": Mode.HALTED, "halt": HALT, "halted_at": ago(1)}


def _stopping(*, since: Instant = A_SECOND_AGO, **fields_of_state: Any) -> dict[str, Any]:
    return {"mode": Mode.STOPPING, "stopped_at": since, **fields_of_state}


STOPPED: Final = _stopping(stop=StopRequested("SIGTERM"))
STOPPED_TWICE: Final = _stopping(stop=StopRequested("SIGTERM", at_once=True))
ABORTED: Final = _stopping(abort=AbortRequested("me", restore=False))
PUTTING_BACK: Final = _stopping(abort=AbortRequested("me", restore=True))
"""After `abort --restore`."""
ROLLING_BACK: Final[dict[str, Any]] = {
    **HALTED,
    "mode": Mode.ROLLING_BACK,
    "rolling": ("web1",),
}


def state_of(*members: MemberState, **state: Any) -> State:
    """A state alone, for reducers."""
    return a_context(*members, **state).state
