"""The sections `upgrade` and `rollback`: the commands that change a member."""

from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field, PlainValidator, WithJsonSchema

from controller.config.sections.exits import ExitCode, Exits
from controller.config.sections.kinds import Argument, Argv, Interval, Label, Section, text
from controller.config.sections.kubernetes_names import Tree
from controller.config.sections.steps import Step


def _expectation(value: object) -> object:
    """Which form a key takes, `check` says."""
    many = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in many:
        text(one)
    return value if isinstance(value, dict | list) else text(value)


Expectation = Annotated[
    str | dict[str, str] | list[str],
    PlainValidator(_expectation),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {"type": "object", "additionalProperties": {"type": "string"}},
                {"type": "array", "items": {"type": "string"}},
            ]
        }
    ),
]


PLACEHOLDER = "WRITE-HERE-WHAT-UPGRADES-A-MEMBER"
"""What `init` writes for the unknown upgrade program: `check` warns, `plan` and `run` refuse."""
STILL_THERE = "still holds the placeholder from `init`"


class Unless(Section):
    LATER: ClassVar[frozenset[str]] = frozenset({"ssh"})
    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["command"]}, {"required": ["ssh"]}]}
    )

    command: Argv | None = Field(
        default=None,
        description="Exit code 0: the member is upgraded already.",
        examples=["[ssh, HOST, …]"],
    )
    ssh: Argv | None = Field(
        default=None, description="The same question, asked on the member's host."
    )
    go_on: list[ExitCode] = Field(
        default=[1], min_length=1, description="Exit codes that mean: upgrade. Any other refuses."
    )
    timeout: Interval = Field(
        default="60s",
        description="Time limit: one that takes longer has not answered. The check modes of "
        "configuration tools take minutes.",
    )


class Upgrade(Section):
    LATER: ClassVar[frozenset[str]] = frozenset({"template", "job", "expect", "exits"})

    command: Argv | None = Field(default=None, description="An argv list, run without a shell.")
    steps: list[Step] | None = Field(
        default=None,
        min_length=1,
        description="Several steps instead of one command; each is journalled.",
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
    exits: Exits | None = Field(
        default=None, description="What the exit codes of commands and ssh steps mean."
    )
    expect: dict[str, Expectation] | None = Field(
        default=None,
        description="What a host must show after its last step: `kernel: GLOB`, `packages: {NAME: "
        "GLOB}` (or absent), `services: [UNIT]`. Nodes: also `boot_id: changed`, or a glob for "
        "kubelet_version, kernel_version, os_image or container_runtime_version.",
    )


def is_placeholder(section: Upgrade) -> bool:
    return section.command is not None and section.command[0] == PLACEHOLDER


class Rollback(Upgrade):
    vars: dict[Label, Argument] = Field(
        default={},
        description="Values of ${vars.…} while rolling back, also in `validate`. `rollback` "
        "refuses one that is not what ran before, as the journal knows it.",
    )
