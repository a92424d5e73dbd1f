"""How a member in progress is brought to rest: each phase, after each kind of halt and stop."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from controller.core.decide.context import Context
from controller.core.decide.wind_down import is_at_rest, settle
from controller.core.events import (
    Answer,
    Cause,
    ForeignHandSeen,
    Halted,
    JournalSeen,
    MemberFailed,
    MemberKept,
    MemberReturned,
    MemberStoodDown,
    SoakEnded,
)
from controller.core.phases import IN_PROGRESS, Phase
from controller.core.state.parts import MemberState
from controller.core.steps import AskGuard, Course, RunStep, Setting, Validate
from tests.support.contexts import (
    ABORTED,
    ANOTHER,
    DRAINS,
    FAILING,
    HALT,
    OUT,
    PUTTING_BACK,
    READY,
    RELOADED,
    SEATS,
    STOPPED,
    STOPPED_TWICE,
    a_context,
    a_plan,
    ago,
    standing,
    the,
)
from tests.support.contexts import HALTED as OVER_ANOTHER
from tests.support.tables import Expected, halt, saying, sets, table

HALTED = OVER_ANOTHER | {"halt": replace(HALT, cause=Cause.GATE)}
"""Over what users met: nobody is spared."""

WAYS: dict[str, Mapping[str, Any]] = {
    "halt": HALTED,
    "stop": STOPPED,
    "second signal": STOPPED_TWICE,
    "abort": ABORTED,
    "abort --restore": PUTTING_BACK,
}
STEP = RunStep("web1", Course.UPGRADE, 0, 0, SEATS)
JOINED = replace(STEP, joins=True)
RUNNING: dict[str, Any] = {"work": STEP, "unfinished": True}
LEFT_RUNNING: dict[str, Any] = {"unfinished": True}
THROUGH: dict[str, Any] = {"step": 1}
BROKEN: dict[str, Any] = {"passed": False, "detail": "exit code 4"}
CHANGED: dict[str, Any] = {"begun": True}
CONDEMNED: dict[str, Any] = {"condemned": True}

STOOD_DOWN = MemberStoodDown("web1")
RESTORE, HOLD, REMOVE = sets(Setting.RESTORE), sets(Setting.HOLD), sets(Setting.REMOVE)
PUT_BACK, VALIDATE = sets(Setting.PUT_BACK), Validate("web1", Course.UPGRADE, SEATS)
ASK = AskGuard("web1", Course.UPGRADE, 0, SEATS)
RETURNED = MemberReturned("web1")
LEFT_OUT = saying(MemberFailed, "changed, and not verified")
FAILED = saying(MemberFailed, "exit code 4")
KEPT = saying(MemberKept, "10 % of its weight", is_out=False)
SOAKED = SoakEnded("web1", "in rotation, its soak cut short by the abort")

Row = tuple[MemberState, tuple[Expected, ...]]


def row(phase: Phase, changes: dict[str, Any], *outputs: Expected) -> Row:
    """One output for all ways, or one each: halt, stop, second signal, abort, abort --restore."""
    return standing(phase, **changes), outputs * len(WAYS) if len(outputs) == 1 else outputs


MATRIX: dict[str, Row] = {
    "asked about": row(Phase.ASKING, {}, STOOD_DOWN),
    "due": row(Phase.DUE, {}, STOOD_DOWN),
    "draining": row(Phase.DRAINING, {}, RESTORE),
    "draining, changed before": row(Phase.DRAINING, CHANGED, HOLD),
    "holding": row(Phase.HOLDING, {}, RESTORE),
    "holding, changed before": row(Phase.HOLDING, CHANGED, HOLD),
    "out": row(Phase.OUT, {}, RESTORE),
    "out, changed before": row(Phase.OUT, CHANGED, LEFT_OUT, None, None, None, None),
    "out, and its step may run": row(
        Phase.OUT, CHANGED | LEFT_RUNNING, LEFT_OUT, None, None, None, None
    ),
    "a step runs": row(Phase.UPGRADING, RUNNING, None),
    "a step may run": row(Phase.UPGRADING, LEFT_RUNNING, JOINED, JOINED, None, JOINED, JOINED),
    "a step may run, and it is not quiet": row(Phase.UPGRADING, LEFT_RUNNING | {"quiet": {}}, None),
    "between two steps": row(Phase.UPGRADING, {}, LEFT_OUT, None, None, None, None),
    "a step was lost": row(Phase.UPGRADING, {"lost": True}, LEFT_OUT, None, None, None, None),
    "all steps lost": row(
        Phase.UPGRADING, THROUGH | {"lost": True}, LEFT_OUT, None, None, None, None
    ),
    "a step failed": row(
        Phase.UPGRADING,
        BROKEN,
        FAILED,
        halt(Cause.MEMBER, "web1: exit code 4"),
        None,
        FAILED,
        FAILED,
    ),
    "through its steps": row(
        Phase.UPGRADING, THROUGH, LEFT_OUT, VALIDATE, None, VALIDATE, VALIDATE
    ),
    "proving": row(Phase.PROVING, {}, LEFT_OUT, ASK, None, ASK, ASK),
    "proving, and how its step ended is not known": row(
        Phase.PROVING, {"lost": True}, LEFT_OUT, ASK, None, ASK, ASK
    ),
    "proving, and it is not there": row(
        Phase.PROVING,
        {"answer": Answer.NEEDED, "detail": "exit code 1"},
        LEFT_OUT,
        halt(Cause.MEMBER, "`unless` does not confirm it: exit code 1"),
        None,
        saying(MemberFailed, "exit code 1"),
        saying(MemberFailed, "exit code 1"),
    ),
    "proving, and its step would have to run again": row(
        Phase.PROVING, {"lost": True, "answer": Answer.NEEDED}, LEFT_OUT, None, None, None, None
    ),
    "proving, nothing was changed": row(Phase.PROVING, {"begun": False}, RESTORE),
    "validating": row(Phase.VALIDATING, {}, LEFT_OUT, VALIDATE, None, VALIDATE, VALIDATE),
    "being validated": row(Phase.VALIDATING, {"work": VALIDATE}, LEFT_OUT, None, None, None, None),
    "validating failed": row(
        Phase.VALIDATING,
        BROKEN,
        FAILED,
        halt(Cause.MEMBER, "web1: exit code 4"),
        None,
        FAILED,
        FAILED,
    ),
    "validating, nothing was changed": row(Phase.VALIDATING, {"begun": False}, RESTORE),
    "checking": row(Phase.CHECKING, {}, REMOVE, PUT_BACK, HOLD, PUT_BACK, PUT_BACK),
    "returning": row(Phase.RETURNING, {}, RETURNED),
    "ramping": row(Phase.RAMPING, {}, None, PUT_BACK, None, KEPT, PUT_BACK),
    "ramping, failed": row(Phase.RAMPING, CONDEMNED, REMOVE),
    "soaking": row(Phase.SOAKING, {}, None, None, None, SOAKED, SOAKED),
    "soaking, its time over": row(
        Phase.SOAKING, {"warmed_at": ago(999)}, None, None, None, SOAKED, SOAKED
    ),
    "soaking, failed": row(Phase.SOAKING, CONDEMNED, REMOVE),
    "removing": row(Phase.REMOVING, {}, REMOVE),
    "restoring": row(Phase.RESTORING, {}, RESTORE),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", MATRIX)
def test_each_phase(case: str, way: str) -> None:
    """What follows for a member in progress, after each way in which a rollout ends early."""
    m, outputs = MATRIX[case]
    ctx = a_context(m, **WAYS[way])
    assert settle(ctx, m) == outputs[list(WAYS).index(way)]


def test_a_step_that_may_run_is_joined_at_a_known_address() -> None:
    """Where a balancer shows none, it is waited for: a step is never made for a former address."""
    m = standing(Phase.UPGRADING, **LEFT_RUNNING)
    ctx = a_context(m, at={"lb2": {"occupant": None}}, **WAYS["halt"])
    assert settle(ctx, m) is None


def test_every_phase_is_in_the_matrix() -> None:
    """A new phase must be thought of here."""
    assert {m.phase for m, _ in MATRIX.values()} == IN_PROGRESS | {Phase.ASKING}


@pytest.mark.parametrize("way", WAYS)
@table(
    "changes shown",
    {
        "a setting is open": ({"setting": Setting.HOLD}, {}),
        "a setting failed just now": ({"tries": 1, "tried_at": ago(0.1)}, {}),
        "a balancer was never asked": ({}, {"unasked": ("lb2",)}),
    },
)
def test_waited_for(way: str, changes: dict[str, Any], shown: dict[str, Any]) -> None:
    """An open setting, a pause after a failure, and the first look come before all else."""
    ctx = a_context(standing(Phase.DRAINING, **changes), **shown, **WAYS[way])
    assert settle(ctx, the(ctx)) is None


# --- a step that runs, or may run --------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
@table(
    "changes shown output",
    {
        "a reload": (RUNNING, {"workers": {"lb2": RELOADED}}, HOLD),
        "somebody else": (RUNNING, {}, ForeignHandSeen("web1", "lb2")),
        "a reload, and no process knows of it": (
            LEFT_RUNNING,
            {"workers": {"lb2": RELOADED}},
            HOLD,
        ),
    },
)
def test_put_in_rotation_meanwhile(
    way: str, changes: dict[str, Any], shown: dict[str, Any], output: Expected
) -> None:
    """While a step runs its member is taken out once more (S4)."""
    ctx = a_context(standing(Phase.UPGRADING, **changes), at={"lb2": READY}, **shown, **WAYS[way])
    assert settle(ctx, the(ctx)) == output


@table(
    "changes shown output",
    {
        "it may be joined": ({}, {}, JOINED),
        "it was waited for": ({"since": ago(300)}, {}, LEFT_OUT),
        "a balancer is lost for good": ({}, {"silent": {"lb2": ago(30)}}, LEFT_OUT),
        "a balancer is lost for a while": ({}, {"silent": {"lb2": ago(29)}}, None),
        "the journal has failed": ({}, {"journal": JournalSeen(fault="full")}, LEFT_OUT),
        "somebody else has it in rotation": (
            {"foreign": True, "confirmed": None},
            {"shows": READY},
            saying(MemberKept, "somebody else put it in rotation", is_out=False),
        ),
    },
)
def test_joined(changes: dict[str, Any], shown: dict[str, Any], output: Expected) -> None:
    """A step whose end is not known is joined, but not waited for without end (S7)."""
    ctx = a_context(standing(Phase.UPGRADING, **LEFT_RUNNING | changes), **shown, **HALTED)
    assert settle(ctx, the(ctx)) == output


@pytest.mark.parametrize("way", ["stop", "second signal", "abort", "abort --restore"])
@table(
    "phase changes shown output",
    {
        "between two steps": (Phase.UPGRADING, {}, {}, HOLD),
        "out, changed before": (Phase.OUT, CHANGED, {}, HOLD),
        "its step was lost": (Phase.UPGRADING, THROUGH | {"lost": True}, {}, HOLD),
        "its step would have to run again": (
            Phase.PROVING,
            {"lost": True, "answer": Answer.NEEDED},
            {},
            HOLD,
        ),
        "the floor needs it": (Phase.UPGRADING, {}, {"others": FAILING}, None),
        "somebody else put it back": (Phase.UPGRADING, {}, {"workers": {}}, None),
        "it cannot be held out": (Phase.UPGRADING, {}, {"plan": a_plan(holds_out=False)}, None),
    },
)
def test_reloaded_after_a_stop(
    way: str, phase: Phase, changes: dict[str, Any], shown: dict[str, Any], output: Expected
) -> None:
    """Others are brought to rest meanwhile, which may take long: what nobody may meet is held out
    once more (S4, S9)."""
    reloaded: dict[str, Any] = {"workers": {"lb2": RELOADED}, "at": {"lb2": READY}}
    ctx = a_context(standing(phase, **changes), **reloaded | shown, **WAYS[way])
    assert settle(ctx, the(ctx)) == output


# --- what cannot be done -----------------------------------------------------------------------

THRICE: dict[str, Any] = {"tries": 3, "tried_at": ago(1), "set_at": None, "why": "lb2: no"}
ONCE: dict[str, Any] = {**THRICE, "tries": 1}
LOST: dict[str, Any] = {"silent": {"lb2": ago(30)}}


@pytest.mark.parametrize("way", WAYS)
@table(
    "phase changes shown output",
    {
        "restoring, once": (Phase.RESTORING, ONCE, {}, RESTORE),
        "restoring, three times": (
            Phase.RESTORING,
            THRICE,
            {},
            saying(MemberFailed, "could not be put back as it was: lb2: no"),
        ),
        "restoring, what is done once": (
            Phase.RESTORING,
            ONCE | {"is_final": True},
            {},
            saying(MemberFailed, "could not be put back as it was: lb2: no"),
        ),
        "restoring, once, and lost for good": (
            Phase.RESTORING,
            ONCE,
            LOST,
            saying(MemberFailed, "could not be put back"),
        ),
        "restoring, not tried, and lost for good": (Phase.RESTORING, {}, LOST, RESTORE),
        "holding, once": (Phase.HOLDING, CHANGED | ONCE, {}, HOLD),
        "holding, three times, and it is out": (
            Phase.HOLDING,
            CHANGED | THRICE,
            {"shows": DRAINS},
            saying(MemberFailed, "could not be taken out: lb2: no"),
        ),
        "holding, three times, and it is in": (
            Phase.HOLDING,
            CHANGED | THRICE,
            {"at": {"lb2": READY}},
            saying(MemberKept, "could not be taken out: lb2: no"),
        ),
        "draining first goes back": (Phase.DRAINING, THRICE, {}, RESTORE),
        "draining is first held": (Phase.DRAINING, CHANGED | THRICE, {}, HOLD),
        "removing, twice": (Phase.REMOVING, {**THRICE, "tries": 2}, {}, REMOVE),
        "removing, three times, and it is out": (
            Phase.REMOVING,
            THRICE,
            {},
            saying(MemberFailed, "could not be taken out again: lb2: no"),
        ),
        "removing, three times, and it is in": (
            Phase.REMOVING,
            THRICE,
            {"at": {"lb2": READY}},
            saying(MemberKept, "could not be taken out again: lb2: no"),
        ),
    },
)
def test_given_up(
    way: str, phase: Phase, changes: dict[str, Any], shown: dict[str, Any], output: Expected
) -> None:
    """A balancer is told three times; then the member is left where it was last seen."""
    ctx = a_context(standing(phase, **changes), **shown, **WAYS[way])
    assert settle(ctx, the(ctx)) == output


# --- what somebody else did --------------------------------------------------------------------

THEIRS: dict[str, Any] = {"foreign": True}
NOT_FOUGHT = "somebody else"


@table(
    "phase changes shown output",
    {
        "draining, and put in": (
            Phase.DRAINING,
            CHANGED | THEIRS,
            READY,
            saying(MemberKept, NOT_FOUGHT, is_out=False),
        ),
        "out, and put in": (
            Phase.OUT,
            CHANGED | THEIRS,
            READY,
            saying(MemberKept, NOT_FOUGHT, is_out=False),
        ),
        "out again": (Phase.OUT, CHANGED | THEIRS, OUT, LEFT_OUT),
        "why it failed is kept": (
            Phase.VALIDATING,
            {"why": "the first reason"},
            OUT,
            saying(MemberFailed, "the first reason"),
        ),
        "what has not failed is no reason": (
            Phase.VALIDATING,
            {"detail": "answered 200"},
            OUT,
            LEFT_OUT,
        ),
        "returning, and taken out": (
            Phase.RETURNING,
            THEIRS,
            OUT,
            saying(MemberKept, "changed it", is_out=True),
        ),
        "returning, and put in": (
            Phase.RETURNING,
            THEIRS,
            READY,
            saying(MemberKept, "changed it", is_out=False),
        ),
        "removing, and put in": (
            Phase.REMOVING,
            THEIRS,
            READY,
            saying(MemberKept, "changed it", is_out=False),
        ),
        "ramping, reweighed": (
            Phase.RAMPING,
            THEIRS,
            {"weight": 7},
            saying(MemberKept, "changed it", is_out=False),
        ),
        "soaking, taken out before": (
            Phase.SOAKING,
            THEIRS,
            OUT,
            saying(MemberKept, "took it out", is_out=True),
        ),
        "soaking, taken out now": (
            Phase.SOAKING,
            {},
            OUT,
            saying(MemberKept, "took it out", is_out=True),
        ),
        "soaking, its weight taken now": (
            Phase.SOAKING,
            {},
            {"weight": 0},
            saying(MemberKept, "took it out", is_out=True),
        ),
        "soaking, failed, and taken out now": (
            Phase.SOAKING,
            CONDEMNED,
            DRAINS,
            saying(MemberKept, "took it out", is_out=True),
        ),
    },
)
def test_not_fought_over(
    phase: Phase, changes: dict[str, Any], shown: dict[str, Any], output: Expected
) -> None:
    """After a halt, what somebody else changed is left as they have it (S14)."""
    ctx = a_context(standing(phase, **changes), shows=shown, **HALTED)
    assert settle(ctx, the(ctx)) == output


@table("shown", {"long ago": ({"seen": ago(3)},), "out at one": ({"at": {"lb2": READY}},)})
def test_not_known_to_be_out(shown: dict[str, Any]) -> None:
    """What is in rotation somewhere, or was not seen of late, is not told to be out."""
    ctx = a_context(standing(Phase.RETURNING, **THEIRS), shows=OUT, **shown, **HALTED)
    why = "somebody else changed it; poolroll left it as it is"
    assert settle(ctx, the(ctx)) == MemberKept("web1", why, is_out=False)


# --- who was half-way back ---------------------------------------------------------------------

AT_ONE: dict[str, Any] = {"at": {"lb2": DRAINS}}
"""In rotation at lb1, not yet at lb2."""
NEEDED: dict[str, Any] = {"others": FAILING}
KEPT_BY_FLOOR = saying(MemberKept, "half-way back, but stays in rotation: without it 0 would")


@table(
    "phase changes shown output",
    {
        "back": (Phase.RETURNING, {}, {}, RETURNED),
        "back, and needed": (Phase.RETURNING, {}, NEEDED, RETURNED),
        "back, and failed": (Phase.RETURNING, CONDEMNED, {}, RETURNED),
        "at one balancer": (Phase.RETURNING, {}, AT_ONE, REMOVE),
        "at one balancer, and needed": (Phase.RETURNING, {}, AT_ONE | NEEDED, KEPT_BY_FLOOR),
        "at one balancer, needed, and failed": (
            Phase.RETURNING,
            CONDEMNED,
            AT_ONE | NEEDED,
            saying(MemberKept, "failed, but stays in rotation: without it 0 would"),
        ),
        "nowhere yet, and needed": (Phase.RETURNING, {}, {"shows": DRAINS} | NEEDED, REMOVE),
        "not seen since the halt": (Phase.RETURNING, {}, {"full": ago(1.5)}, None),
        "not seen since it was set": (Phase.RETURNING, {"set_at": ago(0.005)}, {}, None),
        "the end of its setting is not known": (Phase.RETURNING, {"set_at": None}, {}, PUT_BACK),
        "the end of its setting is not known, and it failed": (
            Phase.RETURNING,
            {"set_at": None} | CONDEMNED,
            {},
            REMOVE,
        ),
        "it could not be set": (Phase.RETURNING, THRICE, {}, REMOVE),
        "lost for good, and in rotation elsewhere": (
            Phase.RETURNING,
            {},
            LOST,
            saying(MemberKept, "half-way back in rotation, cut short by the halt", is_out=False),
        ),
        "lost for good, and in rotation only where it is seen": (
            Phase.RETURNING,
            {},
            LOST | AT_ONE,
            saying(MemberKept, "half-way back in rotation, cut short by the halt"),
        ),
        "lost for good, and in rotation nowhere": (
            Phase.RETURNING,
            {},
            LOST | {"shows": DRAINS},
            REMOVE,
        ),
        "checked, and met by nobody": (Phase.CHECKING, {}, NEEDED, REMOVE),
        "checked, met by nobody, and the pool not seen since the halt": (
            Phase.CHECKING,
            {},
            {"full": ago(1.5)},
            REMOVE,
        ),
        "checked, and met by users": (Phase.CHECKING, {}, {"at": {"lb2": READY}}, REMOVE),
        "checked, and met by users everywhere": (Phase.CHECKING, {}, {"shows": READY}, REMOVE),
        "checked, met by users, and needed": (
            Phase.CHECKING,
            {},
            {"at": {"lb2": READY}} | NEEDED,
            KEPT_BY_FLOOR,
        ),
        "to be removed, and needed": (
            Phase.REMOVING,
            CONDEMNED,
            {"at": {"lb2": READY}} | NEEDED,
            saying(MemberKept, "failed, but stays in rotation"),
        ),
    },
)
def test_half_way_back(
    phase: Phase, changes: dict[str, Any], shown: dict[str, Any], output: Expected
) -> None:
    """After a halt, what users meet is taken out only where the floor holds without it (S2)."""
    ctx = a_context(standing(phase, **changes), **shown, **HALTED)
    assert settle(ctx, the(ctx)) == output


@table(
    "phase changes shown output is_rest",
    {
        "back, and needed": (Phase.RETURNING, {}, NEEDED, RETURNED, True),
        "at one balancer": (Phase.RETURNING, {}, AT_ONE, HOLD, True),
        "at one balancer, and needed": (Phase.RETURNING, {}, AT_ONE | NEEDED, None, True),
        "not known how it was set, and needed": (
            Phase.RETURNING,
            {"set_at": None},
            NEEDED,
            None,
            True,
        ),
        "not seen since it was set": (
            Phase.RETURNING,
            {"set_at": ago(0.005)},
            {},
            None,
            False,
        ),
        "not to be seen": (Phase.RETURNING, {}, {"silent": {"lb2": ago(1)}}, None, True),
        "checked, met by nobody, and the pool not seen since it was set": (
            Phase.CHECKING,
            {},
            {"full": ago(6)},
            HOLD,
            False,
        ),
        "checked, and met by users everywhere": (
            Phase.CHECKING,
            {},
            {"shows": READY},
            HOLD,
            True,
        ),
        "checked, met by users, and needed": (
            Phase.CHECKING,
            {},
            {"at": {"lb2": READY}} | NEEDED,
            None,
            True,
        ),
    },
)
def test_second_signal_half_way_back(
    phase: Phase, changes: dict[str, Any], shown: dict[str, Any], output: Expected, is_rest: bool
) -> None:
    """No time is left for its return: what the floor needs stays in rotation (S2, S11)."""
    ctx = a_context(standing(phase, **changes), **shown, **STOPPED_TWICE)
    assert settle(ctx, the(ctx)) == output
    assert is_at_rest(ctx, the(ctx)) is is_rest


# --- who failed in rotation --------------------------------------------------------------------


def failed(**shown: Any) -> Context:
    return a_context(standing(Phase.SOAKING, **CONDEMNED), **{**HALTED, **shown})


@table(
    "ctx output",
    {
        "the floor holds": (failed(), REMOVE),
        "the floor needs it (S2)": (
            failed(others=FAILING),
            saying(MemberKept, "without it 0 would serve (web at lb1)", is_out=False),
        ),
        "the pool was not seen since the halt": (failed(full=ago(1.5)), None),
        "the pool was not seen, and is lost for good": (failed(**LOST), REMOVE),
        "it is not known since when": (failed(halted_at=None), REMOVE),
        "the floor holds as it stands": (
            failed(plan=a_plan(min_available=2)),
            REMOVE,
        ),
        "one more would be too many": (
            failed(plan=a_plan(min_available=3)),
            saying(MemberKept, "failed, but stays in rotation: without it 2 would serve"),
        ),
    },
)
def test_failed_in_rotation(ctx: Context, output: Expected) -> None:
    """It is taken out again unless the floor needs it, by a look since the halt (S2, S6)."""
    assert settle(ctx, the(ctx)) == output


# --- how long a stop waits ---------------------------------------------------------------------


@table(
    "phase changes output",
    {
        "through its steps": (Phase.UPGRADING, THROUGH, None),
        "its step has just ended": (Phase.UPGRADING, THROUGH | {"step_ended": ago(5)}, VALIDATE),
        "validating": (Phase.VALIDATING, {}, None),
        "validating, its step has just ended": (Phase.VALIDATING, {"step_ended": ago(5)}, VALIDATE),
        "checking": (Phase.CHECKING, {}, HOLD),
        "returning": (Phase.RETURNING, {}, RETURNED),
        "ramping": (Phase.RAMPING, {}, None),
    },
)
def test_no_time_left(phase: Phase, changes: dict[str, Any], output: Expected) -> None:
    """A stop lets a member finish its way for as long as its return may take (S11)."""
    for stopped_at in (ago(600), ago(60)):
        ctx = a_context(standing(phase, **changes), **STOPPED | {"stopped_at": stopped_at})
        assert settle(ctx, the(ctx)) == output


MISSED: dict[str, Any] = {
    **HALTED,
    "halt": Halted(Cause.TRAFFIC, "nobody comes", "they must", "web1"),
}
NOT_MISSED: dict[str, Any] = {
    **HALTED,
    "halt": Halted(Cause.MEMBER, "it is ill", "it must not be", "web1"),
}
MISSED_ELSE: dict[str, Any] = {
    **HALTED,
    "halt": Halted(Cause.TRAFFIC, "nobody comes", "they must", "web2"),
}
MISSED_LONG_AGO: dict[str, Any] = {**MISSED, "halted_at": ago(61)}


@table(
    "ctx output",
    {
        "not begun": (a_context(standing(Phase.OUT), **MISSED), RESTORE),
        "through its steps": (a_context(standing(Phase.UPGRADING, **THROUGH), **MISSED), VALIDATE),
        "between two steps": (a_context(standing(Phase.UPGRADING), **MISSED), LEFT_OUT),
        "validating": (a_context(standing(Phase.VALIDATING), **MISSED), VALIDATE),
        "its step failed": (
            a_context(standing(Phase.UPGRADING, **BROKEN), **MISSED),
            saying(MemberFailed, "exit code 4"),
        ),
        "somebody else has it": (
            a_context(standing(Phase.CHECKING, foreign=True), shows=READY, **MISSED),
            saying(MemberKept, "somebody else", is_out=False),
        ),
        "somebody else had a hand in it": (
            a_context(standing(Phase.VALIDATING, foreign=True), **MISSED),
            LEFT_OUT,
        ),
        "it is not missed, it failed": (
            a_context(standing(Phase.VALIDATING), **NOT_MISSED),
            LEFT_OUT,
        ),
        "another one is missed": (a_context(standing(Phase.VALIDATING), **MISSED_ELSE), LEFT_OUT),
        "an abort came since": (
            a_context(standing(Phase.CHECKING), **MISSED_LONG_AGO | ABORTED),
            PUT_BACK,
        ),
        "another occupant came": (
            a_context(standing(Phase.VALIDATING), shows={"occupant": ANOTHER}, **MISSED),
            LEFT_OUT,
        ),
        "checking": (a_context(standing(Phase.CHECKING), **MISSED), PUT_BACK),
        "checking for too long": (a_context(standing(Phase.CHECKING), **MISSED_LONG_AGO), REMOVE),
        "back in part": (a_context(standing(Phase.RAMPING), **MISSED), None),
        "back": (a_context(standing(Phase.SOAKING), **MISSED), None),
    },
)
def test_missed(ctx: Context, output: Expected) -> None:
    """A member that users are kept from the pool by comes back as soon as it is proven."""
    assert settle(ctx, the(ctx)) == output


def test_put_back_takes_its_time() -> None:
    """`abort --restore` waits for as long as it takes."""
    long_ago = {**PUTTING_BACK, "stopped_at": ago(9999)}
    ctx = a_context(standing(Phase.CHECKING), **long_ago)
    assert settle(ctx, the(ctx)) == PUT_BACK


# --- at rest -----------------------------------------------------------------------------------

HELD_ONCE_MORE: dict[str, Any] = {"setting": Setting.HOLD}


@table(
    "phase changes way is_rest",
    {
        "waiting": (Phase.WAITING, {}, "stop", True),
        "done": (Phase.DONE, {}, "stop", True),
        "failed": (Phase.FAILED, {}, "abort", True),
        "draining": (Phase.DRAINING, {}, "stop", False),
        "holding": (Phase.HOLDING, {}, "stop", False),
        "removing": (Phase.REMOVING, {}, "stop", False),
        "restoring": (Phase.RESTORING, {}, "stop", False),
        "out": (Phase.OUT, CHANGED, "stop", True),
        "a step runs": (Phase.UPGRADING, RUNNING, "stop", False),
        "a step runs for long": (Phase.UPGRADING, RUNNING | {"since": ago(300)}, "stop", False),
        "a step runs, a second signal": (Phase.UPGRADING, RUNNING, "second signal", True),
        "a step runs, held once more": (
            Phase.UPGRADING,
            RUNNING | HELD_ONCE_MORE,
            "second signal",
            True,
        ),
        "held once more": (Phase.UPGRADING, HELD_ONCE_MORE, "stop", False),
        "held once more, a second signal": (
            Phase.UPGRADING,
            HELD_ONCE_MORE,
            "second signal",
            False,
        ),
        "held once more while a step may run, a second signal": (
            Phase.UPGRADING,
            LEFT_RUNNING | HELD_ONCE_MORE,
            "second signal",
            False,
        ),
        "a step may run": (Phase.UPGRADING, LEFT_RUNNING, "stop", False),
        "a step may run, a second signal": (
            Phase.UPGRADING,
            LEFT_RUNNING,
            "second signal",
            True,
        ),
        "a step may run, and was waited for": (
            Phase.UPGRADING,
            LEFT_RUNNING | {"since": ago(300)},
            "stop",
            True,
        ),
        "between two steps": (Phase.UPGRADING, {}, "stop", True),
        "through its steps": (Phase.UPGRADING, THROUGH, "stop", False),
        "through its steps, a second signal": (Phase.UPGRADING, THROUGH, "second signal", True),
        "checking": (Phase.CHECKING, {}, "stop", False),
        "checking, being set": (Phase.CHECKING, HELD_ONCE_MORE, "second signal", False),
        "checking, a try failed": (
            Phase.CHECKING,
            {"tries": 1, "tried_at": ago(0.1)},
            "second signal",
            False,
        ),
        "ramping": (Phase.RAMPING, {}, "stop", False),
        "soaking": (Phase.SOAKING, {}, "stop", True),
        "soaking, failed": (Phase.SOAKING, CONDEMNED, "stop", False),
    },
)
def test_at_rest(phase: Phase, changes: dict[str, Any], way: str, is_rest: bool) -> None:
    """Whether a stop has nothing more to wait for."""
    ctx = a_context(standing(phase, **changes), **WAYS[way])
    assert is_at_rest(ctx, the(ctx)) is is_rest


@pytest.mark.parametrize(("phase", "is_rest"), [(Phase.SOAKING, False), (Phase.DONE, True)])
def test_at_rest_before_the_first_look(phase: Phase, is_rest: bool) -> None:
    """A process that has seen nothing yet leaves nobody who is in progress."""
    ctx = a_context(standing(phase), unasked=("lb2",), **STOPPED)
    assert is_at_rest(ctx, the(ctx)) is is_rest
