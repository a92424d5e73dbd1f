"""What an event changes about the rollout, field by field: these, and no others."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import pytest

from controller.core import events as e
from controller.core.gates.gate import AlertGate, CounterGate, Scope
from controller.core.gates.tally import Tally
from controller.core.outcome import ExitCode, Outcome
from controller.core.phases import IllegalMove, Phase
from controller.core.plan.plan import Plan
from controller.core.pool import Counters, Found, Incarnation, Member
from controller.core.state.apply import FORMERS_KEPT, apply
from controller.core.state.invariants import InvariantBroken
from controller.core.state.parts import MemberState
from controller.core.state.pool_state import PoolState
from controller.core.state.state import Former, GateState, Mode, State
from controller.core.steps import AskGuard, ClosePool, Course, OpenPool, RunStep, SetMember, Setting
from tests.support.contexts import (
    ABORTED,
    FOUND,
    HALT,
    HALTED,
    NOW,
    RELOADED,
    ROLLING_BACK,
    STOPPED,
    WORKER,
    WORKERS,
    a_context,
    a_plan,
    ago,
    seconds,
    standing,
)
from tests.support.members import difference, member
from tests.support.tables import table

Changes = dict[str, Any]
SILENT = e.JournalSeen(is_late=True, is_silent=True)
LATE, FULL = e.JournalSeen(is_late=True), e.JournalSeen(fault="the disk is full")

ALERTS = AlertGate("alerts", Scope.POOL)
PLAN = a_plan(gates=(CounterGate("errors", Scope.MEMBER, 0.01), ALERTS), max_unavailable=2)
UNTOUCHED: Changes = {"touched": False}


def given(*members: MemberState, **state: Any) -> State:
    return a_context(*members, plan=PLAN, **state).state


def after(
    before: State, event: e.Event, plan: Plan = PLAN
) -> tuple[Changes, Mapping[str, Changes]]:
    """What changed about the rollout, and about each member that was changed."""
    now = apply(plan, before, event, NOW)
    of_members = {
        name: difference(before.members[name], m)
        for name, m in now.members.items()
        if m != before.members[name]
    }
    return {
        one.name: getattr(now, one.name)
        for one in fields(State)
        if one.name != "members" and getattr(before, one.name) != getattr(now, one.name)
    }, of_members


# --- the run -----------------------------------------------------------------------------------

FINISHED = e.Finished(Outcome.HALTED, ExitCode.HALTED, "seen")
AGAIN = e.RunBegan("ann", overrides={"errors": "known"})


@table(
    "before mode",
    {
        "at its start": (given(), Mode.RUNNING),
        "after a crash": (given(standing(Phase.DRAINING), paused=True), Mode.RUNNING),
        "after a stop": (given(**STOPPED), Mode.RUNNING),
        "after a halt": (given(**HALTED), Mode.HALTED),
        "after a halt that had ended": (
            given(**{**HALTED, "mode": Mode.FINISHED, "finished": FINISHED}),
            Mode.HALTED,
        ),
        "refused before": (
            given(
                **{
                    **HALTED,
                    "mode": Mode.FINISHED,
                    "finished": replace(FINISHED, outcome=Outcome.REFUSED),
                }
            ),
            Mode.HALTED,
        ),
        "rolling back": (given(**ROLLING_BACK), Mode.ROLLING_BACK),
        "aborted": (given(**ABORTED), Mode.STOPPING),
        "aborted after a halt": (given(**{**HALTED, **ABORTED}), Mode.STOPPING),
    },
)
def test_run_began(before: State, mode: Mode) -> None:
    """A new process goes on where the former was; a stop was that process's, a halt stands."""
    now = apply(PLAN, before, AGAIN, NOW)
    assert (now.mode, now.run, now.began_at) == (mode, AGAIN, NOW)
    assert (now.stop, now.finished, now.paused, now.short_since) == (None, None, False, None)
    assert now.halted_at == (NOW if before.halt is not None else None)
    assert now.stopped_at == (NOW if before.abort is not None else None)
    assert (now.halt, now.abort, now.rolling) == (before.halt, before.abort, before.rolling)


