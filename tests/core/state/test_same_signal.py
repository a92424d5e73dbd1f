"""A step that the signal for poolroll has ended too: no failure, whichever is known first."""

from typing import Any

from controller.core import events as e
from controller.core.phases import Phase
from controller.core.state.apply import apply
from controller.core.state.parts import MemberState
from controller.core.steps import Course, RunStep
from tests.support.contexts import HALTED, NOW, SEATS, STOPPED, a_context, a_plan, ago, standing
from tests.support.members import difference
from tests.support.tables import table

PLAN = a_plan()
TERM = e.StopRequested("SIGTERM")
GO_ON = e.ResumeRequested("ann", "looked at it", request=7)
STEP = RunStep("web1", Course.UPGRADE, 0, 0, SEATS)
RUNS = standing(Phase.UPGRADING, work=STEP, unfinished=True)
TOLD = {"detail": "ill; poolroll got SIGTERM at the same moment"}
ANEW: dict[str, Any] = {"passed": None, "lost": True, "attempt": 1, **TOLD}


def ended(code: int | None, may_run: str = "") -> e.StepEnded:
    return e.StepEnded("web1", 0, 0, False, False, "ill", "", 1.0, code, may_run)


def failed(code: int | None, seconds: float = 0.5, **more: Any) -> MemberState:
    step_ended = ago(seconds)
    changes = {"passed": False, "exit_code": code, "step_ended": step_ended, "detail": "ill"}
    return standing(Phase.UPGRADING, **changes | more)


@table(
    "m event state changes",
    {
        "the signal, then the end": (RUNS, ended(143), STOPPED, {"exit_code": 143, **ANEW}),
        "the signal, then the end of ssh": (
            RUNS,
            ended(255, "ssh"),
            STOPPED,
            {"exit_code": 255, "may_run": "ssh", **ANEW},
        ),
        "the signal, then another end": (
            RUNS,
            ended(3),
            STOPPED,
            {"exit_code": 3, "passed": False, "detail": "ill"},
        ),
        "the signal long ago": (
            RUNS,
            ended(143),
            {**STOPPED, "stopped_at": ago(3)},
            {"exit_code": 143, "passed": False, "detail": "ill"},
        ),
        "the end, then the signal": (failed(143), TERM, {}, ANEW),
        "the end after a halt of others, then the signal": (failed(143), TERM, HALTED, ANEW),
        "the end long ago": (failed(143, 3), TERM, {}, {}),
        "the end, then another signal": (failed(130), TERM, {}, {}),
        "the end of ssh, then the signal": (failed(255, may_run="ssh"), TERM, {}, ANEW),
        "the end of ssh, then a no": (
            failed(255, may_run="ssh"),
            e.StopRequested("the operator answered no for web2"),
            {},
            {},
        ),
        "another program's 255, then the signal": (failed(255), TERM, {}, {}),
        "another end, then the signal": (failed(3), TERM, {}, {}),
        "failed in a former process": (failed(143, step_ended=None), TERM, {}, {}),
        "it passed": (failed(None, passed=True), TERM, {}, {}),
        "no step of it": (standing(Phase.SOAKING), TERM, {}, {}),
        "looked after": (failed(255, may_run="ssh"), GO_ON, {}, {"may_run": ""}),
        "run again": (
            failed(255, may_run="ssh", passed=None, lost=True),
            e.Intended(STEP),
            {},
            {
                "work": STEP,
                "unfinished": True,
                "lost": False,
                "exit_code": None,
                "may_run": "",
            },
        ),
    },
)
def test_same_signal(
    m: MemberState, event: e.Event, state: dict[str, Any], changes: dict[str, Any]
) -> None:
    """Ended within a moment of it, by that very signal: the step begins anew in the next run."""
    before = a_context(m, plan=PLAN, **state).state
    found = difference(m, apply(PLAN, before, event, NOW).members["web1"])
    if isinstance(event, e.StepEnded):
        ends = [found.pop(one) for one in ("work", "unfinished", "step_ended", "ended_at")]
        assert ends == [None, False, NOW, NOW]
        changes = {
            key: value for key, value in changes.items() if value != getattr(m.progress, key)
        }
    assert found == changes
