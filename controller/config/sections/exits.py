"""What exit codes mean."""

from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from controller.config.sections.kinds import Section
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


def _any_exit(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 255:
        raise Wrong("is not an exit code; write a number from 0 to 255")
    return value


AnyExit = Annotated[
    int,
    BeforeValidator(_any_exit),
    WithJsonSchema({"type": "integer", "minimum": 0, "maximum": 255}),
]


class Exits(Section):
    ok: list[AnyExit] = Field(default=[0], min_length=1, description="Exit codes that mean: done.")
    reboot: list[AnyExit] = Field(
        default=[],
        description="Exit codes that mean: done, and a reboot is needed. A later step `reboot: "
        "{when: needed}` restarts the host then.",
    )
