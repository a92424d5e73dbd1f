"""By what a pool is told from another one."""

from dataclasses import replace

from controller.core.plan.marks import UNKNOWN, PoolMarks, all_keys_in, marks_in, marks_of
from controller.core.plan.plan import Plan
from controller.core.pool import Incarnation, InstanceView, LineKey, Occupant, Seat
from tests.lifecycle.test_way_back import PLAN
from tests.support.lines import a_line
from tests.support.tables import table
from tests.support.virtual import EPOCH

APP = replace(PLAN, keys=("web/10.0.0.1:80", "web/10.0.0.2:80"))
HERE = ("lb1", "web")


SEATS = {"web1": (Seat(LineKey("lb1", "web"), Occupant("10.0.0.1:80", "10.0.0.1", 80)),)}


def marks(
    *keys: str, places: tuple[tuple[str, str], ...] = (), servers: tuple[tuple[str, str], ...] = ()
) -> PoolMarks:
    return PoolMarks(frozenset(keys), frozenset(places), frozenset(servers))


@table(
    "pool plan is_another",
    {
        "the same": (marks_of(APP), APP, False),
        "another balancer in front of it": (marks("web/10.0.0.2:80"), APP, False),
        "all members replaced": (marks("web/10.0.0.9:80", places=(HERE,)), APP, False),
        "another backend": (marks("api/10.0.0.1:80", places=(("lb1", "api"),)), APP, True),
        "its backend was renamed": (
            marks("v2/10.0.0.1:80", servers=(("lb1", "10.0.0.1:80"),)),
            replace(APP, seats=SEATS),
            False,
        ),
        "a namesake elsewhere": (marks("web/10.9.0.1:80", places=(("lb9", "web"),)), APP, True),
        "a plan of a former version": (marks("api/10.0.0.1:80"), PLAN, False),
        "not reached": (UNKNOWN, APP, False),
    },
)
def test_whose_plan(pool: PoolMarks, plan: Plan, is_another: bool) -> None:
    assert pool.are_of_another(plan) == is_another


def test_marks_in_views() -> None:
    """An empty place marks no pool."""
    lines = (a_line("web1"), a_line("web9", is_vacant=True))
    at = EPOCH - EPOCH
    view = InstanceView("lb1", at, Incarnation("1", 0), lines, is_full=True, backends={"web": None})
    assert lines[0].occupant is not None
    servers = (("lb1", str(lines[0].occupant)),)
    assert marks_in([view]) == marks(lines[0].key, places=(HERE,), servers=servers)


def test_a_pool_whose_lines_come_and_go() -> None:
    """It is the same one when none of them is left, also by another name of its balancer."""
    at = EPOCH - EPOCH
    views = [
        InstanceView(
            name,
            at,
            Incarnation("1", 0),
            (a_line(member),),
            is_full=True,
            backends={"web": None},
            pool="workload",
        )
        for name, member in (("inside", "web1"), ("outside", "web9"))
    ]
    plan = replace(PLAN, instances=("inside",), keys=all_keys_in(views[:1]))
    assert not marks_in(views[1:]).are_of_another(plan)
    assert marks_in([replace(views[1], pool="its namesake")]).are_of_another(plan)
