"""The section `pool`: which members, behind which load balancers, how many at a time."""

from typing import ClassVar

from pydantic import ConfigDict, Field, JsonValue

from controller.config.sections.downtime import Downtime
from controller.config.sections.kinds import (
    Argument,
    Count,
    Duration,
    Endpoint,
    Floor,
    Glob,
    Interval,
    Label,
    Quantity,
    Section,
    ServerName,
    Text,
)
from controller.config.sections.kubernetes import Kubernetes
from controller.config.sections.scripted import PoolHosts

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
        description="Backends of the pool. A member is a server name; it is taken out of all of "
        "them at once.",
        examples=["[web]"],
    )
    lost_after: Interval = Field(
        default="30s", description="How long an HAProxy may be unreachable before a halt."
    )


class Members(Section):
    include: list[Glob] = Field(
        default=["*"], min_length=1, description="Globs of server names to include."
    )
    exclude: list[Glob] = Field(default=[], description="Globs of server names to exclude.")
    expect: Count | None = Field(
        default=None, description="Exact number of members; any other number is refused."
    )
    host: Text = Field(
        default="${member.address}", description="${member.host}: the host name for commands."
    )
    vars: dict[ServerName, dict[Label, Argument]] = Field(
        default={}, description="${member.vars.…}, for each member by name."
    )


class Pool(Section):
    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": [kind]} for kind in ("haproxy", "kubernetes", "hosts")]
        }
    )
    LATER: ClassVar[frozenset[str]] = frozenset({"downtime"})

    haproxy: Haproxy | None = Field(
        default=None,
        description="A pool behind HAProxy: its load balancers.",
        examples=["{apis: […], backends: […]}"],
    )
    kubernetes: Kubernetes | None = Field(
        default=None,
        description="A pool in Kubernetes: the pods behind a Service, or Nodes.",
        examples=["{service: web}"],
    )
    hosts: PoolHosts | None = Field(
        default=None,
        description="Hosts behind any other balancer, which three scripts reach, or behind none.",
        examples=["{members: […], out: {…}, in: {…}, state: {…}}"],
    )
    members: Members = Field(
        default_factory=Members, description="Which servers are members, and their variables."
    )
    canaries: list[ServerName] = Field(
        default=[], json_schema_extra=DISTINCT, description="Members to upgrade first."
    )
    max_unavailable: Quantity = Field(
        default=1, description="How many members poolroll may have out at a time."
    )
    downtime: Downtime | None = Field(
        default=None,
        description="With hosts: a planned outage. Nothing serves in place of a member that is "
        "out, and min_available may be 0.",
        examples=["{budget: 5m}"],
    )
    min_available: Floor | None = Field(
        default=None,
        description="The floor: how many members must stay in rotation and healthy, whoever took "
        "the others out. A percentage is of all members of the backend, down or not. "
        "Default: those that serve at the start, less max_unavailable. 0 with downtime "
        "alone.",
    )
    wait_for_capacity: Duration = Field(
        default="10m", description="How long to wait for the floor to hold."
    )
