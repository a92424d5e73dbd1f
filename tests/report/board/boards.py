"""Scenes of a rollout as the live board may meet them, made without one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from controller.core import events as e
from controller.core.decide.context import Context
from controller.core.events import Verdict
from controller.core.gates.tally import Tally
from controller.core.phases import Phase
from controller.core.plan.plan import Plan
from controller.core.pool import (
    Admin,
    Counters,
    Found,
    FoundLine,
    Incarnation,
    InstanceView,
    Instant,
    Line,
    LineKey,
)
from controller.core.settings import Policies
from controller.core.snapshot import Snapshot, looked, lost
from controller.core.state.parts import MemberState
from controller.core.state.state import GateState, Mode, State, initial
from controller.core.steps import Course, RunStep
from controller.report.board.recent import FailurePeriod, GateMark, Recent
from controller.report.board.scene import Scene
from controller.report.board.segments import ASCII, UNICODE, Signs
from tests.report import journals
from tests.support.lines import a_line
from tests.support.members import changed

INSTANCE: Final = journals.INSTANCE
NOW: Final = timedelta(seconds=1000)
BEGAN: Final = timedelta(seconds=400)
FOUND: Final = Found((FoundLine(LineKey(INSTANCE, "web"), 100),))
WALL: Final = datetime(2024, 3, 5, 22, 14, 3, tzinfo=UTC)


def ago(seconds: float) -> Instant:
    return NOW - timedelta(seconds=seconds)


def line(name: str, admin: Admin = Admin.READY, in_flight: int = 4, total: int = 0) -> Line:
    return a_line(
        name, address="192.0.2.7", admin=admin, in_flight=in_flight, counters=Counters(0, total)
    )


def snapshot(names: Sequence[str], out: Mapping[str, int]) -> Snapshot:
    """`out`: members taken out → what is in flight there."""
    lines = tuple(
        line(name, Admin.OUT if name in out else Admin.READY, out.get(name, 4)) for name in names
    )
    return looked(
        Snapshot(INSTANCE), InstanceView(INSTANCE, NOW, Incarnation("77", 1), lines, is_full=True)
    )


def points(errors: int = 0, rate: float = 200) -> tuple[tuple[Instant, Counters], ...]:
    """Of the last five seconds; the errors came in the last one."""
    times = [i / 5 for i in range(26)]
    return tuple(
        (ago(5 - s), Counters(round(errors * max(0, s - 4)), round(rate * s))) for s in times
    )


def member(name: str, phase: Phase, seconds: float = 0, **changes: Any) -> MemberState:
    return changed(MemberState(name), phase=phase, since=ago(seconds), **changes)


COUNTED: Final = Tally(last={(INSTANCE, "web"): (Incarnation("77", 1), Counters())})
"""Requests are counted."""


def state(
    plan: Plan, *members: MemberState, out: Mapping[str, int] | None = None, **changes: Any
) -> State:
    """Six hundred seconds after its begin; members that are not named wait."""
    made = initial(plan)
    away = {m.name: 0 for m in members if m.is_away}
    names = [one.name for one in plan.members]
    return replace(
        made,
        members={**made.members, **{m.name: m for m in members}},
        run=e.RunBegan("kim@ops1"),
        began_at=BEGAN,
        snapshots={INSTANCE: snapshot([*names, *plan.left], {**away, **(out or {})})},
        points=changes.pop("points", points()),
        touched=True,
        **{"pool": COUNTED, **changes},
    )


def scene(
    plan: Plan,
    state: State,
    past: Recent | None = None,
    *,
    commands: float | None = None,
    footer: str = "",
    signs: Signs = UNICODE,
) -> Scene:
    took = timedelta(seconds=commands) if commands is not None else None
    at = Context(plan, state, NOW)
    return Scene(at, past if past is not None else Recent(), WALL, took, footer, signs)


def plan(members: int = 8, **changes: Any) -> Plan:
    return journals.plan(members, **changes)


def soaks(
    name: str, seconds: float, total: int, errors: int = 0
) -> tuple[MemberState, dict[str, Tally]]:
    """A member in soak that has served `total` requests since its return, and the tallies."""
    m = member(name, Phase.SOAKING, seconds, warmed_at=ago(seconds), mark=Counters(), begun=True)
    return m, {name: Tally(Counters(errors, total))}


def marks(*shares: float | None, verdict: Verdict = Verdict.PASS) -> tuple[GateMark, ...]:
    return tuple(
        GateMark(share, verdict if share is not None else Verdict.INCONCLUSIVE) for share in shares
    )


DONE = [
    member(f"web{i}", Phase.DONE, 100 * (4 - i), why=f"{i * 411} requests", finished_turn=i)
    for i in (1, 2, 3)
]
TOOK = tuple(timedelta(seconds=s) for s in (61, 58, 63))
PASSING = {
    ("errors", "web4"): GateState(ago(0.4), Verdict.PASS, "none of 214 requests failed", 0.0),
    ("pool-errors", ""): GateState(ago(0.2), Verdict.PASS, "3 of 9000 requests failed", 0.0003),
}


def soaking() -> Scene:
    """All is well."""
    m, tallies = soaks("web4", 12, 214)
    now = state(plan(), *DONE, m, gates=PASSING, tallies=tallies)
    past = Recent(
        began={"web4": ago(40)},
        took=TOOK,
        marks={
            ("errors", "web4"): marks(None, None, *[0.0] * 11),
            ("pool-errors", ""): marks(*[0.0, 0.004, 0.008, 0.004, 0.0] * 4),
        },
        in_flight={"web4": (0, 1, 2, 4, 6, 5, 4, 5, 6, 4)},
    )
    return scene(plan(), now, past, footer="users: 11620 requests served, 0 failed")


def draining() -> Scene:
    """Work in flight ends; nobody is done yet, and how long the commands take is not known."""
    m = member("web1", Phase.DRAINING, 7)
    now = state(plan(), m, out={"web1": 23}, gates={})
    past = Recent(
        began={"web1": ago(7)}, in_flight={"web1": (96, 96, 80, 71, 60, 44, 41, 33, 28, 23)}
    )
    return scene(plan(), now, past)


def failing() -> Scene:
    """A member fails users, and its gate has not tripped yet."""
    m, tallies = soaks("web4", 2, 41, 4)
    gates = PASSING | {
        ("errors", "web4"): GateState(ago(0.1), Verdict.PASS, "4 of 41 requests failed", 0.0976)
    }
    now = state(plan(), *DONE, m, gates=gates, tallies=tallies, points=points(errors=5))
    past = Recent(
        began={"web4": ago(30)},
        took=TOOK,
        marks={("errors", "web4"): (*marks(None, 0.0, 0.0), GateMark(4.7, Verdict.PASS, True))},
        in_flight={"web4": (0, 0, 3, 5)},
        failing=FailurePeriod(ago(0.8), ago(0.2), 4),
    )
    return scene(plan(), now, past)


def halted() -> Scene:
    """The gate has tripped; the member is out again."""
    m = member("web4", Phase.FAILED, 1, found=FOUND, why="failed gate 'errors'", begun=True)
    seen = "gate 'errors': 9 of 60 requests failed (15 %) since the return of web4"
    gates = PASSING | {
        ("errors", "web4"): GateState(ago(1), Verdict.FAIL, "9 of 60 requests failed (15 %)", 0.15)
    }
    now = state(
        plan(),
        *DONE,
        m,
        gates=gates,
        mode=Mode.HALTED,
        halt=e.Halted(e.Cause.GATE, seen, "at most 1 %", "web4", "errors", ("web4",)),
        halted_at=ago(0.9),
        points=points(errors=9),
    )
    past = Recent(
        took=TOOK,
        marks={
            ("errors", "web4"): (*marks(None, 0.0, 4.7, 7.0), GateMark(7.5, Verdict.FAIL, True))
        },
        failing=FailurePeriod(ago(2), ago(0.6), 9),
    )
    return scene(plan(), now, past)


def short() -> Scene:
    """Somebody else's member went down: the floor does not hold."""
    m = member("web4", Phase.DUE, 95)
    now = state(plan(), *DONE, m, short_since=ago(95), gates=PASSING, out={"web7": 0})
    return scene(plan(), now, Recent(took=TOOK))


