"""The section `collect`: what is fetched from a member that failed."""

from pydantic import ConfigDict, Field

from controller.config.sections.kinds import Argv, Interval, Section, Text


class Collected(Section):
    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["command"]}, {"required": ["ssh"]}]}
    )

    name: Text | None = Field(default=None, description="What it is called in the report.")
    command: Argv | None = Field(
        default=None,
        description="Run on this machine: an argv list, without a shell. It must change nothing.",
        examples=["[curl, -s, http://HOST/status]"],
    )
    ssh: Argv | None = Field(
        default=None,
        description="The same on the member's host.",
        examples=["[journalctl, -b, --no-pager, -n, '500']"],
    )
    timeout: Interval = Field(default="60s", description="Its time limit.")
