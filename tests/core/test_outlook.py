"""What lies ahead, in figures."""

from datetime import timedelta

import pytest

from controller.core.outlook import Load, Traffic, expected, loads, traffic
from controller.core.plan import CourseShape, Plan
from controller.core.pool import Admin, Counters, Health, InstanceView, Line, Member, Worker
from controller.core.settings import DrainPolicy, Policies, ReturnPolicy

WORKER = Worker(1, 0)


def line(name: str, weight: int = 100, backend: str = "web", admin: Admin = Admin.READY) -> Line:
    return Line(backend, name, "127.0.0.1", 80, admin, Health.PASSING, weight, 4, 1, 0, Counters())


def view(instance: str, *lines: Line) -> InstanceView:
    return InstanceView(instance, timedelta(0), WORKER, lines, is_full=True)


def test_traffic_is_shared_by_weight() -> None:
    """The heaviest member's share, summed over instances and backends."""
    views = [view("a", line("x", 50), line("y", 150)), view("b", line("x"), line("y"))]
    rates = {("a", "web"): 40.0, ("b", "web"): 20.0}
    assert traffic(views, rates, ["x", "y"], 1) == Traffic(60, 30 + 10)
    assert traffic(views, rates, ["x"], 1) == Traffic(60, 10 + 10)


def test_others_out_leave_more() -> None:
    """With two at a time, one may get the other's share too; strangers do not go out."""
    views = [view("a", line("x"), line("y"), line("z", admin=Admin.OUT))]
    rates = {("a", "web"): 40.0}
    assert traffic(views, rates, ["x", "y"], 2) == Traffic(40, 40, 2)
    assert traffic(views, rates, ["x"], 2) == Traffic(40, 20, 2)
    assert traffic(views, {}, [], 1) == Traffic(0, 0)


@pytest.mark.parametrize(
    ("limits", "room"), [({}, None), ({"x": 10}, None), ({"x": 10, "y": 20, "z": 5}, 15)]
)
def test_loads(limits: dict[str, int], room: int | None) -> None:
    """Sessions now, those that are left to carry them, and what they take at the least."""
    given = {("a", "web", name): limit for name, limit in limits.items()}
    found = loads([view("a", line("x"), line("y"), line("z"))], given, ["x", "y"], 1)
    assert found == (Load("a", "web", 15, 3, 2, room),)


def plan(members: int, together: int, steps: int = 1, sticky: bool = False) -> Plan:
    return Plan(
        name="web",
        members=tuple(Member(f"m{n}", "127.0.0.1", 80) for n in range(members)),
        canaries=(),
        instances=("a",),
        backends=("web",),
        max_unavailable=together,
        min_available=1,
        serving=members,
        policies=Policies(
            soak=timedelta(seconds=30),
            drain=DrainPolicy(sticky=timedelta(seconds=5)),
            comeback=ReturnPolicy(ramp=(10, 50), hold=timedelta(seconds=2)),
        ),
        upgrade=CourseShape(steps),
        sticky={"web": "cookie SRV"} if sticky else {},
    )


def test_expected() -> None:
    """Waits and commands, turn by turn; unknown stays unknown; a rehearsal has no commands."""
    took = timedelta(seconds=10)
    assert expected(plan(5, 2), took).total == timedelta(seconds=3 * (34 + 10))
    assert expected(plan(4, 1, sticky=True), took).total == timedelta(seconds=4 * (39 + 10))
    assert expected(plan(4, 1), None).total is None
    assert expected(plan(4, 1, steps=0), None).total == timedelta(seconds=4 * 34)
