"""The sections `upgrade`, `rollback` and `validate` → commands and probes for one member."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from controller import tasks as work
from controller.config.sections.hosts import Hosts
from controller.config.sections.snapshot import Errand
from controller.config.sections.steps import Step
from controller.config.sections.upgrade import Unless, Upgrade
from controller.config.sections.validation import Http, Tcp, Validation
from controller.config.text import scalars
from controller.config.text.blank import is_blank
from controller.config.text.places import Trail
from controller.config.values.filled_http import (
    checked,
    filled_headers,
    filled_server_name,
    filled_url,
)
from controller.config.values.filling import Filling, environment
from controller.config.values.host_tasks import (
    OnHost,
    command_of,
    done_by,
    proof_of,
    reboot_of,
)
from controller.core.pool import Member
from controller.hosts import HostCommand


@dataclass(frozen=True, slots=True)
class Workshop:
    """Builds commands and probes; faults are recorded in `filling`."""

    filling: Filling
    cwd: str
    env: Mapping[str, str]
    hosts: Hosts

    def steps(self, section: Upgrade, trail: Trail) -> tuple[work.Task, ...]:
        timeout = scalars.duration(section.timeout)
        steps = enumerate(section.steps or ())
        own = [
            work.named(self._step(section, step, (*trail, "steps", at)), step.name or "")
            for at, step in steps
        ]
        if section.command is not None:
            argv, ok = section.command, done_by(section)
            own = [self._command((*trail, "command"), argv, timeout, ok)]
        proof = proof_of(self.on_host, section, (*trail, "expect"))
        return (*own, *([] if proof is None else [proof]))

    def guard(self, unless: Unless, trail: Trail) -> work.Guard:
        place, timeout = (*trail, "unless"), scalars.duration(unless.timeout)
        if unless.ssh is not None:
            argv = self.filling.argv((*place, "ssh"), unless.ssh)
            asked: work.Task = HostCommand(self.on_host.access, argv, timeout, self.env)
        else:
            asked = self._command((*place, "command"), unless.command or [], timeout)
        return work.Guard(asked, frozenset(unless.go_on))

    def errand(self, errand: Errand, trail: Trail, timeout: timedelta) -> work.Task:
        """One command beside the steps."""
        if errand.ssh is not None:
            return command_of(self.on_host, errand.ssh, (*trail, "ssh"), timeout, work.DONE)
        return self._command((*trail, "command"), errand.command or [], timeout)

    def _step(self, section: Upgrade, step: Step, trail: Trail) -> work.Task:
        """Of one kind: see `controller.config.sections.steps`."""
        timeout, ok = scalars.duration(section.timeout), done_by(section, step)
        if step.ssh is not None:
            return command_of(self.on_host, step.ssh, (*trail, "ssh"), timeout, ok)
        if step.reboot is not None:
            return reboot_of(self.on_host, section, step.reboot, (*trail, "reboot"))
        return self._command((*trail, "command"), step.command or [], timeout, ok)

    @property
    def on_host(self) -> OnHost:
        return OnHost(self.filling, self.hosts, self.env, self.cwd)

    def validation(self, entry: Validation, trail: Trail) -> work.Validation:
        within = scalars.duration(entry.within)
        return work.Validation(
            probe=self._probe(entry, trail, within),
            within=within,
            every=scalars.duration(entry.every),
            consecutive=entry.consecutive,
        )

    def _probe(
        self, entry: Validation, trail: Trail, within: timedelta
    ) -> work.HttpProbe | work.TcpProbe | work.CommandProbe:
        if entry.http is not None:
            return self.http(entry.http, (*trail, "http"))
        if entry.tcp is not None:
            return self._tcp(entry.tcp, (*trail, "tcp"))
        command = self._command((*trail, "command"), entry.command or [], within)
        return work.CommandProbe(command)

    def http(self, http: Http, trail: Trail) -> work.HttpProbe:
        text = self.filling.text
        contains = http.contains
        looked_for = None if contains is None else text((*trail, "contains"), contains)
        if looked_for is not None and is_blank(looked_for):
            message = "is blank once it is filled in, and nearly every body contains that"
            self.filling.note((*trail, "contains"), f"{message}; give its variables a value")
        authorities = None if http.ca is None else text((*trail, "ca"), http.ca)
        return work.HttpProbe(
            url=filled_url(self.filling, http.url, (*trail, "url")),
            status=http.status,
            contains=looked_for,
            headers=filled_headers(self.filling, http.headers, (*trail, "headers")),
            verify=http.verify,
            ca=None if authorities is None else str(Path(self.cwd, authorities)),
            server_name=filled_server_name(self.filling, http.server_name, (*trail, "server_name")),
        )

    def _tcp(self, tcp: Tcp, trail: Trail) -> work.TcpProbe:
        host = self.filling.text((*trail, "host"), tcp.host)
        if not host:
            self.filling.note((*trail, "host"), "the host is empty; write one")
        port = self.filling.text((*trail, "port"), str(tcp.port))
        checked(self.filling, scalars.port, port, (*trail, "port"))
        return work.TcpProbe(host, int(port) if port.isdecimal() else 0)

    def _command(
        self,
        trail: Trail,
        templates: list[str],
        timeout: timedelta,
        ok: frozenset[int] = work.DONE,
    ) -> work.Command:
        return work.Command(self.filling.argv(trail, templates), timeout, self.env, self.cwd, ok)


def environment_of(
    course: str, member: Member, rollout_id: str, rollout_name: str
) -> Mapping[str, str]:
    """What every step and probe finds in its environment."""
    known = environment(member, rollout_name)
    return {"POOLROLL_COURSE": course, "POOLROLL_ROLLOUT_ID": rollout_id, **known}
