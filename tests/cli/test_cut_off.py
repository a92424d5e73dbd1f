"""A run that can go on no more: what it says, and its exit code."""

import pytest

from controller.cli.cut_off import say_cut_off
from controller.cli.main import reported
from controller.core.events import LockLost
from controller.core.phases import Phase
from controller.errors import Conflict, LeaseLost, PoolrollError, StateError
from controller.report.run.levels import level_of
from controller.report.run.next_commands import NextCommands
from controller.report.run.sentences import sentence
from tests.report.states import member, plan, state

LOST = LeaseLost("web", "not renewed for 15 s")


@pytest.mark.parametrize(
    ("error", "code"),
    [(LOST, 6), (Conflict("web", "another process wrote"), 6), (StateError("journal: full"), 5)],
)
def test_under_way(
    error: StateError | LeaseLost, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Why, in one line; each member as it was left; and the command that goes on."""
    made = plan()
    of = state(made, member("web1", Phase.UPGRADING))
    commands = NextCommands("web", made.purpose, "/web.yaml", {}, "")
    assert say_cut_off(error, made, of, commands) == code
    first, *members, last = capsys.readouterr().out.splitlines()
    assert first == f"CUT OFF: {error}"
    assert any(line.startswith("  web1  ") for line in members)
    assert commands.run in last


@pytest.mark.parametrize("error", [LOST, Conflict("web", "another process wrote")])
def test_before_anything_was_touched(error: PoolrollError) -> None:
    """The same words and the same code, without a state to tell of."""
    assert reported(error).exit_code == 6
    assert "another run may hold it now" in str(reported(error))


def test_in_the_log() -> None:
    """It is loud, and says that this process touches nothing more."""
    event, of = LockLost("not renewed for 15 s"), state(plan())
    assert level_of(event) == "error"
    assert sentence(event, of, of) == (
        "",
        "the lock was lost (not renewed for 15 s); this process touches nothing more",
    )
