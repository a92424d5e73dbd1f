"""The log: one sentence for each decision, that says what and why."""

import io
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controller.cli.log import LogNarrator
from controller.cli.say import output
from controller.core import events as e
from controller.core.events import Cause, Event, Observation, Verdict
from controller.core.outcome import Outcome
from controller.core.phases import Phase
from controller.core.pool import Admin, Found, Incarnation, InstanceView
from controller.core.snapshot import Snapshot, looked
from controller.core.state.parts import MemberState
from controller.core.state.pool_state import PoolState
from controller.core.state.state import Mode, State
from controller.core.steps import ClosePool, Course, RunStep, SetMember, Setting
from controller.report.run.levels import kind_of, level_of
from controller.report.run.sentences import sentence
from tests.report.states import plan
from tests.support.lines import a_line
from tests.support.members import changed, member

WALL = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
HALT = e.Halted(Cause.GATE, "gate 'errors': 4 of 42 requests failed", "at most 1 %", "web1")


def busy(in_flight: int, in_use: str = "") -> Snapshot:
    line = a_line(admin=Admin.DRAINING, weight=1, in_flight=in_flight, in_flight_as=in_use)
    view = InstanceView("unix:/a", timedelta(0), Incarnation("1", 1), (line,), is_full=True)
    return looked(Snapshot("unix:/a"), view)


def state(phase: Phase = Phase.DRAINING, in_flight: int = 0, why: str = "") -> State:
    m = replace(MemberState("web1"), phase=phase, why=why)
    return State(members={"web1": m}, snapshots={"unix:/a": busy(in_flight)})


def with_steps_ended(count: int) -> State:
    return State(members={"web1": member("web1", Phase.HOLDING, step=count)})


def set_member(setting: Setting) -> e.Intended:
    return e.Intended(SetMember("web1", setting))


UNSEEN = replace(state(Phase.HOLDING), snapshots={})
"""As after a replay: nothing may be said of what only a look could tell."""
IN_USE = replace(state(), snapshots={"unix:/a": busy(2, "2 visitors, one of them asleep")})
STOPPED = replace(state(), stop=e.StopRequested("SIGINT"))

