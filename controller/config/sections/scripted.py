"""The section `pool.hosts`: members by name, behind a balancer that scripts reach, or none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field, JsonValue, PrivateAttr

from controller.config.sections.downtime import Hook
from controller.config.sections.kinds import Argv, Interval, Port, Section, ServerName, Text

DISTINCT: dict[str, JsonValue] = {"uniqueItems": True}


class Script(Section):
    command: Argv = Field(
        description="An argv list, run without a shell, on the machine that runs poolroll.",
        examples=['[./lb.sh, out, "${member.name}"]'],
    )
    timeout: Interval = Field(
        default="30s", description="Time limit, and until when `state` must show what was set."
    )


class InventorySection(Section):
    file: Text = Field(
        description="INI, or YAML where its name ends with .yaml or .yml.", examples=["hosts.ini"]
    )
    group: Text = Field(
        default="all", description="Whose hosts are the members, with those of the groups below it."
    )


@dataclass(frozen=True, slots=True)
class Reached:
    """What an inventory says of a host; empty: nothing."""

    address: str = ""
    port: str = ""
    """Of its sshd."""
    user: str = ""


class PoolHosts(Section):
    LATER: ClassVar[frozenset[str]] = frozenset({"promote", "inventory"})

    members: list[ServerName] = Field(
        default=[],
        min_length=1,
        json_schema_extra=DISTINCT,
        description="The members: names that the commands of this file, and its probes, can "
        "reach. A member's address is its name.",
        examples=["[web1, web2, web3]"],
    )
    inventory: InventorySection | None = Field(
        default=None,
        description="In place of members: they are in an inventory of Ansible's.",
        examples=["{file: hosts.ini, group: db}"],
    )
    _reached: Mapping[str, Reached] = PrivateAttr(default_factory=dict)
    """Member → how the inventory says that it is reached."""
    port: Port | None = Field(default=None, description="${member.port}: the same for all members.")
    out: Script | None = Field(
        default=None,
        description="Takes a member out: no new traffic, work in flight goes on. Exit code 0: it "
        "is done. May be run again. Left out, with `in` and `state`: nothing serves in place of a "
        "member, see `pool.downtime`.",
        examples=['{command: [./lb.sh, out, "${member.name}"]}'],
    )
    back: Script | None = Field(
        default=None,
        alias="in",
        description="Puts a member back. Exit code 0: it is done. May be run again.",
        examples=['{command: [./lb.sh, in, "${member.name}"]}'],
    )
    state: Script | None = Field(
        default=None,
        description="Prints how a member is, in its last line: ready, draining or out; after it, "
        "where the balancer knows: in_flight=N, requests=N and errors=N (since it started), "
        "health=up or health=down. With `promote`: ready or standby.",
        examples=['{command: [./lb.sh, state, "${member.name}"]}'],
    )
    promote: Hook | None = Field(
        default=None,
        description="For two members, of which `state` prints `ready` of the active one and "
        "`standby` of the other: makes this one the active one. The standby is upgraded first; "
        "once it has passed, it is promoted, and then the other one is upgraded. In place of `out` "
        "and `in`.",
        examples=['{command: [./cluster.sh, promote, "${member.name}"]}'],
    )
    counts: bool = Field(
        default=False,
        description="Whether `state` prints requests and errors of every member, so that gates can "
        "judge them. Without it the rollout has the gates that the file writes, and no other.",
    )
    every: Interval = Field(
        default="1s",
        description="How often `state` is asked at most, for all members. A change of ours is "
        "looked for at once.",
    )
    lost_after: Interval = Field(
        default="1m", description="How long `state` may fail before a halt."
    )

    def reached(self, member: str) -> Reached:
        return self._reached.get(member, Reached())

    def listing(self, reached: Mapping[str, Reached]) -> "PoolHosts":
        """The same with the members of its inventory."""
        made = self.model_copy(update={"members": list(reached)})
        made._reached = reached
        return made
