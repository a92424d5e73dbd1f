"""One step of `upgrade` or `rollback`: each kind is a key, and a section here."""

from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, JsonValue

from controller.config.sections.exits import Exits
from controller.config.sections.kinds import Argv, Interval, Section, Text, one_of

KINDS: tuple[str, ...] = ("command", "ssh", "reboot")
"""Keys of which a step has one."""
ONE_OF: dict[str, JsonValue] = {"oneOf": [{"required": [kind]} for kind in KINDS]}


class Reset(Section):
    command: Argv = Field(
        description="Run on this machine: an argv list, without a shell.",
        examples=["[ipmitool, -H, HOST, chassis, power, cycle]"],
    )
    after: Interval = Field(description="How long after it was asked to restart.", examples=["10m"])


class Reboot(Section):
    timeout: Interval = Field(
        default="20m",
        description="Until SSH answers under a new boot id and the services are up. A file system "
        "check may take long.",
    )
    when: Annotated[Literal["always", "needed"], one_of("always", "needed")] = Field(
        default="always",
        description="needed: only when the host says so (`needs-restarting -r`, "
        "/run/reboot-required, `zypper needs-rebooting`, a newer kernel in /boot), or an exit code "
        "of a former step (`exits`).",
    )
    needed: Argv | None = Field(
        default=None,
        description="Your own question for `when: needed`, run on the host. Exit code 0: needed; "
        "1: not; any other: a failure.",
    )
    command: Argv = Field(
        default=["systemctl", "reboot"], description="Run on the host to restart it."
    )
    reset: Reset | None = Field(
        default=None, description="Run once when the host has not come back."
    )


class Step(Section):
    LATER: ClassVar[frozenset[str]] = frozenset({"ssh", "reboot", "exits"})
    model_config = ConfigDict(json_schema_extra=ONE_OF)

    name: Text | None = Field(
        default=None, description="What the step is called: in the plan, the log and a halt."
    )
    command: Argv | None = Field(
        default=None,
        description="Run on this machine: an argv list, without a shell.",
        examples=["[ssh, HOST, …]"],
    )
    ssh: Argv | None = Field(
        default=None,
        description="Run on the member's host, once, also if the connection breaks. An argv list, "
        "which arrives there as it is.",
        examples=["[dnf, -y, upgrade]"],
    )
    exits: Exits | None = Field(
        default=None,
        description="What the exit codes of this step mean, in place of `exits` beside `steps`.",
    )
    reboot: Reboot | None = Field(
        default=None, description="Restart the member's host, and wait until it is up again."
    )
