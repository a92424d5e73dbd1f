"""The section `gates`: conditions that must hold for the rollout to go on."""

from typing import Annotated, Literal

from pydantic import Field

from controller.config.kinds import (
    Confidence,
    Count,
    Duration,
    GateName,
    Interval,
    Percentage,
    SampleInterval,
    Section,
    one_of,
)


class HaproxyMeasure(Section):
    measure: Annotated[Literal["error_ratio"], one_of("error_ratio")] = "error_ratio"
    scope: Annotated[Literal["member", "pool"], one_of("member", "pool")] = Field(
        default="member", description="member: the one in hand, since its return."
    )


class Inconclusive(Section):
    hold: Duration = Field(default="2m", description="How long missing evidence is waited for.")
    then: Annotated[Literal["halt", "pass"], one_of("halt", "pass")] = "halt"


class GateSection(Section):
    name: GateName = Field(description="Unique in the file.", examples=["errors"])
    haproxy: HaproxyMeasure = Field(
        description="Evidence from HAProxy's own counters.",
        examples=["{measure: error_ratio, scope: member}"],
    )
    max: Percentage = Field(description="The greatest ratio that is fine.", examples=["1%"])
    test: Annotated[Literal["exact", "threshold"], one_of("exact", "threshold")] = Field(
        default="exact",
        description="exact: fails when `max` cannot explain the errors seen; "
        "threshold: the bare ratio.",
    )
    every: SampleInterval = Field(default="1s", description="Between two samples.")
    confidence: Confidence = Field(default="99.5%", description="Of the exact test.")
    min_errors: Count = Field(default=3, description="Of the exact test.")
    min_requests: Count = Field(default=20, description="Of the threshold.")
    window: Interval = Field(default="1m", description="How far a gate of the pool looks back.")
    failures: Count = Field(default=1, description="Failing samples in a row that trip it.")
    inconclusive: Inconclusive = Field(default_factory=Inconclusive)


DEFAULT_GATE = GateSection(name="errors", haproxy=HaproxyMeasure(), max="1%")
"""In force where the key `gates` is left out."""
