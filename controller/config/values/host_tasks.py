"""What is done on the host of a member: `ssh` and `reboot` steps, and `expect`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Final

from controller.config.sections import steps as sections
from controller.config.sections.exits import Exits
from controller.config.sections.hosts import Hosts, check_jump, check_user
from controller.config.sections.upgrade import Upgrade
from controller.config.text import scalars
from controller.config.text.places import Trail
from controller.config.values.filled_http import checked
from controller.config.values.filling import Filling
from controller.foreign import Address, address
from controller.hosts import Access, HostCommand, Proof, Reboot
from controller.tasks import Command

PROOF_TIMEOUT: Final = timedelta(minutes=2)
"""Time limit of `expect`."""
RESET_TIMEOUT: Final = timedelta(seconds=30)
"""Time limit of the command that resets a host."""
KERNEL, PACKAGES, SERVICES = "kernel", "packages", "services"
EXPECTED: Final = (KERNEL, PACKAGES, SERVICES)
"""Keys of `expect` that a host is asked for."""
_PLACE: Final[Trail] = ("hosts", "ssh")


@dataclass(frozen=True)
class OnHost:
    """The host of one member; faults are recorded in `filling`."""

    filling: Filling
    hosts: Hosts
    env: Mapping[str, str]
    cwd: str
    """Of commands on this machine."""

    @cached_property
    def access(self) -> Access:
        ssh = self.hosts.ssh
        port = self._text("port", "" if ssh.port is None else str(ssh.port))
        if port:
            checked(self.filling, scalars.port, port, (*_PLACE, "port"))
        user, jump = self._text("user", ssh.user or ""), self._text("jump", ssh.jump or "")
        for key, value, check in (("user", user, check_user), ("jump", jump, check_jump)):
            if value:
                checked(self.filling, check, value, (*_PLACE, key))
        return Access(
            host=self._host(),
            user=user,
            port=int(port) if port.isdecimal() else None,
            jump=jump,
            options=tuple(
                self.filling.text((*_PLACE, "options", at), one)
                for at, one in enumerate(ssh.options)
            ),
            sudo=ssh.sudo,
            connect_timeout=scalars.duration(ssh.connect_timeout),
        )

    def _text(self, key: str, template: str) -> str:
        return self.filling.text((*_PLACE, key), template) if template else ""

    def _host(self) -> Address:
        """Others name it: it must be nothing but a host for ssh."""
        try:
            return address(self.filling.values.get("member.host", ""))
        except ValueError as error:
            self.filling.note(("pool", "members", "host"), f"{error}; ssh needs the host's name")
            return Address("")


def done_by(section: Upgrade, step: sections.Step | None = None) -> frozenset[int]:
    """Exit codes of a step that mean: done. None: of its one command."""
    exits = _exits(section, step)
    return frozenset({0}) if exits is None else frozenset((*exits.ok, *exits.reboot))


def _exits(section: Upgrade, step: sections.Step | None) -> Exits | None:
    return section.exits if step is None or step.exits is None else step.exits


def _asking(section: Upgrade, trail: Trail) -> tuple[frozenset[int], ...]:
    """Of each step before the one at `trail`: exit codes that ask for a reboot."""
    before = (section.steps or [])[: int(trail[-1])]
    exits = (_exits(section, step) for step in before)
    return tuple(frozenset(() if one is None else one.reboot) for one in exits)


def command_of(
    where: OnHost, argv: list[str], trail: Trail, timeout: timedelta, ok: frozenset[int]
) -> HostCommand:
    return HostCommand(where.access, where.filling.argv(trail, argv), timeout, where.env, ok)


def reboot_of(where: OnHost, section: Upgrade, reboot: sections.Reboot, trail: Trail) -> Reboot:
    argv = where.filling.argv
    reset, command = reboot.reset, None
    if reset is not None:
        found = argv((*trail, "reset", "command"), reset.command)
        command = Command(found, RESET_TIMEOUT, where.env, where.cwd)
    return Reboot(
        access=where.access,
        timeout=scalars.duration(reboot.timeout),
        argv=argv((*trail, "command"), reboot.command),
        is_conditional=reboot.when == "needed",
        question=() if reboot.needed is None else argv((*trail, "needed"), reboot.needed),
        asked_by=_asking(section, trail[:-1]),
        reset=command,
        reset_after=None if reset is None else scalars.duration(reset.after),
        env=where.env,
    )


def proof_of(where: OnHost, section: Upgrade, trail: Trail) -> Proof | None:
    expect, text = section.expect or {}, where.filling.text
    if not expect.keys() & EXPECTED:
        return None
    kernel, packages, services = (expect.get(key) for key in EXPECTED)
    given = packages if isinstance(packages, dict) else {}
    units = services if isinstance(services, list) else []
    return Proof(
        access=where.access,
        timeout=PROOF_TIMEOUT,
        kernel=text((*trail, KERNEL), kernel) if isinstance(kernel, str) else "",
        packages={name: text((*trail, PACKAGES, name), one) for name, one in given.items()},
        services=tuple(text((*trail, SERVICES, at), unit) for at, unit in enumerate(units)),
        env=where.env,
    )
