"""Who is put back by `abort --restore`."""

from dataclasses import replace
from datetime import timedelta

import pytest

from controller.core.decide.context import Context
from controller.core.decide.schedule import begin
from controller.core.events import AbortRequested, RestoreBegan
from controller.core.phases import Phase
from controller.core.plan.plan import CourseShape, Plan
from controller.core.pool import (
    Found,
    Health,
    Incarnation,
    InstanceView,
    Line,
    Member,
)
from controller.core.settings import Policies
from controller.core.snapshot import Snapshot, looked
from controller.core.state.state import Mode, State, initial
from tests.support.lines import a_line
from tests.support.members import member

NOW = timedelta(seconds=10)


def line(member: str, health: Health) -> Line:
    return a_line(member, health=health, weight=1)


def plan(floor: int) -> Plan:
    members = tuple(Member(name, "127.0.0.1", 80) for name in ("web1", "web2"))
    return Plan("web", members, (), ("lb",), ("web",), 1, floor, 2, Policies(), CourseShape(1))


def aborted(made: Plan) -> State:
    """web1 was kept half-way back, and web2 serves."""
    lines = (line("web1", Health.PASSING), line("web2", Health.PASSING))
    view = InstanceView("lb", NOW, Incarnation("1", 0), lines, is_full=True)
    kept = member("web1", Phase.KEPT, found=Found(()), begun=True)
    state = initial(made)
    return replace(
        state,
        members={**state.members, "web1": kept},
        mode=Mode.STOPPING,
        abort=AbortRequested("me", restore=True),
        snapshots={"lb": looked(Snapshot("lb"), view)},
    )


@pytest.mark.parametrize(("floor", "output"), [(1, RestoreBegan("web1")), (2, None)])
def test_a_member_half_way_back_is_not_taken_out_below_the_floor(
    floor: int, output: RestoreBegan | None
) -> None:
    """S2: what serves already is validated anew only where the floor holds without it."""
    made = plan(floor)
    assert begin(Context(made, aborted(made), NOW)) == output
