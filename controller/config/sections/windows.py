"""`windows`, `freeze` and `finish_by`: when members may be taken up."""

from collections.abc import Callable
from datetime import UTC
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema

from controller.config.sections.evidence import OrText
from controller.config.sections.kinds import Section, Text
from controller.config.text import calendar_words
from controller.config.text.places import kind
from controller.config.text.scalars import Wrong


def _kept(check: Callable[[object], object]) -> PlainValidator:
    def keep(value: object) -> object:
        check(value)
        return value

    return PlainValidator(keep)


class Freeze(Section):
    dates: Text | None = Field(default=None, description="A date or a range, as without a key.")
    ics: Text | None = Field(
        default=None,
        description="Path of an iCalendar file: each of its events is a freeze. Events that repeat "
        "are refused.",
    )


def _freeze(value: object) -> object:
    """That it names no time zone is known once the windows are."""
    if isinstance(value, str):
        value = {"dates": value}
    if not isinstance(value, dict):
        raise Wrong(f"is {kind(value)}; {calendar_words.FREEZE_FORM}")
    if value.keys() <= {"dates", "ics"} and len(value) != 1:
        raise Wrong(f"{'has both' if value else 'is empty'}; write dates, or ics: PATH")
    if "dates" in value:
        calendar_words.freeze(value["dates"], UTC)
    return value


_TIMES = "[0-9]{2}:[0-9]{2}"
WindowText = Annotated[
    str,
    _kept(calendar_words.window),
    WithJsonSchema({"type": "string", "pattern": rf"^([A-Za-z,-]+ )?{_TIMES}-{_TIMES} \S+$"}),
]
FreezeEntry = Annotated[Freeze, BeforeValidator(_freeze), OrText()]
FinishByText = Annotated[
    str,
    _kept(calendar_words.finish_by),
    WithJsonSchema({"type": "string", "pattern": rf"^([0-9-]+ )?{_TIMES} \S+$"}),
]