SENTENCES: list[tuple[Event | Observation, State, str]] = [
    (
        set_member(Setting.DRAIN),
        state(),
        "draining: no new traffic, waiting for work in flight to end",
    ),
    (
        e.MemberSet("web1", Setting.DRAIN, {}),
        state(in_flight=3),
        "takes no new traffic; 3 requests in flight",
    ),
    (
        e.MemberSet("web1", Setting.DRAIN, {}),
        IN_USE,
        "takes no new traffic; 2 visitors, one of them asleep",
    ),
    (
        set_member(Setting.HOLD),
        state(Phase.HOLDING),
        "nothing in flight: taken out of rotation",
    ),
    (
        set_member(Setting.HOLD),
        state(Phase.HOLDING, 1),
        "1 request in flight: taken out of rotation",
    ),
    (set_member(Setting.HOLD), state(Phase.UPGRADING), "no longer out: taking it out again"),
    (
        set_member(Setting.CUT),
        state(Phase.OUT, 2),
        "2 requests in flight, drain timeout reached: closing what is left (on_timeout)",
    ),
    (
        set_member(Setting.RESTORE),
        state(),
        "going back as it was: others were lost meanwhile, and too few serve without it",
    ),
    (
        set_member(Setting.RESTORE),
        STOPPED,
        "going back as it was: the rollout stops before its upgrade began",
    ),
    (
        set_member(Setting.RESTORE),
        replace(state(), halt=HALT),
        "going back as it was: the rollout halted before its upgrade began",
    ),
    (
        set_member(Setting.REMOVE),
        state(Phase.REMOVING, why="failed gate 'errors'"),
        "TAKEN OUT of rotation again: failed gate 'errors'",
    ),
    (
        e.GuardAnswered("web1", e.Answer.PRESENT, "`unless` ended with exit code 0"),
        state(Phase.SKIPPED),
        "already there (`unless` ended with exit code 0): skipped",
    ),
    (
        e.MemberReturned("web1"),
        state(Phase.SOAKING),
        "back in rotation and healthy everywhere: soaking, judged by its gates",
    ),
    (
        e.MemberRenewed("web1", Found(())),
        state(),
        "something else came to its place, and is out until it has proven itself",
    ),
    (
        e.MemberRelapsed("web1", "lb1", Found(())),
        state(),
        "out again at lb1 since its reload, which restored what this rollout had set (a state "
        "file?): proven and put back once more",
    ),
    (
        e.ForeignHandSeen("web1", "lb1"),
        state(),
        "put in rotation at lb1 by its own upgrade command, or by somebody else",
    ),
    (e.MemberFoundOut("web1"), state(), "already out because of us: not drained again"),
    (
        e.MemberFoundOut("web1"),
        with_steps_ended(1),
        "already out because of us: not drained again; its step ended well before, and does not "
        "run again",
    ),
    (
        e.MemberFoundOut("web1"),
        with_steps_ended(2),
        "already out because of us: not drained again; 2 of its steps ended well before, and do "
        "not run again",
    ),
    (e.StepsUndone("web1", "it moved"), state(), "its steps run again: it moved"),
    (e.OperatorAnswered("web1", go_on=False), state(), "the operator said no"),
    (HALT, state(), "HALT (gate): gate 'errors': 4 of 42 requests failed"),
    (e.RunBegan("me@here"), state(), "begun by me@here"),
    (set_member(Setting.HOLD), UNSEEN, "taken out of rotation"),
    (set_member(Setting.CUT), UNSEEN, "drain timeout reached: closing what is left (on_timeout)"),
    (e.MemberSet("web1", Setting.DRAIN, {}), UNSEEN, "takes no new traffic"),
    (e.MemberFailed("web1", "it broke"), state(), "stays OUT OF ROTATION: it broke"),
    (
        e.MemberKept("web1", "in rotation, cut short"),
        state(),
        "is not proven: in rotation, cut short",
    ),
    (e.MemberLeft("web1", "weight 0"), state(), "left as found: weight 0"),
    (e.Finished(Outcome.HALTED, 4, "it broke"), state(), "halted (exit code 4): it broke"),
    # `abort` at rest exits with 0 or 5, a `run` that is aborted with 7.
    (e.Finished(Outcome.ABORTED, 7, "by me@here"), state(), "aborted: by me@here"),
    (
        e.StepEnded("web1", 0, 0, False, False, "it failed", "a\n\x1b[31mE:\x1b[0m no\n", 1.0),
        state(),
        "it failed after 1.0s: a / E: no",
    ),
    (
        e.StepEnded("web1", 0, 0, True, False, "it ended", "a\n", 1.0, 0, note="it left sh (7)"),
        state(),
        "it ended after 1.0s; it left sh (7)",
    ),
]


@pytest.mark.parametrize(("event", "after", "said"), SENTENCES)
def test_sentence(event: Event | Observation, after: State, said: str) -> None:
    """What happens and why, word for word."""
    found = sentence(event, state(), after)
    assert found is not None
    assert found[1] == said


def stepping(*names: str) -> State:
    """Their steps run."""
    m = member("web1", Phase.UPGRADING, unfinished=True)
    return State(members={name: replace(m, name=name) for name in names})


STEP_WAITS = (
    "; waiting for the running step of web1, web2. A second signal (Ctrl-C) leaves the step "
    "running and ends at once"
)
BACK_WAITS = (
    "; waiting for web1 to be back (at most return.within). A second signal (Ctrl-C) leaves them "
    "as they are and ends at once"
)


