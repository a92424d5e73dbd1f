"""The state that a run would start from: as the operator has decided."""

from dataclasses import replace
from typing import Any, Final

import pytest

from controller.core.events import Finished
from controller.core.outcome import Outcome
from controller.core.phases import Phase
from controller.core.state.remaining import remaining
from controller.core.state.state import Mode
from controller.core.steps import Course
from controller.journal.unfinished import Unfinished
from controller.lifecycle import Findings
from controller.records import Request, Verb
from tests.report import journals
from tests.report.states import BROKE, WALL, halted, member, plan

BACK: Final = member("web1", "done", course=Course.ROLLBACK)
"""`on_failure` has taken it back."""


def found(*verbs: Verb, **more: Any) -> Findings:
    made = plan()
    over = Finished(Outcome.HALTED, 5, BROKE.seen)
    state = replace(halted(made, BACK, member("web2", "done")), mode=Mode.FINISHED, finished=over)
    requests = [Request(n, "web-1", verb, "", "me", WALL) for n, verb in enumerate(verbs, 1)]
    former = Unfinished(journals.row(), made, state, b"")
    return Findings(former=former, whole=made, pending=requests, **more)


@pytest.mark.parametrize(
    ("findings", "phase"),
    [
        (found(), Phase.DONE),
        (found(Verb.PAUSE), Phase.DONE),
        (found(Verb.RESUME), Phase.WAITING),
        (found(Verb.RESUME, Verb.ABORT), Phase.DONE),
        (found(is_resumed=True), Phase.WAITING),
        (found(overridden=BROKE), Phase.WAITING),
    ],
)
def test_who_went_back_is_upgraded_again(findings: Findings, phase: Phase) -> None:
    """It is in the plan that is shown and asked for, and its windows hold."""
    members = findings.state.members
    assert members["web1"].phase is phase
    left = [one.name for one in remaining(plan(), members).members]
    assert left == (["web1", "web3"] if phase is Phase.WAITING else ["web3"])