def test_what_a_new_process_does_not_know() -> None:
    """What was only seen, asked or timed starts again; what the journal says stays."""
    m = standing(
        Phase.UPGRADING,
        work=RunStep("web1", Course.UPGRADE, 0, 0),
        unfinished=True,
        tries=2,
        approved=True,
        drain_since=ago(9),
    )
    before = given(
        m,
        short_since=ago(9),
        formers={"lb2": Former((WORKER,), ago(-9))},
        gates={("errors", ""): PASSED},
    )
    now, members = after(before, AGAIN)
    assert members["web1"] == {
        "since": NOW,
        "set_at": None,
        "tries": 0,
        "work": None,
        "quiet": {},
        "drain_since": None,
        "approved": False,
    }
    assert now["formers"]["lb2"] == Former((WORKER,), NOW + PLAN.policies.drain.timeout)
    assert now["gates"] == {}


@table(
    "before event changes",
    {
        "finished": (
            given(),
            FINISHED,
            {"mode": Mode.FINISHED, "finished": FINISHED},
        ),
        "the file was kept": (
            given(),
            e.FileKept("abc", "def"),
            {"fingerprint": "abc", "notices": "def"},
        ),
        "the lock was lost": (given(), e.LockLost("another one has it"), {}),
        "the journal stood still": (given(), e.JournalStalled("the disk is full"), {}),
        "the floor does not hold": (
            given(),
            e.CapacityShort(1, "web at lb1"),
            {"short_since": NOW},
        ),
        "the floor holds again": (
            given(short_since=ago(9)),
            e.CapacityBack(2),
            {"short_since": None},
        ),
        "touched by a setting": (
            given(standing(Phase.DUE), **UNTOUCHED),
            e.Intended(SetMember("web1", Setting.DRAIN, FOUND)),
            {"touched": True},
        ),
        "touched by a step": (
            given(standing(Phase.OUT), **UNTOUCHED),
            e.Intended(RunStep("web1", Course.UPGRADE, 0, 0)),
            {"touched": True},
        ),
        "not touched by a question": (
            given(**UNTOUCHED),
            e.Intended(AskGuard("web1", Course.UPGRADE, 0)),
            {},
        ),
        "a member is done": (
            given(standing(Phase.SOAKING), done=4),
            e.SoakEnded("web1", ""),
            {"done": 5},
        ),
        "its ramp was refused": (
            given(standing(Phase.RETURNING)),
            e.RampRefused("web1", "no"),
            {"ramp_refused": True},
        ),
        "who confirmed is known from now on": (
            given(standing(Phase.DRAINING, setting=Setting.DRAIN), known={"lb1": RELOADED}),
            e.MemberSet("web1", Setting.DRAIN, WORKERS),
            {"known": {"lb1": RELOADED, "lb2": WORKER}},
        ),
    },
)
def test_rollout(before: State, event: e.Event, changes: Changes) -> None:
    """What is known of the rollout as a whole."""
    assert after(before, event)[0] == changes


def test_members_are_numbered_as_they_get_done() -> None:
    """The way back goes newest first."""
    state = given(standing(Phase.SOAKING), standing(Phase.SOAKING, "web2"))
    for name in ("web2", "web1"):
        state = apply(PLAN, state, e.SoakEnded(name, ""), NOW)
    assert [state.members[n].finished_turn for n in ("web1", "web2", "web3")] == [2, 1, 0]
    assert state.done == 2


# --- the pool as a whole -------------------------------------------------------------------------

KEPT = {"paused": "false"}
OPEN = PoolState(kept=KEPT)
OPENED = replace(OPEN, opened_at=NOW)
CLOSE = ClosePool(KEPT)
BEGUN = PoolState(is_begun=True, work=OpenPool())


