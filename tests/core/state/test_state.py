"""Questions that a state answers."""

import pytest

from tests.core.state.test_observe import OUT, seen, with_web1
from tests.core.test_snapshot import line


@pytest.mark.parametrize(("in_flight", "known"), [(3, 3), (0, 0), (None, None)])
def test_in_flight(in_flight: int | None, known: int | None) -> None:
    """What is not counted is not known, which is not zero; nor is what nobody has seen."""
    state = seen(with_web1(), 10, line("web1", in_flight=in_flight))
    assert state.in_flight("web1") == known
    assert state.in_flight("web2") is None
    assert seen(state, 20, OUT).in_flight("web1") == 0


def test_what_holds_a_step_up() -> None:
    """As any load balancer says it."""
    assert seen(with_web1(), 10, line("web1", held_up="budget web")).held_up("web1") == "budget web"
    assert seen(with_web1(), 10, line("web1")).held_up("web1") == ""
