"""What lies ahead, in figures."""

from dataclasses import replace
from datetime import timedelta

import pytest

from controller.core.forecast.load import Load, expected, loads
from controller.core.forecast.traffic import Traffic, traffic
from controller.core.plan.plan import CourseShape, Plan
from controller.core.pool import Admin, Incarnation, InstanceView, Line, Member
from controller.core.settings import DrainPolicy, Policies, ReturnPolicy
from tests.support.lines import a_line

WORKER = Incarnation("1", 0)


def line(name: str, weight: int = 100, backend: str = "web", admin: Admin = Admin.READY) -> Line:
    return a_line(name, backend=backend, admin=admin, weight=weight, in_flight=5)


def view(instance: str, *lines: Line) -> InstanceView:
    return InstanceView(instance, timedelta(0), WORKER, lines, is_full=True)


def test_traffic_is_shared_by_weight() -> None:
    """The heaviest member's share, summed over instances and backends; who is upgraded later, and
    how long a request takes, come with it."""
    views = [view("a", line("x", 50), line("y", 150)), view("b", line("x"), line("y"))]
    rates = {("a", "web"): 40.0, ("b", "web"): 20.0}
    takes = timedelta(seconds=20 / 60)
    both = traffic(views, rates, ["x", "y"], 1)
    assert both == Traffic(60, 30 + 10, peers=10 + 10, takes=takes)
    assert traffic(views, rates, ["x"], 1) == Traffic(60, 10 + 10, takes=takes)


def test_others_out_leave_more() -> None:
    """With two at a time, one may get the other's share too; strangers do not go out."""
    views = [view("a", line("x"), line("y"), line("z", admin=Admin.OUT))]
    rates = {("a", "web"): 40.0}
    both, one = (traffic(views, rates, names, 2) for names in (["x", "y"], ["x"]))
    assert (both.pool, both.member, both.together, both.peers) == (40, 40, 2, 0)
    assert (one.pool, one.member, one.together, one.peers) == (40, 20, 2, 0)
    assert traffic(views, {}, [], 1) == Traffic(0, 0)


def test_steps_of_a_ramp_get_less() -> None:
    """Each step has its share by the weight that is set, and steps that come to the same are one;
    a weight that no step makes less is no ramp."""
    rates = {("a", "web"): 110.0}
    smooth = traffic([view("a", line("x"), line("y"))], rates, ["x", "y"], 1, (50, 10))
    assert smooth.steps == pytest.approx((10, 110 / 3))
    assert smooth.member == 55
    coarse = traffic([view("a", line("x", 4), line("y", 4))], rates, ["x"], 1, (10, 25))
    assert coarse.steps == pytest.approx((110 / 5,))
    assert traffic([view("a", line("x", 1), line("y", 1))], rates, ["x"], 1, (10, 50)).steps == ()


def test_what_stays_is_no_request() -> None:
    """Connections under way for long say nothing of how long a request takes."""
    views = [view("a", line("x"), line("y"))]
    assert traffic(views, {("a", "web"): 0.5}, ["x"], 1).takes == timedelta(seconds=2)


def test_who_fails_quickly_draws_more() -> None:
    """Where idle servers are preferred, one that fails all at once may draw the whole pool."""
    views, rates = [view("a", line("x"), line("y"))], {("a", "web"): 40.0}
    drawn = traffic(views, rates, ["x"], 1, (10,), [("a", "web")])
    assert (drawn.failing(1.0).member, drawn.failing(1.0).steps) == (40, (40,))
    assert drawn.failing(0.1).member == pytest.approx(20 / 0.9)
    even = traffic(views, rates, ["x"], 1, (10,), [("a", "api")])
    assert even.failing(1.0) == even


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
    settling = replace(plan(4, 1), settle=timedelta(seconds=2))
    assert expected(settling, took).total == timedelta(seconds=4 * (36 + 10))
    assert expected(plan(4, 1), None).total is None
    assert expected(plan(4, 1, steps=0), None).total == timedelta(seconds=4 * 34)
