"""The section `return`: how a member comes back into rotation."""

from pydantic import Field

from controller.config.sections.kinds import Duration, Interval, Section, Share


class Comeback(Section):
    within: Interval = Field(
        default="60s", description="The balancer's own health check must pass in this time."
    )
    ramp: list[Share] = Field(
        default=[],
        max_length=20,
        description="Steps of the found weight on the way back, each at least a weight of 1; a "
        "fraction of a per cent counts as a whole one, and equal steps as one.",
    )
    hold: Duration = Field(default="0s", description="At each step of a ramp.")
