"""The section `return`: how a member comes back into rotation."""

from pydantic import Field

from controller.config.sections.kinds import Duration, Interval, Section, Share


class Return(Section):
    within: Interval = Field(
        default="60s", description="The load balancer's own health check must pass in this time."
    )
    ramp: list[Share] = Field(
        default=[],
        max_length=20,
        description="Weights on the way back, as percentages of the found weight, each at least a "
        "weight of 1. A fraction of a per cent is rounded up; equal steps are merged.",
    )
    hold: Duration = Field(default="0s", description="How long to stay at each step of the ramp.")
