"""The section `snapshot`: how the host of a member is saved before it is changed."""

from typing import Annotated, Final

from pydantic import ConfigDict, Field, PlainValidator, WithJsonSchema

from controller.config.sections.kinds import Argv, Interval, Section
from controller.config.text.ages import AGE_PATTERN, age


def _age(value: object) -> object:
    age(value)
    return value


Age = Annotated[
    str,
    PlainValidator(_age),
    WithJsonSchema({"type": "string", "pattern": AGE_PATTERN}),
]
"""How long something is kept or holds."""


class Errand(Section):
    """One command of our own, beside the steps."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["command"]}, {"required": ["ssh"]}]}
    )

    command: Argv | None = Field(
        default=None, description="Run on this machine: an argv list, without a shell."
    )
    ssh: Argv | None = Field(default=None, description="Run on the member's host.")


ERRANDS: Final = ("create", "revert", "drop")
"""Keys of the commands of a snapshot."""


class Snapshot(Section):
    create: Errand = Field(
        description="Makes the snapshot `${snapshot.id}` of a member that is out and idle, before "
        "its first step. If it fails, nothing is changed: the member goes back as it was.",
        examples=["{command: [./snap.sh, create, MEMBER, ID]}"],
    )
    revert: Errand | None = Field(
        default=None,
        description="Brings a member back to its snapshot, for `on_failure: revert_member`.",
    )
    drop: Errand | None = Field(
        default=None,
        description="Removes a snapshot whose time is over. It must also succeed for one that is "
        "gone already. Left out: snapshots are only listed.",
    )
    keep: Age = Field(
        default="7d", description="How long a snapshot is kept, like 12h or 7d; at most 366d."
    )
    timeout: Interval = Field(
        default="15m", description="Time limit of each of these commands, for each member."
    )
