"""On the way back: the balancer's own check, the return and the soak, case by case."""

from dataclasses import replace
from typing import Any

from controller.core.decide.context import Context
from controller.core.decide.returning import checking, ramping, returning, soaking
from controller.core.events import (
    Cause,
    MemberKept,
    MemberReturned,
    RampEnded,
    RunBegan,
    SoakEnded,
    Verdict,
)
from controller.core.gates.evidence import Query
from controller.core.gates.gate import CounterGate, MetricGate, Scope
from controller.core.gates.tally import Tally
from controller.core.phases import Phase
from controller.core.plan.plan import Plan
from controller.core.pool import Check, Counters
from controller.core.state.parts import MemberState
from controller.core.state.state import GateState
from controller.core.steps import Course, Setting
from tests.support.contexts import (
    ABORTED,
    DRAINS,
    FAILING,
    OUT,
    PUTTING_BACK,
    READY,
    RELOADED,
    a_context,
    a_plan,
    ago,
    standing,
    the,
)
from tests.support.tables import Expected, halt, saying, sets, table

RAMPED = a_plan(ramp=(10, 50))


def reloaded(shows: dict[str, Any]) -> dict[str, Any]:
    """lb2 was reloaded, and shows it so."""
    return {"at": {"lb2": shows}, "workers": {"lb2": RELOADED}}


def checked(seconds_long: float = 5, **changes: Any) -> MemberState:
    return standing(Phase.CHECKING, **{"since": ago(seconds_long), **changes})


UNKNOWN: dict[str, Any] = {"set_at": None}
STOPPED_CHECK = {"check": Check.NONE}


@table(
    "ctx output",
    {
        "passed": (a_context(checked()), sets(Setting.PUT_BACK)),
        "passed, and ramped": (a_context(checked(), plan=RAMPED), sets(Setting.PUT_BACK, 10)),
        "no check": (
            a_context(checked(), shows=STOPPED_CHECK | FAILING),
            sets(Setting.PUT_BACK),
        ),
        "what cannot be held out, and is healthy": (
            a_context(checked(), plan=a_plan(holds_out=False), shows=READY),
            sets(Setting.PUT_BACK),
        ),
        "what cannot be held out, and is not healthy": (
            a_context(checked(), plan=a_plan(holds_out=False), shows=READY | FAILING),
            None,
        ),
        "not passed at one balancer": (a_context(checked(), at={"lb2": FAILING}), None),
        "not seen since it was set": (a_context(checked(set_at=ago(0.005))), None),
        "not passed for too long": (
            a_context(checked(60), at={"lb2": FAILING}),
            halt(Cause.MEMBER, "web at lb2: draining, failing"),
        ),
        "not passed for too long, after an abort": (
            a_context(checked(60), at={"lb2": FAILING}, **PUTTING_BACK),
            sets(Setting.REMOVE),
        ),
        "one balancer does not answer": (
            a_context(checked(60), shows=FAILING, silent={"lb2": ago(1)}),
            None,
        ),
        "a reload put it in rotation": (
            a_context(checked(), **reloaded(READY)),
            sets(Setting.CHECK),
        ),
        "somebody else took it out": (
            a_context(checked(), at={"lb2": OUT}),
            halt(Cause.FOREIGN, "web1 at lb2"),
        ),
        "unknown: it was out": (a_context(checked(**UNKNOWN), shows=OUT), sets(Setting.CHECK)),
        "unknown: one balancer does not answer": (
            a_context(checked(**UNKNOWN), silent={"lb2": ago(1)}),
            None,
        ),
        "unknown: somebody else put it back": (
            a_context(checked(confirmed=Setting.HOLD, **UNKNOWN), at={"lb2": READY}),
            halt(Cause.FOREIGN, "web1 at lb2"),
        ),
    },
)
def test_checking(ctx: Context, output: Expected) -> None:
    """No user meets it before the balancer's own check has passed everywhere (S4)."""
    assert checking(ctx, the(ctx)) == output


def back(seconds_long: float = 5, **changes: Any) -> MemberState:
    return standing(Phase.RETURNING, **{"since": ago(seconds_long), **changes})