@table(
    "whole event changes",
    {
        "to be opened": (PoolState(), e.Intended(OpenPool()), BEGUN),
        "opened": (PoolState(work=OpenPool(), tries=2), e.PoolOpened(KEPT), OPENED),
        "it may have been": (BEGUN, AGAIN, PoolState(is_begun=True)),
        "to be put back, not opened": (
            replace(BEGUN, work=None, tries=5),
            e.Intended(ClosePool({})),
            replace(BEGUN, work=ClosePool({}), kept={}),
        ),
        "to be closed": (OPEN, e.Intended(CLOSE), replace(OPEN, work=CLOSE)),
        "closed": (
            replace(OPEN, work=CLOSE),
            e.PoolClosed(),
            PoolState(is_closed=True, closed_at=NOW),
        ),
        "failed": (
            replace(OPEN, work=CLOSE, tries=1),
            e.PoolStepFailed("no", retryable=True),
            replace(OPEN, tries=2, tried_at=NOW, why="no"),
        ),
        "in a new process": (replace(OPEN, work=CLOSE, tries=3, why="no"), AGAIN, OPEN),
    },
)
def test_pool_as_a_whole(whole: PoolState, event: e.Event, changes: PoolState) -> None:
    """What was found of it is known exactly while it is open."""
    now = apply(PLAN, given(whole=whole), event, NOW)
    assert now.whole == changes
    assert now.touched


def test_open_and_closed_must_not_be() -> None:
    """A pool that was put back is not open."""
    with pytest.raises(InvariantBroken, match="open and closed"):
        apply(PLAN, given(whole=PoolState(KEPT, is_closed=True)), FINISHED, NOW)


@table(
    "found changes",
    {
        "in rotation": (None, {}),
        "out": (FOUND, {"found": FOUND, "begun": True}),
    },
)
def test_joined(found: Found | None, changes: Changes) -> None:
    """A new member waits; one that is out is never back without validation (S4)."""
    one = Member("web9", "10.0.0.9", 80)
    now = apply(PLAN, given(), e.MemberJoined(one, found), NOW)
    assert now.joined == (one,)
    assert difference(member("web9", since=NOW), now.members["web9"]) == changes


def test_one_that_left_joins_again() -> None:
    """What runs for it then are jobs of their own; it keeps its turn."""
    one = Member("web1", "10.0.0.9", 80)
    left = standing(Phase.LEFT, is_gone=True, attempt=2, serial=5)
    now = apply(PLAN, given(left, joined=(one,)), e.MemberJoined(one), NOW)
    assert now.joined == (one,)
    again = member("web1", since=NOW)
    assert difference(again, now.members["web1"]) == {"attempt": 3, "serial": 5}


# --- halts and ways back -----------------------------------------------------------------------

BY_GATE = e.Halted(e.Cause.GATE, "seen", "limit", "web1", "errors", ("web1", "web2"))
SERVED = {"web1": Tally(Counters(1, 10))}
SOAKS = standing(Phase.SOAKING)


