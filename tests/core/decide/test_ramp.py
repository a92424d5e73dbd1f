"""The way up: in which steps a member gets its weight back, case by case."""

from typing import Any

from controller.core.decide.context import Context
from controller.core.decide.ramp import at_share, climb, first_share
from controller.core.events import Cause, MemberKept, RampEnded, Verdict
from controller.core.gates.gate import CounterGate, Scope
from controller.core.phases import Phase
from controller.core.plan.plan import Plan
from controller.core.pool import Found, FoundLine, LineKey
from controller.core.state.parts import MemberState
from controller.core.state.state import GateState
from controller.core.steps import Setting
from tests.support.contexts import (
    ABORTED,
    PUTTING_BACK,
    RELOADED,
    a_context,
    a_plan,
    ago,
    seconds,
    standing,
    the,
)
from tests.support.tables import Expected, halt, saying, sets, table


def weighing(weight: int) -> Found:
    return Found((FoundLine(LineKey("lb1", "web"), weight),))


@table(
    "ramp found refused share",
    {
        "no ramp": ((), weighing(100), False, 100),
        "the lowest step first": ((50, 10), weighing(100), False, 10),
        "a step that comes to the full weight is none": ((60, 90), weighing(1), False, 100),
        "a small weight": ((10, 50), weighing(2), False, 10),
        "the balancer takes no weights": ((10, 50), weighing(100), True, 100),
        "nothing found": ((10, 50), None, False, 100),
    },
)
def test_first_share(ramp: tuple[int, ...], found: Found | None, refused: bool, share: int) -> None:
    """A member comes back at the lowest step that has an effect on its weight."""
    m = standing(Phase.CHECKING, found=found)
    ctx = a_context(m, plan=a_plan(ramp=ramp), ramp_refused=refused)
    assert first_share(ctx, m) == share


OWN = CounterGate("errors", Scope.MEMBER, 0.01, hold=seconds(20))
POOL = CounterGate("pool", Scope.POOL, 0.01, hold=seconds(20))
RAMPED = a_plan(ramp=(10, 50), hold=seconds(4))


def gated(*gates: CounterGate) -> Plan:
    return a_plan(ramp=(10, 50), hold=seconds(4), gates=gates)


def on_step(seconds_long: float = 4, **changes: Any) -> MemberState:
    return standing(Phase.RAMPING, **{"set_at": ago(seconds_long), **changes})


def says(gate: str, member: str, verdict: Verdict) -> dict[str, Any]:
    return {"gates": {(gate, member): GateState(ago(0.1), verdict, "so")}}


@table(
    "ctx output",
    {
        "after a crash": (
            a_context(on_step(mark=None, share=50), plan=RAMPED),
            sets(Setting.PUT_BACK, 10),
        ),
        "its setting is not known": (
            a_context(on_step(set_at=None, share=50), plan=RAMPED),
            sets(Setting.PUT_BACK, 50),
        ),
        "the balancer refused its weight": (
            a_context(on_step(set_at=None, share=50), plan=RAMPED, ramp_refused=True),
            sets(Setting.PUT_BACK),
        ),
        "at its full weight": (a_context(on_step(share=100), plan=RAMPED), RampEnded("web1")),
        "on its step": (a_context(on_step(3.9), plan=RAMPED), None),
        "the step was held": (a_context(on_step(), plan=RAMPED), sets(Setting.PUT_BACK, 50)),
        "the last step was held": (
            a_context(on_step(share=50), plan=RAMPED),
            sets(Setting.PUT_BACK),
        ),
        "a reload lost its weight": (
            a_context(
                on_step(), plan=RAMPED, at={"lb2": {"weight": 100}}, workers={"lb2": RELOADED}
            ),
            sets(Setting.PUT_BACK, 10),
        ),
        "nobody knows who confirmed its weight": (
            a_context(on_step(incarnations={}), plan=RAMPED, at={"lb2": {"weight": 100}}),
            sets(Setting.PUT_BACK, 10),
        ),
        "somebody else changed its weight": (
            a_context(on_step(), plan=RAMPED, at={"lb2": {"weight": 7}}),
            halt(Cause.FOREIGN, "web1 at lb2 to 7"),
        ),
        "a line that was not there when it was found": (
            a_context(on_step(3, found=weighing(100)), plan=RAMPED, at={"lb2": {"weight": 7}}),
            None,
        ),
        "an abort": (
            a_context(on_step(), plan=RAMPED, **ABORTED),
            saying(MemberKept, "10 % of its weight"),
        ),
        "abort --restore goes on": (
            a_context(on_step(), plan=RAMPED, **PUTTING_BACK),
            sets(Setting.PUT_BACK, 50),
        ),
        "a gate has not spoken": (a_context(on_step(), plan=gated(OWN)), None),
        "a gate has not spoken for as long as it may": (
            a_context(on_step(24), plan=gated(OWN)),
            sets(Setting.PUT_BACK, 50),
        ),
        "its gate passed": (
            a_context(on_step(), plan=gated(OWN), **says("errors", "web1", Verdict.PASS)),
            sets(Setting.PUT_BACK, 50),
        ),
        "its gate fails, however long": (
            a_context(on_step(999), plan=gated(OWN), **says("errors", "web1", Verdict.FAIL)),
            None,
        ),
        "the pool's gate is inconclusive": (
            a_context(on_step(23), plan=gated(POOL), **says("pool", "", Verdict.INCONCLUSIVE)),
            None,
        ),
        "the pool's gate passed": (
            a_context(on_step(), plan=gated(POOL), **says("pool", "", Verdict.PASS)),
            sets(Setting.PUT_BACK, 50),
        ),
    },
)
def test_climb(ctx: Context, output: Expected) -> None:
    """Step by step, each held for its time, and longer while its gates do not pass."""
    assert climb(ctx, the(ctx)) == output


@table("share words", {"all": (100, "in rotation"), "a part": (10, "in rotation at 10 % of")})
def test_share_in_words(share: int, words: str) -> None:
    """What a member has of its weight, for people."""
    assert at_share(standing(Phase.RAMPING, share=share)).startswith(words)
