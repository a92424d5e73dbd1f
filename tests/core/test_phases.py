"""The table of transitions: complete, closed, and drawn in the documentation."""

import pytest

from controller.core.phases import (
    AWAY,
    COMING,
    FIVE,
    IN_HAND,
    LEAVING,
    SETTLED,
    TABLE,
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


@pytest.mark.parametrize("phase", Phase)
def test_no_dead_end(phase: Phase) -> None:
    """From every phase there is a way on to one in which nothing is going on."""
    assert reachable(phase) & SETTLED


def test_every_move_is_used() -> None:
    """No move stands there for nothing."""
    assert {move for _, move in TABLE} == set(Move)


def test_upgrade_starts_from_out_alone() -> None:
    """No step runs but on a member that was held: from OUT, or from where it was held since."""
    held = {Phase.OUT, Phase.UPGRADING, Phase.PROVING}
    assert {came for came, move in TABLE if move is Move.UPGRADE} == held
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


def test_sets_of_phases_agree() -> None:
    """What is in hand is not settled, and every phase is one or the other (or is asked about)."""
    assert not IN_HAND & SETTLED
    assert IN_HAND | SETTLED | {Phase.ASKING} == set(Phase)
    assert LEAVING | COMING < AWAY
    assert set(FIVE) <= IN_HAND


def test_drawing_is_up_to_date() -> None:
    """The documentation shows the table as it is (else: `python -m tests.core.redraw`)."""
    page = PAGE.read_text()
    assert redrawn(page) == page