@table(
    "members event of_members",
    {
        "nobody's fault": ((SOAKS,), HALT, {}),
        "by a gate": (
            (SOAKS, standing(Phase.RAMPING, "web2")),
            BY_GATE,
            {
                "web1": {
                    "why": "failed gate 'errors'",
                    "condemned": True,
                    "disproven": "failed gate 'errors'",
                },
                "web2": {
                    "why": "not proven when web1 failed gate 'errors'",
                    "condemned": True,
                    "disproven": "not proven when web1 failed gate 'errors'",
                },
            },
        ),
        "by a gate on the pool, nobody named": (
            (SOAKS,),
            replace(BY_GATE, member=None, condemned=("web1",)),
            {
                "web1": {
                    "why": "not proven when gate 'errors' failed",
                    "condemned": True,
                    "disproven": "not proven when gate 'errors' failed",
                }
            },
        ),
        "by its health check": (
            (SOAKS,),
            e.Halted(e.Cause.MEMBER, "no longer healthy", "limit", "web1", None, ("web1",)),
            {
                "web1": {
                    "why": "no longer healthy",
                    "condemned": True,
                    "disproven": "no longer healthy",
                }
            },
        ),
        "by somebody else": (
            (standing(Phase.OUT), standing(Phase.OUT, "web2")),
            e.Halted(e.Cause.FOREIGN, "seen", "limit", "web1"),
            {"web1": {"foreign": True}},
        ),
        "who is not marked is marked": (
            (standing(Phase.SOAKING, mark=None),),
            HALT,
            {
                "web1": {
                    "mark": Counters(1, 10),
                    "peers_mark": {"web2": Counters(), "web3": Counters()},
                }
            },
        ),
    },
)
def test_halted(
    members: tuple[MemberState, ...], event: e.Halted, of_members: dict[str, Changes]
) -> None:
    """A halt names its cause, and who is to go out again."""
    changes, found = after(given(*members, tallies=SERVED), event)
    assert changes == {"mode": Mode.HALTED, "halt": event, "halted_at": NOW}
    assert found == of_members


def test_first_halt_stands() -> None:
    """A further one only ends what was going on."""
    changes, _ = after(given(**ROLLING_BACK), BY_GATE_OF_NOBODY)
    assert changes == {"mode": Mode.HALTED, "halted_at": NOW}


BY_GATE_OF_NOBODY = replace(BY_GATE, member=None, condemned=())


def test_rollback_began() -> None:
    """Whom it names waits for its turn, as one that was never asked about; the rest stays."""
    failed = standing(
        Phase.FAILED,
        step=1,
        attempt=2,
        serial=3,
        passed=False,
        condemned=True,
        answer=e.Answer.NEEDED,
    )
    done = standing(Phase.DONE, "web2")
    event = e.RollbackBegan(("web1", "web2"))
    changes, members = after(given(failed, done, **HALTED), event)
    assert changes == {"mode": Mode.ROLLING_BACK, "rolling": ("web1", "web2")}
    fresh = {"phase": Phase.WAITING, "since": NOW, "course": Course.ROLLBACK, "approved": True}
    assert members == {
        "web1": {
            **fresh,
            "step": 0,
            "attempt": 3,
            "passed": None,
            "condemned": False,
            "answer": None,
        },
        "web2": {**fresh, "step": 0, "attempt": 1, "begun": False},
    }


def test_what_a_reload_takes_out_of_a_rollback_is_waited_for() -> None:
    """One that is done comes back too before the rollout ends; one of those rolled back does so
    anyway."""
    before = given(standing(Phase.DONE), **{**ROLLING_BACK, "rolling": ("web2",)})
    changes, _ = after(before, e.MemberRelapsed("web1", "lb1", FOUND))
    assert changes == {"rolling": ("web2", "web1")}
    before = given(standing(Phase.SOAKING), **ROLLING_BACK)
    assert after(before, e.MemberRelapsed("web1", "lb1", FOUND))[0] == {}
    assert after(given(standing(Phase.DONE)), e.MemberRelapsed("web1", "lb1", FOUND))[0] == {}


@table(
    "event",
    {
        "a newcomer": (e.MemberJoined(Member("web9", "10.0.0.9", 80)),),
        "a newcomer that is out": (e.MemberJoined(Member("web9", "10.0.0.9", 80), FOUND),),
        "another one in a place": (e.MemberRenewed("web1", FOUND),),
    },
)
def test_who_comes_in_a_rollback_goes_back_too(event: e.Event) -> None:
    """Never forward again: `unless` of the way back is asked first."""
    assert isinstance(event, e.MemberJoined | e.MemberRenewed)
    before = given(standing(Phase.DONE), **{**ROLLING_BACK, "rolling": ("web1", "web2")})
    now = apply(PLAN, before, event, NOW)
    others = tuple(name for name in ("web1", "web2") if name != event.member)
    assert now.rolling == (*others, event.member)
    m = now.members[event.member]
    assert (m.phase, m.progress.course, m.consent.approved) == (
        Phase.WAITING,
        Course.ROLLBACK,
        True,
    )


