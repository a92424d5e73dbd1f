"""Whose turn it is: who is taken up next, and who is put back by `abort --restore`."""

from controller.core.decide.context import Context
from controller.core.decide.schedule import begin, in_scope
from controller.core.events import (
    Cause,
    MemberCalled,
    MemberMoved,
    RestoreBegan,
    RunBegan,
    Verdict,
)
from controller.core.gates.gate import CounterGate, Scope
from controller.core.phases import Phase
from controller.core.plan.plan import CourseShape
from controller.core.pool import Seat
from controller.core.state.state import GateState
from controller.core.steps import AskGuard, Course
from tests.support.contexts import (
    ABORTED,
    ANOTHER,
    FAILING,
    FOUND,
    HALTED,
    PUTTING_BACK,
    ROLLING_BACK,
    SEATS,
    STOPPED,
    a_context,
    a_plan,
    ago,
    standing,
)
from tests.support.tables import Expected, halt, table

GUARDED = a_plan(upgrade=CourseShape(1, has_guard=True))
CANARIES = a_plan(canaries=("web3",))
TWO_OUT = a_plan(max_unavailable=2)
GATED = a_plan(gates=(CounterGate("pool", Scope.POOL, 0.01),))
PASSED = {("pool", ""): GateState(ago(1), Verdict.PASS, "none failed")}
WEB1, WEB2, WEB3 = (MemberCalled(name) for name in ("web1", "web2", "web3"))


KNOWN = standing(Phase.WAITING, seats=SEATS)
NEW_SEATS = tuple(Seat(one.key, ANOTHER) for one in SEATS)


def moved() -> Context:
    return a_context(KNOWN, shows={"occupant": ANOTHER})


@table(
    "only names",
    {
        "all": ((), ["web1", "web2", "web3"]),
        "in the order of the plan": (("web3", "web1"), ["web1", "web3"]),
    },
)
def test_scope(only: tuple[str, ...], names: list[str]) -> None:
    """A run may be limited to some; they keep their order."""
    ctx = a_context(run=RunBegan("me", only=only))
    assert [m.name for m in in_scope(ctx)] == names


def test_scope_before_a_run() -> None:
    """Before a process has begun, nothing is limited."""
    assert len(in_scope(a_context(run=None))) == 3


@table(
    "ctx output",
    {
        "the first": (a_context(), WEB1),
        "the first, elsewhere now": (moved(), MemberMoved("web1", "10.0.0.1:80", NEW_SEATS)),
        "the first, at one balancer elsewhere": (
            a_context(KNOWN, at={"lb2": {"occupant": ANOTHER}}),
            None,
        ),
        "the next": (a_context(standing(Phase.DONE)), WEB2),
        "the first of those that are meant": (a_context(run=RunBegan("me", only=("web3",))), WEB3),
        "nobody is left": (
            a_context(standing(Phase.DONE), run=RunBegan("me", only=("web1",))),
            None,
        ),
        "paused": (a_context(paused=True), None),
        "halted": (a_context(**HALTED), None),
        "stopped": (a_context(**STOPPED), None),
        "one balancer does not answer": (a_context(silent={"lb2": ago(1)}), None),
        "one balancer was never asked": (a_context(unasked=("lb2",)), None),
        "canaries first": (a_context(plan=CANARIES), WEB3),
        "a canary is not proven": (a_context(standing(Phase.SOAKING, "web3"), plan=CANARIES), None),
        "a canary is not proven, and there is room": (
            a_context(
                standing(Phase.SOAKING, "web3"), plan=a_plan(canaries=("web3",), max_unavailable=2)
            ),
            None,
        ),
        "canaries are proven": (a_context(standing(Phase.DONE, "web3"), plan=CANARIES), WEB1),
        "one that is out because of us goes before canaries": (
            a_context(standing(Phase.WAITING, "web2", found=FOUND), plan=CANARIES),
            WEB2,
        ),
        "one that is out because of us goes first": (
            a_context(standing(Phase.WAITING, "web2", found=FOUND)),
            WEB2,
        ),
        "one in progress": (a_context(standing(Phase.SOAKING)), None),
        "one is being asked about": (a_context(standing(Phase.ASKING)), None),
        "one in progress, and room": (a_context(standing(Phase.SOAKING), plan=TWO_OUT), WEB2),
        "two in progress": (
            a_context(standing(Phase.OUT), standing(Phase.SOAKING, "web2"), plan=TWO_OUT),
            None,
        ),
        "one out for good, which this run does not return": (
            a_context(standing(Phase.FAILED)),
            halt(Cause.FLOOR, "this run: web1", member=None),
        ),
        "one out for good, another one in progress": (
            a_context(standing(Phase.FAILED), standing(Phase.SOAKING, "web2"), plan=TWO_OUT),
            None,
        ),
        "one out for good, and room": (a_context(standing(Phase.FAILED), plan=TWO_OUT), WEB2),
        "the pool's gate has not spoken": (a_context(plan=GATED), None),
        "the pool's gate passed": (a_context(plan=GATED, gates=PASSED), WEB1),
        "`unless` is asked first": (
            a_context(plan=GUARDED),
            AskGuard("web1", Course.UPGRADE, 0, SEATS),
        ),
        "what may still run is joined first": (
            a_context(
                standing(Phase.WAITING, found=FOUND, begun=True, unfinished=True), plan=GUARDED
            ),
            WEB1,
        ),
        "rolling back": (a_context(standing(Phase.WAITING), **ROLLING_BACK), WEB1),
        "rolling back, no gate needed": (a_context(plan=GATED, **ROLLING_BACK), WEB1),
        "rolling back is limited to those": (
            a_context(standing(Phase.DONE), **ROLLING_BACK),
            None,
        ),
        "rolling back, in its own order": (
            a_context(**{**ROLLING_BACK, "rolling": ("web3", "web1")}),
            WEB3,
        ),
    },
)
def test_begin(ctx: Context, output: Expected) -> None:
    """The next member is taken up when nothing speaks against it (S1, S5)."""
    assert begin(ctx) == output


