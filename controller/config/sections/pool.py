"""The section `pool`: which members, behind which load balancers, how many at a time."""

from pydantic import Field, JsonValue

from controller.config.sections.kinds import (
    Argument,
    Count,
    Duration,
    Endpoint,
    Glob,
    Interval,
    Label,
    Quantity,
    Section,
    ServerName,
    Text,
)

DISTINCT: dict[str, JsonValue] = {"uniqueItems": True}


class Haproxy(Section):
    apis: list[Endpoint] = Field(
        min_length=1,
        json_schema_extra=DISTINCT,
        description="The Runtime API of every HAProxy in front of this pool.",
        examples=["[unix:/run/haproxy/admin.sock]"],
    )
    backends: list[ServerName] = Field(
        min_length=1,
        json_schema_extra=DISTINCT,
        description="A member is a server's name; it is taken out of all of these at once.",
        examples=["[web]"],
    )
    lost_after: Interval = Field(
        default="30s", description="How long an HAProxy may stay unreadable before a halt."
    )


class Members(Section):
    include: list[Glob] = Field(default=["*"], min_length=1, description="Globs on the name.")
    exclude: list[Glob] = Field(default=[], description="Globs on the name.")
    expect: Count | None = Field(
        default=None, description="How many members there must be, no more and no fewer."
    )
    host: Text = Field(
        default="${member.address}", description="${member.host}: where commands find the member."
    )
    vars: dict[ServerName, dict[Label, Argument]] = Field(
        default={}, description="${member.vars.…}, for each member by name."
    )


class Pool(Section):
    haproxy: Haproxy = Field(
        description="The load balancers.", examples=["{apis: […], backends: […]}"]
    )
    members: Members = Field(default_factory=Members)
    canaries: list[ServerName] = Field(
        default=[], json_schema_extra=DISTINCT, description="Members that go first."
    )
    max_unavailable: Quantity = Field(
        default=1, description="Members out because of us at any time."
    )
    min_available: Quantity | None = Field(
        default=None,
        description="Floor of members in rotation and healthy, whoever took the others out; a "
        "percentage is one of all members of the backend, down or not. "
        "Default: those found at the start, less max_unavailable.",
    )
    wait_for_capacity: Duration = Field(
        default="10m", description="How long a floor that does not hold is waited for."
    )