def paused() -> Scene:
    """The operator's pause."""
    m, tallies = soaks("web4", 12, 214)
    now = state(plan(), *DONE, m, gates=PASSING, tallies=tallies, paused=True)
    return scene(plan(), now, Recent(began={"web4": ago(40)}, took=TOOK))


def blind() -> Scene:
    """A load balancer fell silent."""
    m = member("web4", Phase.UPGRADING, 33, work=RunStep("web4", Course.UPGRADE, 0, 0))
    now = state(plan(), *DONE, m, gates=PASSING)
    silent = lost(now.snapshots[INSTANCE], ago(12), "connection refused")
    now = replace(now, snapshots={INSTANCE: silent})
    return scene(plan(), now, Recent(began={"web4": ago(40)}, took=TOOK))


def unproven() -> Scene:
    """The soak is over, and a gate lacks evidence."""
    m, tallies = soaks("web4", 75, 0)
    reason = "no data: no request yet"
    gates = PASSING | {
        ("errors", "web4"): GateState(
            ago(3.4), Verdict.INCONCLUSIVE, reason, None, 0, inconclusive_since=ago(75)
        )
    }
    now = state(plan(), *DONE, m, gates=gates, tallies=tallies, points=points(rate=0))
    past = Recent(
        began={"web4": ago(100)}, took=TOOK, marks={("errors", "web4"): marks(*[None] * 20)}
    )
    return scene(plan(), now, past)


