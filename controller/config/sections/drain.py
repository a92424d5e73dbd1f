"""The section `drain`: how a member is emptied."""

from typing import Annotated, Literal

from pydantic import Field

from controller.config.sections.evidence import MetricsServerSection
from controller.config.sections.kinds import Duration, Interval, Limit, Section, Text, one_of


class IdleQuery(MetricsServerSection):
    query: Text = Field(
        description="PromQL with ${member.…}: what is in flight at the member.",
        examples=["'in_flight{pod=\"${member.name}\"}'"],
    )
    evidence: Text | None = Field(
        default=None, description="Plain selector that gives the age of the evidence."
    )
    reduce: (
        Annotated[Literal["max", "min", "sum", "avg"], one_of("max", "min", "sum", "avg")] | None
    ) = Field(default=None, description="How to reduce several series to one.")
    max_age: Interval | None = Field(
        default=None,
        description="Greatest age of the evidence. Default: three scrape intervals, or 1m.",
    )


class Idle(Section):
    prometheus: IdleQuery = Field(
        description="A query whose value shows that the member is in use.",
        examples=["{url: …, query: …}"],
    )
    max: Limit = Field(default=0, description="Up to this value nobody uses it.")


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
    settle: Duration | None = Field(
        default=None,
        description="With kubernetes or hosts: how long requests may still reach a member that is "
        "out: the lag of the proxies, and the longest request. Default: 5s, and none "
        "for servers that stand alone.",
    )
    idle: Idle | None = Field(
        default=None,
        description="Proof that nobody uses a member that is out; its step waits for it.",
    )