# --- the operator ------------------------------------------------------------------------------

SIGNAL = e.StopRequested("SIGTERM")
ABORT = e.AbortRequested("ann", restore=True, request=7)
GO_ON = e.ResumeRequested("ann", "looked at it", request=7)
PASSED = GateState(ago(1), e.Verdict.PASS, "none failed")
RESUMED: Changes = {
    "mode": Mode.RUNNING,
    "halt": None,
    "halted_at": None,
    "heard": 7,
}
GOES_BACK = standing(Phase.SOAKING, course=Course.ROLLBACK)


@table(
    "before event changes",
    {
        "paused": (given(), e.PauseRequested("ann", request=7), {"paused": True, "heard": 7}),
        "heard before a newer one": (
            given(heard=9),
            e.PauseRequested("ann", request=7),
            {"paused": True},
        ),
        "goes on after a pause": (given(paused=True), GO_ON, {"paused": False, "heard": 7}),
        "goes on after a halt": (
            given(paused=True, gates={("errors", ""): PASSED}, **HALTED),
            GO_ON,
            {**RESUMED, "paused": False, "gates": {}},
        ),
        "goes on although users did not reach the pool": (
            given(**{**HALTED, "halt": e.Halted(e.Cause.TRAFFIC, "nobody comes", "they must")}),
            GO_ON,
            {**RESUMED, "bears_quiet": True},
        ),
        "goes on after a way back": (
            given(**{**HALTED, "rolling": ("web1",)}),
            GO_ON,
            {**RESUMED, "rolling": ()},
        ),
        "goes on while rolling back": (
            given(paused=True, **ROLLING_BACK),
            GO_ON,
            {"paused": False, "heard": 7},
        ),
        "goes on after a halt on the way back": (
            given(GOES_BACK, paused=True, **{**HALTED, "rolling": ("web1",)}),
            GO_ON,
            {"paused": False, "heard": 7},
        ),
        "stopped": (
            given(),
            SIGNAL,
            {"mode": Mode.STOPPING, "stop": SIGNAL, "stopped_at": NOW},
        ),
        "stopped twice": (
            given(**STOPPED),
            replace(SIGNAL, at_once=True),
            {"stop": replace(SIGNAL, at_once=True)},
        ),
        "stopped after a halt": (given(**HALTED), SIGNAL, {"stop": SIGNAL, "stopped_at": NOW}),
        "stopped while rolling back": (
            given(**ROLLING_BACK),
            SIGNAL,
            {"mode": Mode.STOPPING, "stop": SIGNAL, "stopped_at": NOW},
        ),
        "aborted": (
            given(),
            ABORT,
            {"mode": Mode.STOPPING, "abort": ABORT, "stopped_at": NOW, "heard": 7},
        ),
        "aborted after a stop": (
            given(**STOPPED),
            ABORT,
            {"abort": ABORT, "stopped_at": NOW, "heard": 7},
        ),
        "aborted after its end": (
            given(**{**HALTED, "mode": Mode.FINISHED, "finished": FINISHED}),
            ABORT,
            {
                "mode": Mode.STOPPING,
                "abort": ABORT,
                "stopped_at": NOW,
                "heard": 7,
                "finished": None,
            },
        ),
    },
)
def test_operator(before: State, event: e.Event, changes: Changes) -> None:
    """What the operator, or a signal, asked for."""
    assert after(before, event)[0] == changes


