"""The section `require`: what a run must be told before it begins."""

from typing import Annotated

from pydantic import AfterValidator, Field

from controller.config.sections.kinds import Section, Text
from controller.config.sections.matchers import check_pattern
from controller.core.gates.gate import Matcher


def _pattern(text: str) -> str:
    check_pattern(Matcher("ticket", "=~", text))
    return text


class Require(Section):
    reason: bool = Field(default=False, description="`run` needs --reason.")
    ticket: Annotated[Text, AfterValidator(_pattern)] | None = Field(
        default=None,
        description="`run` needs --ticket, which this regular expression matches as a whole.",
        examples=["CHG[0-9]+"],
    )