KEPT = standing(Phase.KEPT, found=FOUND)
FAILED = standing(Phase.FAILED)
RESTORED = RestoreBegan("web1")


@table(
    "ctx output",
    {
        "not to be put back": (a_context(FAILED, **ABORTED), None),
        "no abort": (a_context(FAILED, **STOPPED), None),
        "one that failed": (a_context(FAILED, **PUTTING_BACK), RESTORED),
        "one that is stuck": (a_context(standing(Phase.STUCK), **PUTTING_BACK), RESTORED),
        "one that waits, and is out": (
            a_context(standing(Phase.WAITING, found=FOUND), **PUTTING_BACK),
            RESTORED,
        ),
        "one that waits, and is in rotation": (a_context(**PUTTING_BACK), None),
        "one whose step was left running": (
            a_context(standing(Phase.FAILED, unfinished=True), **PUTTING_BACK),
            None,
        ),
        "one that was tried already": (
            a_context(standing(Phase.FAILED, restore_tried=True), **PUTTING_BACK),
            None,
        ),
        "one after the other": (
            a_context(
                standing(Phase.VALIDATING, restore_tried=True),
                standing(Phase.FAILED, "web2"),
                **PUTTING_BACK,
            ),
            None,
        ),
        "the next": (
            a_context(
                standing(Phase.FAILED, restore_tried=True),
                standing(Phase.FAILED, "web2"),
                **PUTTING_BACK,
            ),
            RestoreBegan("web2"),
        ),
        "one balancer does not answer": (
            a_context(FAILED, silent={"lb2": ago(1)}, **PUTTING_BACK),
            None,
        ),
        "one half-way back, the floor holds without it": (
            a_context(KEPT, plan=a_plan(min_available=2), **PUTTING_BACK),
            RESTORED,
        ),
        "one half-way back, the floor needs it (S2)": (
            a_context(KEPT, plan=a_plan(min_available=3), **PUTTING_BACK),
            None,
        ),
        "one half-way back is passed over": (
            a_context(KEPT, standing(Phase.FAILED, "web2"), others=FAILING, **PUTTING_BACK),
            RestoreBegan("web2"),
        ),
        "one kept at its full weight": (a_context(standing(Phase.KEPT), **PUTTING_BACK), None),
    },
)
def test_put_back(ctx: Context, output: Expected) -> None:
    """`abort --restore` validates and returns what is still out, one after the other."""
    assert begin(ctx) == output