def test_who_is_put_back_by_an_abort() -> None:
    """Also one that was perhaps taken out by us, and not written."""
    kept = given(standing(Phase.KEPT, kept_out=True, unsure=True), **HALTED)
    assert after(kept, ABORT)[1] == {"web1": {"reclaim": True}}
    assert after(kept, replace(ABORT, restore=False))[1] == {}


def test_members_go_on_after_a_halt() -> None:
    """Each is taken up again; without a halt none is."""
    failed = standing(Phase.FAILED, why="exit code 4", passed=False)
    _, members = after(given(failed, standing(Phase.DONE, "web2"), **HALTED), GO_ON)
    assert members["web1"]["phase"] is Phase.WAITING
    assert members["web1"]["passed"] is None
    assert "web2" not in members
    assert after(given(failed), GO_ON)[1] == {}


# --- what was seen -----------------------------------------------------------------------------


def sample(verdict: e.Verdict, gate: str = "errors", *alerts: str) -> e.GateSampled:
    return e.GateSampled(gate, "web1", verdict, "why", 1, 2, 0.5, 0.01, alerts=alerts)


def word(verdict: e.Verdict, failures: int = 0, since: Any = None) -> GateState:
    return GateState(NOW, verdict, "why", 0.5, failures, since)


def said(verdict: e.Verdict, failures: int = 0, since: Any = None) -> State:
    former = GateState(ago(1), verdict, "before", 0.1, failures, since)
    return given(gates={("errors", "web1"): former})


PASS, FAIL, UNCLEAR = e.Verdict.PASS, e.Verdict.FAIL, e.Verdict.INCONCLUSIVE


@table(
    "before verdict last",
    {
        "a first pass": (given(), PASS, word(PASS)),
        "a first fail": (given(), FAIL, word(FAIL, 1)),
        "a further fail": (said(FAIL, 2), FAIL, word(FAIL, 3)),
        "a fail after a pass": (said(PASS), FAIL, word(FAIL, 1)),
        "a pass after fails": (said(FAIL, 2), PASS, word(PASS)),
        "nothing is known": (given(), UNCLEAR, word(UNCLEAR, since=NOW)),
        "nothing is known still": (
            said(UNCLEAR, since=ago(9)),
            UNCLEAR,
            word(UNCLEAR, since=ago(9)),
        ),
        "nothing is known any longer": (said(FAIL, 2), UNCLEAR, word(UNCLEAR, since=NOW)),
        "known again": (said(UNCLEAR, since=ago(9)), PASS, word(PASS)),
    },
)
def test_sampled(before: State, verdict: e.Verdict, last: GateState) -> None:
    """Fails in a row are counted, and since when nothing is known."""
    changes, members = after(before, sample(verdict))
    assert changes == {"gates": {("errors", "web1"): last}}
    assert members == {}


@table(
    "known event expected",
    {
        "at first": ({}, sample(PASS, "alerts", "a", "b"), {"alerts": frozenset("ab")}),
        "none at first": ({}, sample(PASS, "alerts"), {"alerts": frozenset()}),
        "later": (
            {"alerts": frozenset("a")},
            sample(FAIL, "alerts", "a", "b"),
            {"alerts": frozenset("a")},
        ),
        "resolved": (
            {"alerts": frozenset("ab")},
            sample(PASS, "alerts", "b"),
            {"alerts": frozenset("b")},
        ),
        "no answer": ({}, sample(UNCLEAR, "alerts"), {}),
        "no answer later": (
            {"alerts": frozenset("a")},
            sample(UNCLEAR, "alerts"),
            {"alerts": frozenset("a")},
        ),
        "another kind of gate": ({}, sample(PASS, "errors"), {}),
    },
)
def test_alerts_known_at_the_start(
    known: dict[str, frozenset[str]], event: e.GateSampled, expected: dict[str, frozenset[str]]
) -> None:
    """The first answer tells which alerts fired before we came; what is seen resolved is new when
    it fires again."""
    assert apply(PLAN, given(known_alerts=known), event, NOW).known_alerts == expected