@table(
    "ctx output",
    {
        "in rotation": (a_context(back()), MemberReturned("web1")),
        "not healthy at one balancer": (a_context(back(), at={"lb2": FAILING}), None),
        "without weight": (a_context(back(), shows={"weight": 0}), None),
        "not healthy for too long": (
            a_context(back(60), at={"lb2": FAILING}),
            halt(Cause.MEMBER, "web at lb2: ready, failing", condemned=("web1",)),
        ),
        "not healthy for too long, after an abort": (
            a_context(back(60), at={"lb2": FAILING}, **PUTTING_BACK),
            sets(Setting.REMOVE),
        ),
        "a reload forgot it": (a_context(back(), **reloaded(OUT)), sets(Setting.CHECK)),
        "a reload forgot it, and the floor needs it elsewhere": (
            a_context(back(), **reloaded(OUT), others=FAILING),
            None,
        ),
        "a reload forgot it, and the pool was not seen": (
            a_context(back(), **reloaded(OUT), full=ago(3)),
            None,
        ),
        "a reload forgot it, and the floor needs it for too long": (
            a_context(back(60), **reloaded(OUT), others=FAILING),
            halt(Cause.MEMBER, "web at lb2: out", condemned=("web1",)),
        ),
        "not healthy for too long after an abort, and needed": (
            a_context(back(60), at={"lb2": FAILING}, others=FAILING, **PUTTING_BACK),
            saying(MemberKept, "it was half-way back, but stays in rotation: without it 0"),
        ),
        "somebody else took it out": (
            a_context(back(), at={"lb2": OUT}),
            halt(Cause.FOREIGN, "web1 at lb2"),
        ),
        "unknown: not seen": (a_context(back(**UNKNOWN), seen=ago(3)), None),
        "unknown: in rotation": (a_context(back(**UNKNOWN)), sets(Setting.PUT_BACK)),
        "unknown: in rotation, and ramped": (
            a_context(back(**UNKNOWN), plan=RAMPED),
            sets(Setting.PUT_BACK, 10),
        ),
        "unknown: its check has passed": (
            a_context(back(**UNKNOWN), at={"lb2": DRAINS}),
            sets(Setting.PUT_BACK),
        ),
        "unknown: its check has not passed": (
            a_context(back(**UNKNOWN), at={"lb2": DRAINS | FAILING}),
            sets(Setting.CHECK),
        ),
        "unknown: out": (a_context(back(**UNKNOWN), at={"lb2": OUT}), sets(Setting.CHECK)),
    },
)
def test_returning(ctx: Context, output: Expected) -> None:
    """Back when every balancer shows it in rotation and healthy."""
    assert returning(ctx, the(ctx)) == output


AILING = {
    "not seen": ({"seen": ago(3)}, None),
    "somebody else took it out": (
        {"at": {"lb2": OUT}},
        halt(Cause.FOREIGN, "web1 at lb2"),
    ),
    "a reload took it out": (
        reloaded(OUT),
        halt(Cause.BALANCER, "lb2 shows web1 out of rotation"),
    ),
    "its health check fails": (
        {"at": {"lb2": FAILING}},
        halt(Cause.MEMBER, "web1 failed the health check of lb2", condemned=("web1",)),
    ),
}


@table("shown output", AILING)
def test_ailing(shown: dict[str, Any], output: Expected) -> None:
    """Ramping or soaking, it must stay in rotation and healthy; who fails goes out again (S6)."""
    for phase, handler in ((Phase.RAMPING, ramping), (Phase.SOAKING, soaking)):
        ctx = a_context(standing(phase), plan=RAMPED, **shown)
        assert handler(ctx, the(ctx)) == output


OF_THE_POOL = MetricGate("oom", Scope.MEMBER, {Query.VALUE: "oom"}, maximum=0, is_own=True)
KILLED: dict[str, Any] = {"ailment": "container web: OOMKilled"}


@table(
    "ailing plan more output",
    {
        "the pool may say why": (ago(1), a_plan(gates=(OF_THE_POOL,)), {}, None),
        "it has not said so": (
            ago(3),
            a_plan(gates=(OF_THE_POOL,)),
            {},
            halt(Cause.MEMBER, "soak (container web: OOMKilled)", condemned=("web1",)),
        ),
        "the operator does not care": (
            ago(1),
            a_plan(gates=(OF_THE_POOL,)),
            {"run": RunBegan("me", overrides={"oom": "known"})},
            halt(Cause.MEMBER, "OOMKilled", condemned=("web1",)),
        ),
        "nobody may say why": (
            ago(1),
            a_plan(gates=(replace(OF_THE_POOL, is_own=False),)),
            {},
            halt(Cause.MEMBER, "OOMKilled", condemned=("web1",)),
        ),
    },
)
def test_what_the_pool_says_of_it(
    ailing: Any, plan: Plan, more: dict[str, Any], output: Expected
) -> None:
    """It failed its health check, be it well again by now: a gate on the pool's own evidence has a
    moment to tell what it was."""
    m = standing(Phase.SOAKING, ailing_since=ailing)
    ctx = a_context(m, plan=plan, shows=KILLED, **more)
    assert soaking(ctx, m) == output


