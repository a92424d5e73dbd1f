"""The section `drain`: how a member is emptied."""

from typing import Annotated, Literal

from pydantic import Field

from controller.config.sections.kinds import Duration, Interval, Section, one_of


class Drain(Section):
    timeout: Interval = Field(
        default="5m", description="How long to wait until no request is in flight."
    )
    sticky: Duration = Field(
        default="30s",
        description="How long clients with a persistence cookie may still come.",
    )
    on_timeout: Annotated[Literal["halt", "cut"], one_of("halt", "cut")] = Field(
        default="halt",
        description="halt: put the member back as it was, and halt; "
        "cut: close the connections that are left.",
    )
