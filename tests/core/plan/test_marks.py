"""By what a pool is told from another one."""

from dataclasses import replace

from controller.core.plan.marks import UNKNOWN, PoolMarks, marks_in, marks_of
from controller.core.plan.plan import Plan
from controller.core.pool import Incarnation, InstanceView
from tests.lifecycle.test_way_back import PLAN
from tests.support.lines import a_line
from tests.support.tables import table
from tests.support.virtual import EPOCH

APP = replace(PLAN, keys=("web/10.0.0.1:80", "web/10.0.0.2:80"))
HERE = ("lb1", "web")


def marks(*keys: str, places: tuple[tuple[str, str], ...] = ()) -> PoolMarks:
    return PoolMarks(frozenset(keys), frozenset(places))


@table(
    "pool plan is_another",
    {
        "the same": (marks_of(APP), APP, False),
        "another balancer in front of it": (marks("web/10.0.0.2:80"), APP, False),
        "all members replaced": (marks("web/10.0.0.9:80", places=(HERE,)), APP, False),
        "another backend": (marks("api/10.0.0.1:80", places=(("lb1", "api"),)), APP, True),
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
    assert marks_in([view]) == PoolMarks(frozenset({lines[0].key}), frozenset({HERE}))