def test_return_begins_a_new_judgement() -> None:
    """What gates said of a member before its return is forgotten; of others it is not."""
    gates = {("errors", "web1"): PASSED, ("errors", "web2"): PASSED, ("alerts", ""): PASSED}
    changes, _ = after(given(standing(Phase.RETURNING), gates=gates), e.MemberReturned("web1"))
    assert changes["gates"].keys() == {("errors", "web2"), ("alerts", "")}


def test_restarted() -> None:
    """A former worker is reckoned with for a time, and what was seen of it counts no longer."""
    before = given(standing(Phase.OUT), lingering={"lb2": True})
    changes, members = after(before, e.InstanceRestarted("lb2", WORKER, RELOADED))
    until = NOW + seconds(300)
    assert changes["known"] == {"lb1": WORKER, "lb2": RELOADED}
    assert changes["formers"] == {"lb2": Former((WORKER,), until)}
    assert changes["snapshots"]["lb2"].lingering is None
    assert changes.keys() == {"known", "formers", "snapshots"}
    assert members["web1"]["quiet"].keys() == {"lb1"}


def test_former_workers_are_bounded() -> None:
    """The last twenty of one balancer are remembered."""
    state = given()
    for number in range(30):
        former, now = Incarnation(str(number), 0), Incarnation(str(number + 1), 0)
        state = apply(PLAN, state, e.InstanceRestarted("lb2", former, now), NOW)
    kept = [int(one.id) for one in state.formers["lb2"].incarnations]
    assert kept == list(range(30 - FORMERS_KEPT, 30))


# --- what must not be --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "event", "error"),
    [
        (given(), e.SoakEnded("web1", ""), IllegalMove),
        (given(standing(Phase.UPGRADING)), e.RollbackBegan(("web1",)), IllegalMove),
        (
            given(standing(Phase.OUT), standing(Phase.OUT, "web2"), standing(Phase.DUE, "web3")),
            e.Intended(SetMember("web3", Setting.DRAIN, FOUND)),
            InvariantBroken,
        ),
        (
            given(standing(Phase.DUE)),
            e.Intended(SetMember("web1", Setting.DRAIN, None)),
            InvariantBroken,
        ),
    ],
)
def test_refused(before: State, event: e.Event, error: type[Exception]) -> None:
    """An event that the state does not allow raises."""
    with pytest.raises(error):
        apply(PLAN, before, event, NOW)


@pytest.mark.parametrize(
    ("former", "seen", "after"),
    [
        (e.JournalSeen(), LATE, LATE),
        (LATE, e.JournalSeen(), e.JournalSeen()),
        (SILENT, LATE, SILENT),
        (SILENT, e.JournalSeen(), e.JournalSeen()),
        (LATE, FULL, FULL),
        (FULL, LATE, e.JournalSeen(is_late=True, fault=FULL.fault)),
        (FULL, e.JournalSeen(), FULL),
        (
            FULL,
            e.JournalSeen(fault="an error", is_unwritten=True),
            e.JournalSeen(fault=FULL.fault, is_unwritten=True),
        ),
        (e.JournalSeen(fault="x", is_unwritten=True), e.JournalSeen(fault="y"), None),
    ],
)
def test_journal(former: e.JournalSeen, seen: e.JournalSeen, after: e.JournalSeen | None) -> None:
    """It may be late and answer again; a fault is for good, and the first one stands."""
    state = apply(PLAN, given(journal=former), seen, NOW)
    assert state == given(journal=former if after is None else after)


def test_requests_of_operators() -> None:
    """Whether they can be read at all is known as it was seen last."""
    state = apply(PLAN, given(), e.RequestsSeen("the disk is full"), NOW)
    assert state == given(unheard="the disk is full")
    assert apply(PLAN, state, e.RequestsSeen(), NOW) == given()
