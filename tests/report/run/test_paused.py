"""What a pause leads to, and when."""

from datetime import timedelta

import pytest

from controller.core.phases import Phase
from controller.report.run.paused import what_a_pause_does
from tests.report.states import NOW, commands, member, plan, state


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        (Phase.SOAKING, "its soak has 20s to go"),
        (Phase.DRAINING, "its drain takes up to 5m; its steps, and 30s of ramp and soak, follow"),
        (Phase.UPGRADING, "once its steps are done and it is validated, 30s of soak follow"),
        (Phase.RETURNING, "about 30s of ramp and soak are left"),
    ],
)
def test_who_is_finished_first(phase: Phase, words: str) -> None:
    one = member("web1", phase=phase, since=NOW - timedelta(seconds=10))
    made = plan()
    first, then, how = what_a_pause_does(made, state(made, one), NOW, commands(made))
    assert first.startswith("web1 (")
    assert first.endswith(f") is finished first: {words}")
    assert then == "then nothing begins until you say so; waiting: web2, web3"
    assert how == "to go on: poolroll resume web --reason '…'"


@pytest.mark.parametrize("phase", [Phase.ASKING, Phase.DUE])
def test_whose_turn_has_come_waits(phase: Phase) -> None:
    """It is not begun either: it waits for capacity, for a gate, or for an answer."""
    made = plan()
    lines = what_a_pause_does(made, state(made, member("web1", phase=phase)), NOW, commands(made))
    assert lines[0] == "nothing begins until you say so; waiting: web1, web2, web3"


def test_with_nobody_in_progress() -> None:
    made = plan()
    assert what_a_pause_does(made, state(made), NOW, commands(made))[0] == (
        "nothing begins until you say so; waiting: web1, web2, web3"
    )
