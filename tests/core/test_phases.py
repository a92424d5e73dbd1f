"""The table of transitions: complete, closed, and drawn in the documentation."""

import pytest

from controller.core import phases
from controller.core.phases import (
    AWAY,
    COMING,
    FIVE,
    IN_PROGRESS,
    LEAVING,
    TABLE,
    TRAITS,
    IllegalMove,
    Move,
    Phase,
    after,
)
from tests.core.redraw import PAGE, redrawn


@pytest.mark.parametrize("phase", Phase)
def test_what_is_not_in_the_table_raises(phase: Phase) -> None:
    """Each pair leads where the table says; every other one raises, and says what it is."""
    for move in Move:
        if (phase, move) in TABLE:
            assert after(phase, move) is TABLE[phase, move]
        else:
            with pytest.raises(IllegalMove, match=f"a member that is {phase} cannot {move}"):
                after(phase, move)


def reachable(start: Phase) -> set[Phase]:
    seen, todo = {start}, [start]
    while todo:
        phase = todo.pop()
        new = {to for (came, _), to in TABLE.items() if came is phase} - seen
        seen |= new
        todo += new
    return seen


def test_every_phase_can_be_reached() -> None:
    """From WAITING there is a way to every phase."""
    assert reachable(Phase.WAITING) == set(Phase)


AT_REST = set(Phase) - IN_PROGRESS - {Phase.ASKING}
"""Nothing is going on with the member, and nothing will without a new decision."""


@pytest.mark.parametrize("phase", Phase)
def test_no_dead_end(phase: Phase) -> None:
    """From every phase there is a way on to one in which nothing is going on."""
    assert reachable(phase) & AT_REST


def test_every_move_is_used() -> None:
    """No move stands there for nothing."""
    assert {move for _, move in TABLE} == set(Move)


def test_upgrade_starts_from_out_alone() -> None:
    """No step runs but on a member that was held: from OUT, or from where it was held since."""
    held = {Phase.OUT, Phase.UPGRADING, Phase.PROVING}
    # From DUE only where the step itself takes the member out.
    assert {came for came, move in TABLE if move is Move.UPGRADE} == held | {Phase.DUE}
    assert {came for (came, _), to in TABLE.items() if to is Phase.OUT} == {Phase.HOLDING}


def test_nobody_returns_unchecked() -> None:
    """The only way into rotation after a step leads through VALIDATING and CHECKING (S4)."""
    assert {came for (came, _), to in TABLE.items() if to is Phase.RETURNING} == {
        Phase.CHECKING,
        Phase.RETURNING,
    }
    assert {came for (came, _), to in TABLE.items() if to is Phase.RAMPING} == {
        Phase.RETURNING,
        Phase.RAMPING,
    }
    assert {came for (came, _), to in TABLE.items() if to is Phase.CHECKING} == {
        Phase.VALIDATING,
        Phase.CHECKING,
        Phase.RETURNING,
    }


def test_every_phase_has_its_traits() -> None:
    """The table of traits names every phase, in the order of the phases."""
    assert list(TRAITS) == list(Phase)


SETS = {
    "AWAY": "draining holding out upgrading proving validating checking returning ramping "
    "removing restoring failed stuck",
    "IN_PROGRESS": "due draining holding out upgrading proving validating checking returning "
    "ramping soaking removing restoring",
    "LEAVING": "draining holding out",
    "COMING": "proving validating checking returning ramping",
    "MAY_START": "out upgrading proving",
    "JUDGED": "ramping soaking",
    "OVER": "done skipped left",
    "UPGRADED": "done skipped",
    "FAILED": "failed kept stuck",
    "GRAVE": "failed kept stuck removing",
    "PASSING": "draining holding removing restoring",
    "WATCHED_CLOSELY": "draining holding out proving validating checking returning removing "
    "restoring",
    "UNTOUCHED": "waiting asking due",
    "HELD_OUT": "out upgrading proving validating failed stuck",
    "PUT_BACK": "waiting skipped done kept ramping soaking",
    "HELD_WHILE_CHANGED": "upgrading proving validating",
    "LEFT_OUT": "waiting out upgrading proving validating failed kept stuck",
}


@pytest.mark.parametrize("name", SETS)
def test_columns_make_the_sets_that_are_meant(name: str) -> None:
    """Each named set of phases, written out: a slip in a column shows here."""
    assert {phase.name.lower() for phase in getattr(phases, name)} == set(SETS[name].split())


def test_phases_in_progress_and_at_rest_are_told_apart() -> None:
    """No phase that failed or is over is in progress, and the five words are for progress alone."""
    assert not IN_PROGRESS & (phases.FAILED | phases.OVER)
    assert LEAVING | COMING < AWAY
    assert set(FIVE) <= IN_PROGRESS


def test_drawing_is_up_to_date() -> None:
    """The documentation shows the table as it is (else: `python -m tests.core.redraw`)."""
    page = PAGE.read_text()
    assert redrawn(page) == page
