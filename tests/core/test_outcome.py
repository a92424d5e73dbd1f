"""How a rollout ends, and what the next run makes of it."""

from controller.core.outcome import Outcome


def test_which_outcomes_are_final() -> None:
    """After these the next run begins a new rollout; after any other it takes up this one."""
    final = {one.value for one in Outcome if one.is_final}
    assert final == {"done", "aborted", "refused", "abandoned"}