def crowd() -> Scene:
    """A thousand members, five at a time, one failed, one out before we came."""
    names = [f"app-{i:04}" for i in range(1, 1000)]
    many = journals.plan(
        names=names,
        max_unavailable=5,
        min_available=990,
        canaries=(),
        left={"app-1000": "in maintenance at unix:/run/haproxy/admin.sock"},
    )
    done = [
        member(f"app-{i:04}", Phase.DONE, why="900 requests", finished_turn=i) for i in range(1, 13)
    ]
    phases = [Phase.SOAKING, Phase.CHECKING, Phase.UPGRADING, Phase.DRAINING, Phase.DUE]
    busy = [member(f"app-{13 + i:04}", phase, 9) for i, phase in enumerate(phases)]
    kept = member("app-0004", Phase.KEPT, 200, why="in rotation, its soak cut short by the halt")
    now = state(many, *done, *busy, kept, gates={}, out={"app-1000": 0})
    past = Recent(took=TOOK, began={"app-0013": ago(50)})
    return scene(many, now, past)


def long_names() -> Scene:
    """Names that have no room, in a pool without gates."""
    names = [f"webserver-production-frankfurt-rack-a-{i:02}.example.net" for i in (1, 2, 3)]
    long = journals.plan(names=names, policies=Policies(gates=()), canaries=())
    m = member(names[1], Phase.DRAINING, 7)
    done = member(names[0], Phase.SKIPPED)
    now = state(long, done, m, out={names[1]: 12})
    return scene(long, now, Recent(in_flight={names[1]: (20, 18, 14, 12)}))


def beginning() -> Scene:
    """Before the first look."""
    now = replace(initial(plan()), run=e.RunBegan("kim@ops1"), began_at=ago(0.1))
    return scene(plan(), now, commands=40)


def in_ascii() -> Scene:
    """In a locale that knows no signs."""
    return replace(soaking(), signs=ASCII)


SCENES: Final = {
    one.__name__: one
    for one in (
        soaking,
        draining,
        failing,
        halted,
        short,
        paused,
        blind,
        unproven,
        crowd,
        long_names,
        beginning,
        in_ascii,
    )
}
