"""The errors that poolroll raises on purpose."""

import pytest

from controller.errors import LeaseLost, StateError, first_of


def test_the_first_of_ours_leaves_a_group() -> None:
    """However deep it lies; and a group with a bug in it leaves as it is, for its traceback."""
    first, second = StateError("first"), LeaseLost("web", "second")
    inner = ExceptionGroup("inner", [first])
    assert first_of(ExceptionGroup("outer", [inner, second])) is first
    mixed = ExceptionGroup("outer", [inner, ValueError("a bug")])
    with pytest.raises(ExceptionGroup) as caught:
        first_of(mixed)
    assert caught.value is mixed
