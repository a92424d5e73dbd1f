"""The section `preflight`: what a member must answer before anything is done to it."""

from pydantic import ConfigDict, Field

from controller.config.sections.exits import AnyExit
from controller.config.sections.kinds import Argv, Interval, Number, Section, Text
from controller.config.sections.validation import Contained


class Question(Section):
    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["command"]}, {"required": ["ssh"]}]}
    )

    name: Text | None = Field(
        default=None, description="What the question is called where it fails."
    )
    command: Argv | None = Field(
        default=None,
        description="Run on this machine: an argv list, without a shell. It must change nothing.",
        examples=["[./raid-ok.sh, HOST]"],
    )
    ssh: Argv | None = Field(
        default=None,
        description="The same on the member's host.",
        examples=["[df, --output=avail, -k, /var]"],
    )
    exits: list[AnyExit] = Field(
        default=[0], min_length=1, description="Exit codes with which it may hold."
    )
    min: Number | None = Field(
        default=None,
        description="The last number that it prints must be at least that. It has to be a bare "
        "number, without a unit.",
    )
    max: Number | None = Field(default=None, description="The same: at most that.")
    contains: Contained | None = Field(default=None, description="Text that it must print.")
    timeout: Interval = Field(
        default="60s", description="Who does not answer in that time is not reached."
    )
