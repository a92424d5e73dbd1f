"""Tables of tests: the case in a few words, then what is given, then what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from controller.core.decide.context import Output
from controller.core.events import Cause, Halted
from controller.core.pool import FULL
from controller.core.steps import SetMember, Setting
from tests.support.contexts import FOUND, SEATS


def table(names: str, rows: Mapping[str, tuple[Any, ...]]) -> pytest.MarkDecorator:
    """One test a row, called by the row's words."""
    return pytest.mark.parametrize(names.split(), list(rows.values()), ids=list(rows))


@dataclass(frozen=True, slots=True, eq=False)
class Like:
    """Equal to every value of a kind that has these fields, and these words in one of its texts."""

    kind: type
    words: str
    fields: Mapping[str, Any]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, self.kind)
            and all(getattr(other, name) == value for name, value in self.fields.items())
            and self.words in str(getattr(other, "seen", getattr(other, "why", "")))
        )

    def __hash__(self) -> int:
        return hash((self.kind, self.words))


def saying(kind: type, words: str, member: str = "web1", **fields: Any) -> Like:
    """An event about a member that says these words."""
    return Like(kind, words, {"member": member, **fields})


def halt(
    cause: Cause,
    words: str,
    member: str | None = "web1",
    gate: str | None = None,
    condemned: tuple[str, ...] = (),
) -> Like:
    """A halt for this cause that says these words; everything but the words is exact."""
    exact = {"cause": cause, "member": member, "gate": gate, "condemned": condemned}
    return Like(Halted, words, exact)


FOR_THE_OCCUPANT = {Setting.CUT, Setting.CHECK, Setting.PUT_BACK}


def sets(setting: Setting, share: int = FULL) -> SetMember:
    """web1 is set so, with what was found of it, and for the one in its place where it matters."""
    return SetMember("web1", setting, FOUND, share, SEATS if setting in FOR_THE_OCCUPANT else ())


Expected = Output | Like | None