@pytest.mark.parametrize(
    ("before", "at_once", "said"),
    [
        (state(), False, ""),
        (stepping("web1", "web2"), False, STEP_WAITS),
        (state(Phase.VALIDATING), False, BACK_WAITS),
        (replace(state(Phase.VALIDATING), mode=Mode.HALTED), False, ""),
        (
            stepping("web1"),
            True,
            " at once: the command on web1 RUNS ON, and the next run waits for its end",
        ),
        (state(Phase.VALIDATING), True, " at once"),
    ],
)
def test_stop_says_what_it_waits_for(before: State, at_once: bool, said: str) -> None:
    """And what a second signal does; the second, that the command runs on."""
    event = e.StopRequested("SIGINT", at_once)
    assert sentence(event, before, before) == ("", f"stopping (SIGINT){said}")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, "out of rotation, nothing in flight"),
        ({"attempt": 2}, "out of rotation, nothing in flight"),
        ({"lost": True, "attempt": 1}, "how it ended is not known: running it again"),
        (
            {"unfinished": True},
            "an earlier run started it: joined if it still runs, never run twice at once",
        ),
    ],
)
def test_why_a_step_runs_now(changes: dict[str, Any], why: str) -> None:
    """A step that may have run before is told from one that has not."""
    m = changed(state().members["web1"], **changes)
    before = replace(state(), members={"web1": m})
    step = e.Intended(RunStep("web1", Course.UPGRADE, 0, m.progress.attempt))
    assert sentence(step, before, state()) == ("web1", f"upgrade: step 1 runs ({why})")


def test_run_that_goes_on_says_so() -> None:
    """The second process of a rollout does not begin it."""
    before = replace(state(), run=e.RunBegan("me"))
    assert sentence(e.RunBegan("you"), before, before) == ("", "taken up again by you")


@pytest.mark.parametrize(
    ("event", "level"),
    [
        (HALT, "error"),
        (e.MemberStuck("web1"), "error"),
        (e.Validated("web1", False, "no answer"), "error"),
        (e.Validated("web1", True, "passed"), "info"),
        (e.StepEnded("web1", 0, 0, False, False, "exit 1", "", 1.0), "error"),
        (e.StepEnded("web1", 0, 0, True, False, "exit 0", "", 1.0, note="it left sh"), "warning"),
        (e.GateSampled("g", None, Verdict.FAIL, "x", 1, 1, 1.0, 0.1), "error"),
        (e.GateSampled("g", None, Verdict.INCONCLUSIVE, "x", 0, 0, None, 0.1), "warning"),
        (e.GateSampled("g", None, Verdict.PASS, "x", 0, 1, 0.0, 0.1), "info"),
        (e.LookFailed("unix:/a", timedelta(0), "gone"), "warning"),
        (e.CapacityShort(1, "web"), "warning"),
        (e.MemberReturned("web1"), "info"),
    ],
)
def test_level(event: Event | Observation, level: str) -> None:
    """What an operator must not miss is an error, what they should know a warning."""
    assert level_of(event) == level


def test_kind_of_an_intention_is_the_step() -> None:
    """`kind` tells what is about to be done, not that something is."""
    assert kind_of(set_member(Setting.DRAIN)) == "SetMember"
    assert kind_of(e.MemberReturned("web1")) == "MemberReturned"


def logged(log_format: str, monkeypatch: pytest.MonkeyPatch) -> str:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    log = LogNarrator("web", lambda: WALL, log_format)
    log.tell(e.MemberReturned("web1"), state(), state())
    log.tell(e.MemberCalled("web1"), state(), state())
    log.warn("heartbeat: not heard")
    log.stop()
    return stream.getvalue()


def test_json_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """One object a line, with rollout, kind, level, time, and the member where there is one."""
    first, second = map(json.loads, logged("json", monkeypatch).splitlines())
    assert first == {
        "event": "back in rotation and healthy everywhere: soaking, judged by its gates",
        "kind": "MemberReturned",
        "level": "info",
        "member": "web1",
        "rollout": "web",
        "timestamp": "2024-01-02T03:04:05+00:00",
    }
    assert (second["kind"], second["level"]) == ("Notification", "warning")
    assert "member" not in second


