"""The sections `upgrade` and `rollback`: the commands that change a member."""

from typing import Annotated, ClassVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from controller.config.sections.kinds import Argument, Argv, Interval, Label, Section, Text
from controller.config.sections.kubernetes_names import Tree
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
    name: Text | None = Field(
        default=None, description="What the step is called: in the plan, the log and a halt."
    )
    command: Argv = Field(
        description="An argv list, run without a shell.", examples=["[ssh, HOST, …]"]
    )


class Upgrade(Section):
    LATER: ClassVar[frozenset[str]] = frozenset({"template", "job", "expect"})

    command: Argv | None = Field(default=None, description="An argv list, run without a shell.")
    steps: list[Step] | None = Field(
        default=None,
        min_length=1,
        description="Several commands instead of one; each is journalled.",
    )
    timeout: Interval = Field(default="15m", description="Time limit of each step.")
    unless: Unless | None = Field(default=None, description="Asks whether the upgrade is needed.")
    template: Tree | None = Field(
        default=None,
        description="Pods: a strategic-merge patch of the pod template. Left out: step through "
        "what somebody else has changed already.",
    )
    job: Tree | None = Field(
        default=None,
        description="Nodes: the pod template of a Job that is run on the Node, instead of a "
        "command.",
    )
    expect: dict[str, Text] | None = Field(
        default=None,
        description="Nodes: what a Node must show after its upgrade. `boot_id: changed`, or a glob "
        "for kubelet_version, kernel_version, os_image or container_runtime_version.",
    )


def is_placeholder(section: Upgrade) -> bool:
    return section.command is not None and section.command[0] == PLACEHOLDER


class Rollback(Upgrade):
    vars: dict[Label, Argument] = Field(
        default={},
        description="Values of ${vars.…} while rolling back, also in `validate`. `rollback` "
        "refuses one that is not what ran before, as the journal knows it.",
    )
