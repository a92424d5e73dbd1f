"""The section `failures`: how many members a rollout may leave behind."""

from typing import Annotated, Literal

from pydantic import Field

from controller.config.sections.kinds import Quantity, Section, one_of


class Failures(Section):
    max: Quantity = Field(
        description="How many members may be skipped; one more halts the rollout. A percentage is "
        "of the selected members, rounded down.",
        examples=["2%"],
    )
    on_unreachable: Annotated[Literal["skip", "halt"], one_of("skip", "halt")] = Field(
        default="skip",
        description="What becomes of a member that is not reached: `unless` or `preflight` did not "
        "end in time, or ended with exit code 255, as ssh does; or its host does not answer to "
        "ssh. skip: it is left as found, and named.",
    )