def test_the_rollout_is_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once its id is known, each line has it: `poolroll events ID` shows the rest."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    log = LogNarrator("web", lambda: WALL, "json")
    log.warn("before")
    log.watch(plan(), rollout_id="web-1")
    log.tell(e.MemberReturned("web1"), state(), state())
    log.note("web2", "gone after 12s")
    log.stop()
    before, after, noted = map(json.loads, stream.getvalue().splitlines())
    assert (noted["kind"], noted["member"]) == ("Progress", "web2")
    assert noted["event"] == "gone after 12s"
    assert "rollout_id" not in before
    assert (after["rollout"], after["rollout_id"], after["member"]) == ("web", "web-1", "web1")


def test_text_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain dated lines, the member in a column of its own."""
    assert logged("text", monkeypatch).splitlines() == [
        "2024-01-02 03:04:05 UTC  web1      back in rotation and healthy everywhere: soaking, "
        "judged by its gates",
        "2024-01-02 03:04:05 UTC            heartbeat: not heard",
    ]


def waits(held_up: str) -> e.Looked:
    line = a_line(admin=Admin.OUT, held_up=held_up)
    stranger = replace(line, member="other")
    worker = Incarnation("1", 1)
    return e.Looked(InstanceView("unix:/a", timedelta(0), worker, (stranger, line), is_full=True))


def test_what_keeps_a_step_waiting_is_said_once_and_when_it_ends() -> None:
    before = state(Phase.UPGRADING)
    waiting = replace(
        before, snapshots={"unix:/a": looked(before.snapshots["unix:/a"], waits("budget web").view)}
    )
    assert waiting.held_up("web1") == "budget web"
    assert sentence(waits("budget web"), before, waiting) == ("web1", "its step waits: budget web")
    assert sentence(waits("budget db"), waiting, waiting) is None
    assert sentence(waits(""), waiting, before) == ("web1", "its step no longer waits for that")
    assert sentence(waits(""), before, before) is None


def test_a_pool_that_cannot_be_put_back_is_told_once() -> None:
    """It is tried some times; each other reason is said."""
    closing, failed = e.Intended(ClosePool({})), e.PoolStepFailed("no permission", False)
    once = replace(state(), whole=PoolState(kept={}, tries=1, why="no permission"))
    assert sentence(closing, state(), state()) is not None
    assert sentence(failed, state(), once) == ("", "the pool could not be changed: no permission")
    assert sentence(closing, once, once) is None
    assert sentence(failed, once, once) is None
    assert sentence(e.PoolStepFailed("timeout", True), once, once) is not None
    assert sentence(e.PoolClosed(), once, state()) == ("", "the pool is as it was found")


def test_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong, and nothing else: mail of a timer is for that. Each soak begins with a gate
    that has seen too little."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    log = LogNarrator("web", lambda: WALL, "text", quiet=True)
    early = e.GateSampled("errors", "web1", Verdict.INCONCLUSIVE, "no data", 0, 0, None, 0.01)
    failing = e.GateSampled("errors", "web1", Verdict.FAIL, "4 of 9 failed", 4, 9, None, 0.01)
    for event in (e.MemberReturned("web1"), early, failing, HALT):
        log.tell(event, state(), state())
    log.note("web2", "gone after 12s")
    log.warn("heartbeat: not heard")
    log.stop()
    lines = stream.getvalue().splitlines()
    assert [line.partition("  ")[2].split()[-1] for line in lines] == ["failed", "failed", "heard"]


@pytest.mark.parametrize(("quiet", "out"), [(False, "SEEN  it broke\n"), (True, "")])
def test_lines_of_a_halt_go_where_those_of_the_end_go(
    quiet: bool, out: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log = LogNarrator("web", lambda: WALL, "json", quiet=quiet)
    log.show(["SEEN  it broke"])
    assert output().wait(30)
    assert capsys.readouterr().out == out
