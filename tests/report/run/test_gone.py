"""The state was removed under the run: no command is named that could not know of the rollout."""

from dataclasses import replace

import pytest

from controller.core.events import Finished, JournalSeen
from controller.core.outcome import Outcome
from controller.core.plan.abilities import ByHand
from controller.core.state.parts import MemberState
from controller.core.state.state import State
from controller.report.run.gone import NOBODY_KNOWS
from controller.report.run.halt import halt_message
from controller.report.run.summary import summary
from tests.report.states import NOW, WALL, commands, halted, member, plan, state

GONE = JournalSeen(fault="it was removed", is_unwritten=True, is_gone=True)
PLAN = replace(plan(), by_hand=ByHand("set server web/{member} state ready", "", "on each"))


def told(of: State) -> str:
    lines = halt_message(PLAN, replace(of, journal=GONE), NOW, WALL, commands=commands(PLAN))
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("members", "by_hand"),
    [
        (
            [member("web1", "failed")],
            "look at web1, and mend it; then put it back, on each: set server web/web1 state ready",
        ),
        (
            [member("web1", "failed"), member("web2", "failed")],
            "look at web1, web2, and mend them; then put them back, on each: "
            "set server web/MEMBER state ready",
        ),
    ],
)
def test_by_hand_alone(members: list[MemberState], by_hand: str) -> None:
    lines = told(halted(PLAN, *members))
    assert f"NEXT      THE STATE IS GONE: {NOBODY_KNOWS}" in lines
    assert by_hand in lines
    for verb in ("resume", "abort", "guard", "rollback"):
        assert f"poolroll {verb}" not in lines
    assert "then:       poolroll run /srv/web.yml\n" in lines


def test_nobody_is_out() -> None:
    lines = told(halted(PLAN, member("web1", "done")))
    assert "by hand:" not in lines
    assert "(a new rollout: it begins from what it finds)" in lines


def test_stopped() -> None:
    """The next run does not go on from there."""
    over = Finished(Outcome.STOPPED, 7, "SIGTERM")
    stopped = replace(state(PLAN, finished=over), journal=GONE)
    lines = summary(PLAN, stopped, None, NOW, WALL, commands(PLAN))
    assert lines[-1].endswith(f"it was removed; {NOBODY_KNOWS}")
