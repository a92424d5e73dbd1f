"""The sections `upgrade` and `rollback`: the commands that change a member."""

from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from controller.config.sections.kinds import Argument, Argv, Interval, Label, Section
from controller.config.text.scalars import Wrong


def _exit_code(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 255:
        raise Wrong("is not an exit code to go on at; write a number from 1 to 255")
    return value


ExitCode = Annotated[
    int,
    BeforeValidator(_exit_code),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 255}),
]


PLACEHOLDER = "WRITE-HERE-WHAT-UPGRADES-A-MEMBER"
"""What `init` writes where it cannot know the program. `check` and `plan` say so, `run` refuses."""


class Unless(Section):
    command: Argv = Field(
        description="Exit 0: the member is already there.", examples=["[ssh, HOST, …]"]
    )
    go_on: list[ExitCode] = Field(
        default=[1], min_length=1, description="Exits that mean: upgrade. Any other refuses."
    )


class Step(Section):
    command: Argv = Field(description="An argv list.", examples=["[ssh, HOST, …]"])


class Upgrade(Section):
    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["command"]}, {"required": ["steps"]}]}
    )

    command: Argv | None = Field(default=None, description="An argv list; no shell sees it.")
    steps: list[Step] | None = Field(
        default=None, min_length=1, description="More than one command, each journalled."
    )
    timeout: Interval = Field(default="15m", description="Of each step.")
    unless: Unless | None = Field(default=None, description="Asks whether there is anything to do.")


def is_placeholder(section: Upgrade) -> bool:
    return section.command is not None and section.command[0] == PLACEHOLDER


class Rollback(Upgrade):
    vars: dict[Label, Argument] = Field(
        default={}, description="What ${vars.…} means while rolling back, in `validate` too."
    )
