"""States as a rollout would have left them, and what the load balancers show then."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from controller.core.events import Cause, Halted
from controller.core.gates.tally import Tally
from controller.core.phases import Phase
from controller.core.plan.plan import CourseShape, Plan, Purpose
from controller.core.pool import (
    Admin,
    Counters,
    Found,
    FoundLine,
    Health,
    Incarnation,
    InstanceView,
    Line,
    LineKey,
)
from controller.core.snapshot import Snapshot, looked
from controller.core.state.parts import MemberState
from controller.core.state.state import Mode, State, initial
from controller.core.steps import Course
from controller.report.run.next_commands import NextCommands
from tests.report import journals
from tests.support.lines import a_line
from tests.support.members import changed

A, B = "unix:/a.sock", "unix:/b.sock"
NOW = timedelta(seconds=100)
WALL = datetime(2024, 3, 5, 3, 12, 0, tzinfo=UTC)
FOUND = Found((FoundLine(LineKey(A, "web"), 100),))
GATE = Halted(
    Cause.GATE, "gate 'errors': 4 of 42 requests failed", "at most 1 %", "web1", "errors", ("web1",)
)
BROKE = Halted(Cause.MEMBER, "web1: step 1 failed", "steps must exit 0", "web1")

UP: dict[str, Any] = {}
DOWN: dict[str, Any] = {"health": Health.FAILING}
OUT: dict[str, Any] = {"admin": Admin.OUT}

DEEDS: dict[str, dict[str, Any]] = {
    "untouched": {},
    "done": {"phase": Phase.DONE, "begun": True, "step": 1},
    "failed": {"phase": Phase.FAILED, "begun": True, "found": FOUND, "why": "it broke"},
    "kept": {"phase": Phase.KEPT, "begun": True, "step": 1, "why": "in rotation, cut short"},
    "soaking": {"phase": Phase.SOAKING, "begun": True, "step": 1},
    "skipped": {"phase": Phase.SKIPPED},
    "stuck": {"phase": Phase.STUCK, "begun": True, "found": FOUND, "course": Course.ROLLBACK},
    "upgrading": {"phase": Phase.UPGRADING, "begun": True, "found": FOUND, "unfinished": True},
}


def member(name: str, deed: str = "untouched", **changes: Any) -> MemberState:
    """As `DEEDS` has it, with `changes` upon that."""
    return changed(MemberState(name), **(DEEDS[deed] | changes))


def plan(purpose: Purpose = Purpose.UPGRADE, **changes: Any) -> Plan:
    steps = 0 if purpose is Purpose.REHEARSAL else 1
    rollback = CourseShape(1) if purpose is Purpose.UPGRADE else None
    values = {"instances": (A,), "min_available": 2, "upgrade": CourseShape(steps)}
    return replace(journals.plan(3), purpose=purpose, **{**values, "rollback": rollback, **changes})


def line(member: str, backend: str = "web", **changes: Any) -> Line:
    return a_line(member, backend=backend, address="192.0.2.7", **changes)


def view(instance: str, *lines: Line) -> InstanceView:
    return InstanceView(instance, NOW, Incarnation("1", 1), lines, is_full=True)


def snapshots(*views: InstanceView) -> dict[str, Snapshot]:
    return {one.instance: looked(Snapshot(one.instance), one) for one in views}


def shows(**members: dict[str, Any]) -> dict[str, Snapshot]:
    """What the one load balancer shows: member → what is unusual about its line."""
    return snapshots(view(A, *(line(name, **changes) for name, changes in members.items())))


COUNTED: Final = Tally(last={("lb1", "web"): (Incarnation("1", 1), Counters())})
"""Requests are counted, and none has failed."""


def state(
    of: Plan, *members: MemberState, seen: Mapping[str, Snapshot] | None = None, **changes: Any
) -> State:
    """Members that are not given are untouched."""
    base = initial(of)
    given = {m.name: m for m in members}
    base = replace(base, members={**base.members, **given}, snapshots=dict(seen or {}))
    return replace(base, **{"pool": COUNTED, **changes})


def halted(
    of: Plan, *members: MemberState, seen: Mapping[str, Snapshot] | None = None, **changes: Any
) -> State:
    values: dict[str, Any] = {"halt": BROKE, "halted_at": NOW, "mode": Mode.HALTED} | changes
    return state(of, *members, seen=seen, **values)


def commands(of: Plan, **changes: Any) -> NextCommands:
    return replace(NextCommands("web", of.purpose, "/srv/web.yml"), **changes)
