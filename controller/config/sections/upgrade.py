"""The sections `upgrade` and `rollback`: the commands that change a member."""

from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from controller.config.sections.kinds import Argument, Argv, Interval, Label, Section
from controller.config.text.scalars import Wrong


def _exit_code(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 255:
        raise Wrong("is not an exit code to go on with; write a number from 1 to 255")
    return value


ExitCode = Annotated[
    int,
    BeforeValidator(_exit_code),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 255}),
]


PLACEHOLDER = "WRITE-HERE-WHAT-UPGRADES-A-MEMBER"
"""What `init` writes for the unknown upgrade program: `check` and `plan` warn, `run` refuses."""


class Unless(Section):
    command: Argv = Field(
        description="Exit code 0: the member is upgraded already.", examples=["[ssh, HOST, …]"]
    )
    go_on: list[ExitCode] = Field(
        default=[1], min_length=1, description="Exit codes that mean: upgrade. Any other refuses."
    )


class Step(Section):
    command: Argv = Field(
        description="An argv list, run without a shell.", examples=["[ssh, HOST, …]"]
    )


class Upgrade(Section):
    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["command"]}, {"required": ["steps"]}]}
    )

    command: Argv | None = Field(default=None, description="An argv list, run without a shell.")
    steps: list[Step] | None = Field(
        default=None,
        min_length=1,
        description="Several commands instead of one; each is journalled.",
    )
    timeout: Interval = Field(default="15m", description="Time limit of each step.")
    unless: Unless | None = Field(default=None, description="Asks whether the upgrade is needed.")


def is_placeholder(section: Upgrade) -> bool:
    return section.command is not None and section.command[0] == PLACEHOLDER


class Rollback(Upgrade):
    vars: dict[Label, Argument] = Field(
        default={},
        description="Values of ${vars.…} while rolling back, also in `validate`. `rollback` "
        "refuses one that is not what ran before, as the journal knows it.",
    )
