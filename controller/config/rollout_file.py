"""A valid rollout file, and the commands, probes and queries that it makes of a member."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from controller.config.masking import masked_document
from controller.config.programs import Program, programs_of
from controller.config.sections.rollout import Rollout
from controller.config.sections.upgrade import STILL_THERE, Rollback, Upgrade, is_placeholder
from controller.config.text.document import Document
from controller.config.text.places import Trail
from controller.config.values.asking import filled_probe, filled_queries
from controller.config.values.calendars import calendar_of
from controller.config.values.filling import Filling, facts, named, variables
from controller.config.values.listed import ssh_of
from controller.config.values.metrics_servers import IDLE
from controller.config.values.pool_tasks import node_guard, of_nodes, of_pods
from controller.config.values.pools import state_of
from controller.config.values.questions import collects_of, questions_of
from controller.config.values.tasks import Workshop, environment_of
from controller.config.values.ways import ways_of
from controller.config.written_secrets import written_secrets
from controller.core.gates.evidence import Query
from controller.core.gates.gate import Gate, MetricGate, Scope
from controller.core.pool import Member
from controller.core.pool.copies import replace
from controller.core.settings import OnFailure, Settings
from controller.core.steps import Course
from controller.errors import ConfigurationError, Fault
from controller.hosts import HostCommand
from controller.metrics_servers import MetricsServer
from controller.pools.kubernetes import ClusterState, NodePool, PodPool
from controller.secrets import NONE, Secrets
from controller.tasks import Command, Guard, HttpProbe, Task, Work
from controller.windows.calendar import Calendar


@dataclass(frozen=True, slots=True)
class RolloutFile:
    path: Path
    text: str
    sets: Mapping[str, str]
    settings: Settings
    document: Document
    rollout: Rollout
    servers: Mapping[str, Sequence[MetricsServer]]
    """Gate → the servers that it asks, and how to be let in there."""

    @property
    def has_rollback(self) -> bool:
        back = self.rollout.rollback
        return self._has_pods or (back is not None and back.model_fields_set != {"vars"})

    @property
    def state(self) -> ClusterState | None:
        """Where the file wants its journal, if not in a folder."""
        return state_of(self.rollout)

    def calendar(self) -> Calendar:
        """When members may be taken up. Reads calendar files. Raises ConfigurationError."""
        return calendar_of(self.rollout, self.document, self.path, self.folder)

    @property
    def way(self) -> Path | None:
        """The file that says how the pool is reached, where one is named: it may name programs."""
        pool = self.settings.pool
        if isinstance(pool, PodPool | NodePool) and pool.cluster.kubeconfig:
            return Path(pool.cluster.kubeconfig).expanduser()
        return None

    @property
    def keeps_notes(self) -> bool:
        """Whether something of it outlives a rollout: snapshots, and what is prepared."""
        return self.rollout.snapshot is not None or self.rollout.prepare is not None

    @property
    def ways(self) -> tuple[Command | HostCommand, ...]:
        """The commands by which the pool is reached, where it is reached by commands."""
        return ways_of(self.settings.pool)

    @property
    def reaches_out(self) -> bool:
        """Whether proving a member runs commands, or a gate is let in by secrets that are kept on
        this machine."""
        servers = [one for those in self.servers.values() for one in those]
        secrets = [s for one in servers for s in (one.password, one.bearer, *one.headers.values())]
        return any(one.command is not None for one in self.rollout.validations) or any(
            secret is not None and secret.inline is None for secret in secrets
        )

    def refuse_placeholder(self) -> None:
        """Raises ConfigurationError while `upgrade` is still the placeholder from `init`."""
        if is_placeholder(self.rollout.upgrade):
            fix = "write the command that upgrades one member"
            fault = self.document.fault(("upgrade", "command"), f"{STILL_THERE}; {fix}")
            raise ConfigurationError(str(self.path), (fault,))

    @property
    def masked(self) -> tuple[str, dict[str, str]]:
        """Text and sets without secrets (S12)."""
        return self.masked_by(NONE)

    def masked_by(self, secrets: Secrets) -> tuple[str, dict[str, str]]:
        """The same, for the journal: also without those that come from elsewhere."""
        written = written_secrets(self.document, self.settings.vars)
        return masked_document(self.document, self.sets, written.with_more(secrets.values))

    @property
    def folder(self) -> str:
        """Where commands run: the folder of the file."""
        return folder_of(self.path)

    def member(self, name: str, address: str, port: int) -> Member:
        """A server of the load balancer as a Member. Raises ConfigurationError."""
        members, own = self.rollout.pool.members, self.variables_of(name)
        bare = Member(name, address, port, vars=own)
        values = {**facts(bare), **named(self.settings.vars), "rollout.name": self.settings.name}
        filling = Filling(str(self.path), self.document, name, values)
        trail = ("pool", "members", "host")
        host = filling.text(trail, members.host)
        is_host = host.isprintable() and not any(sign.isspace() for sign in host)
        # ssh and others would take a host with a leading dash for an option.
        if not filling.faults and (not host or not is_host or host.startswith("-")):
            filling.note(
                trail, "this does not make a valid host; check the address and the variables"
            )
        filling.finish()
        return Member(name, address, port, host, own)

    def variables_of(self, member: str) -> dict[str, str]:
        """What `${member.vars.…}` means for that member."""
        return variables(self.rollout.pool.members.vars.get(member, {}))

    def work(self, course: Course, member: Member, rollout_id: str) -> Work:
        """What `course` does to `member`, all templates filled.

        Raises ConfigurationError when a variable has no value for this member, when a filled-in
        value is invalid, or when the file has no such section.
        """
        section = self._section(course)
        if section is None:
            fault = Fault(0, 0, course.value, "the file has no such section; add it")
            raise ConfigurationError(str(self.path), (fault,))
        shop = self.workshop(course.value, member, rollout_id, self.overlay(course))
        steps, guard = self._steps(course, section, member, shop)
        work = Work(
            steps=steps,
            validations=tuple(
                shop.validation(entry, ("validate", at))
                for at, entry in enumerate(self.rollout.validations)
            ),
            guard=guard,
            collects=collects_of(self.rollout.collect, shop.on_host),
            questions=()
            if course is Course.ROLLBACK
            else questions_of(self.rollout.preflight, shop.on_host),
        )
        shop.filling.finish()
        return work

    def overlay(self, course: Course) -> dict[str, str]:
        """What variables mean on the way back, instead of what they mean otherwise."""
        back = self.rollout.rollback
        given = back.vars if course is Course.ROLLBACK and back is not None else {}
        return named(variables(given))

    def as_of(self, values: Mapping[str, str]) -> "RolloutFile":
        """The same file, where these variables mean what they meant in an earlier rollout."""
        settings = replace(self.settings, vars={**self.settings.vars, **values})
        return replace(self, settings=settings)

    def workshop(
        self, course: str, member: Member, rollout_id: str, more: Mapping[str, str]
    ) -> Workshop:
        """`more`: values of templates beside those of the member and the rollout."""
        values = {**self._values(member, rollout_id), **more}
        filling = Filling(str(self.path), self.document, member.name, values)
        env = environment_of(course, member, rollout_id, self.settings.name)
        return Workshop(filling, self.folder, env, ssh_of(self.rollout, member.name))

    def _steps(
        self, course: Course, section: Upgrade, member: Member, shop: Workshop
    ) -> tuple[tuple[Task, ...], Guard | None]:
        pool, policies = self.settings.pool, self.settings.policies
        if isinstance(pool, PodPool):
            return of_pods(section, course, member, policies)
        steps: tuple[Task, ...] = shop.steps(section, (course.value,))
        guard = shop.guard(section.unless, (course.value,)) if section.unless is not None else None
        if isinstance(pool, NodePool):
            steps = of_nodes(section, course, member, pool, steps, policies, shop.filling)
            if course is Course.UPGRADE:
                guard = guard or node_guard(pool.expect, member, policies)
        return steps, guard

    @property
    def _has_pods(self) -> bool:
        """Whether the members are pods, which the pool itself replaces, both ways."""
        return isinstance(self.settings.pool, PodPool)

    def _section(self, course: Course) -> Upgrade | None:
        if course is Course.UPGRADE:
            return self.rollout.upgrade
        is_implied = self._has_pods or self.settings.policies.on_failure is OnFailure.REVERT_MEMBER
        return self.rollout.rollback or (Rollback() if is_implied else None)

    def programs(self, course: Course, member: Member, rollout_id: str) -> list[Program]:
        """Programs that `course` starts on this machine for `member`, validations included.

        Raises ConfigurationError as `work` does.
        """
        return programs_of(course, self._section(course), self.work(course, member, rollout_id))

    def located(self, trail: Trail, message: str) -> str:
        """`message` with its place: `FILE:LINE:COL: path: message`."""
        return self.document.fault(trail, message).render(str(self.path))

    def queries(
        self, gate: MetricGate, member: Member | None, rollout_id: str, window: timedelta
    ) -> dict[Query, str]:
        """The queries of `gate` about `member` (None: the pool), all templates filled.

        `window`: time since the member's return (or the start of the rollout), capped at the gate's
        `window_max`. Raises ConfigurationError when a variable has no value for this member.
        """
        if member is None and gate.scope is Scope.MEMBER:
            raise ValueError(f"gate {gate.name} has no member to fill its queries for")
        filling = self._filling(member, rollout_id)
        place: Trail = ("drain", "idle") if gate.name == IDLE else ("gates", self._place(gate))
        queries = filled_queries(filling, gate, place, window)
        filling.finish()
        return queries

    def probe(self, gate: Gate, member: Member, rollout_id: str) -> HttpProbe:
        """The probe requests that stand in for users of `member`, all templates filled.

        Raises ConfigurationError when a variable has no value for this member, or when a filled-in
        value is invalid.
        """
        place = self._place(gate)
        section = self.rollout.gates[place].probe
        if section is None:
            raise ValueError(f"gate {gate.name} has no probe")
        filling = self._filling(member, rollout_id)
        probe = filled_probe(filling, section, ("gates", place))
        filling.finish()
        return probe

    def _place(self, gate: Gate) -> int:
        return [section.name for section in self.rollout.gates].index(gate.name)

    def _filling(self, member: Member | None, rollout_id: str) -> Filling:
        values = self._values(member, rollout_id)
        name = "" if member is None else member.name
        return Filling(str(self.path), self.document, name, values)

    def _values(self, member: Member | None, rollout_id: str) -> dict[str, str]:
        own = {} if member is None else {**facts(member), "member.host": member.host}
        return {
            **own,
            "rollout.id": rollout_id,
            "rollout.name": self.settings.name,
            **named(self.settings.vars),
        }


def folder_of(path: Path) -> str:
    return str(path.absolute().parent)