@table(
    "ctx output",
    {
        "at the next step": (
            a_context(standing(Phase.RAMPING), plan=RAMPED),
            sets(Setting.PUT_BACK, 50),
        ),
        "at its full weight": (
            a_context(standing(Phase.RAMPING, share=100), plan=RAMPED),
            RampEnded("web1"),
        ),
    },
)
def test_ramping(ctx: Context, output: Expected) -> None:
    """What is healthy in rotation climbs."""
    assert ramping(ctx, the(ctx)) == output


OWN = CounterGate("errors", Scope.MEMBER, 0.01)
POOL = CounterGate("pool", Scope.POOL, 0.01)
GATED = a_plan(gates=(OWN, POOL))


def said(own: Verdict, pool: Verdict) -> dict[str, Any]:
    """What both gates said last."""
    return {
        "gates": {
            ("errors", "web1"): GateState(ago(0.5), own, "so"),
            ("pool", ""): GateState(ago(0.5), pool, "so"),
        }
    }


def soaked(seconds_long: float = 30, **changes: Any) -> MemberState:
    return standing(Phase.SOAKING, **{"warmed_at": ago(seconds_long), **changes})


def served(errors: int, total: int) -> dict[str, Any]:
    return {"tallies": {"web1": Tally(Counters(errors, total))}}


PASS, FAIL, UNCLEAR = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE


@table(
    "ctx output",
    {
        "its time is not over": (a_context(soaked(29)), None),
        "still warming up": (a_context(soaked(warmed_at=None)), None),
        "its time is over, no gates": (
            a_context(soaked(), **served(0, 9)),
            SoakEnded("web1", "9 requests"),
        ),
        "after a crash": (a_context(soaked(mark=None)), MemberReturned("web1")),
        "both gates passed": (
            a_context(soaked(), plan=GATED, **said(PASS, PASS), **served(0, 9)),
            SoakEnded("web1", "quiet: 9 requests"),
        ),
        "its own gate is inconclusive": (
            a_context(soaked(), plan=GATED, **said(UNCLEAR, PASS)),
            None,
        ),
        "the pool's gate is inconclusive": (
            a_context(soaked(), plan=GATED, **said(PASS, UNCLEAR)),
            None,
        ),
        "cut short by an abort": (
            a_context(soaked(1), **ABORTED),
            saying(SoakEnded, ""),
        ),
        "somebody else took its weight at one": (
            a_context(soaked(), at={"lb2": {"weight": 0}}, **served(0, 9)),
            halt(Cause.FOREIGN, "set the weight of web1 at lb2 to 0"),
        ),
        "somebody else gave it another weight": (
            a_context(soaked(), at={"lb2": {"weight": 7}}, **served(0, 9)),
            SoakEnded("web1", "9 requests"),
        ),
        "without weight since a reload": (
            a_context(soaked(), **reloaded({"weight": 0}), **served(0, 9)),
            halt(Cause.BALANCER, "lb2 shows web1 out of rotation"),
        ),
    },
)
def test_soaking(ctx: Context, output: Expected) -> None:
    """A soak is over when its time is, and every gate passed last (S5)."""
    assert soaking(ctx, the(ctx)) == output


@table(
    "course words",
    {
        "upgraded": (Course.UPGRADE, "in rotation"),
        "as the former version": (Course.ROLLBACK, "the former version passed"),
    },
)
def test_soak_cut_short_by_an_abort(course: Course, words: str) -> None:
    """The note of a soak that was cut short says as which version it is back."""
    ctx = a_context(soaked(1, course=course), **PUTTING_BACK)
    output = soaking(ctx, the(ctx))
    assert isinstance(output, SoakEnded)
    assert output.note.startswith(words)


@table(
    "before words",
    {
        "the version": ({"version": "v1"}, "runs v1 as before"),
        "more": ({"version": "v1", "rack": "a"}, "runs v1, rack=a as before"),
    },
)
def test_back_as_before(before: dict[str, str], words: str) -> None:
    """Which version is back, where neither way of the rollout knew it."""
    m = soaked(1, course=Course.ROLLBACK, as_before=True)
    ctx = a_context(m, plan=a_plan(before={"web1": before}), **PUTTING_BACK)
    output = soaking(ctx, the(ctx))
    assert isinstance(output, SoakEnded)
    assert output.note == f"{words} the rollout, its soak cut short by the abort"
