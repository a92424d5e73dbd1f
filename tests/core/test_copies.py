"""Changed copies are what `dataclasses.replace` makes."""

import dataclasses
from dataclasses import dataclass, field

import pytest

from controller.core.pool.copies import replace
from controller.core.state.parts import MemberState


@dataclass(frozen=True, slots=True)
class Base:
    first: int
    second: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Derived(Base):
    third: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Open:
    first: int = 1
    second: int = 2


@dataclass(frozen=True, slots=True)
class Single:
    first: int = 1


@dataclass(frozen=True, slots=True)
class Checked:
    first: int = 1
    second: int = 2

    def __post_init__(self) -> None:
        if self.first > self.second:
            raise ValueError("in the wrong order")


@pytest.mark.parametrize(
    "value", [Base(7, (8,)), Derived(7, (8,), {"a": 1}), Open(7), Single(7), Checked(1, 3)]
)
def test_as_by_the_constructor(value: Base | Open | Single | Checked) -> None:
    for _ in range(2):
        assert replace(value) == value
        assert replace(value) is not value
        changed = replace(value, first=2)
        assert changed == dataclasses.replace(value, first=2)
        assert type(changed) is type(value)
        assert value.first != 2


def test_states_too() -> None:
    m = MemberState("web1")
    assert replace(m, name="web2") == dataclasses.replace(m, name="web2")
    assert hash(replace(Base(1), second=(3,))) == hash(Base(1, (3,)))


@pytest.mark.parametrize("value", [Base(1), Open(), Checked()])
def test_no_such_field(value: Base | Open | Checked) -> None:
    with pytest.raises(TypeError, match="fourth"):
        replace(value, fourth=4)  # type: ignore[call-arg]


def test_a_constructor_that_checks_still_does() -> None:
    with pytest.raises(ValueError, match="order"):
        replace(Checked(), first=3)
