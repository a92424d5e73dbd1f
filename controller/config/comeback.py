"""The section `return`: how a member comes back into rotation."""

from pydantic import Field

from controller.config.kinds import Duration, Interval, Section


class Comeback(Section):
    within: Interval = Field(
        default="60s", description="The balancer's own health check must pass in this time."
    )
    hold: Duration = Field(default="0s", description="At each step of a ramp.")
