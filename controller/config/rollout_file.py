"""One rollout file that was read and found right."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from controller.config.document import Document
from controller.config.filling import Filling, facts, named, variables
from controller.config.rollout import Rollout
from controller.config.working import Workshop, environment
from controller.core.pool import Member
from controller.core.settings import Settings
from controller.core.work import Work
from controller.errors import ConfigurationError, Fault

Course = Literal["upgrade", "rollback"]


@dataclass(frozen=True, slots=True)
class RolloutFile:
    path: Path
    text: str
    sets: Mapping[str, str]
    settings: Settings
    document: Document
    rollout: Rollout

    @property
    def has_rollback(self) -> bool:
        return self.rollout.rollback is not None

    @property
    def folder(self) -> str:
        """Where commands run: the folder of the file."""
        return str(self.path.absolute().parent)

    def member(self, name: str, address: str, port: int) -> Member:
        """A server of the balancer as a member. Raises ConfigurationError."""
        members = self.rollout.pool.members
        own = variables(members.vars.get(name, {}))
        bare = Member(name, address, port, vars=own)
        values = {**facts(bare), **named(self.settings.vars), "rollout.name": self.settings.name}
        filling = Filling(str(self.path), self.document, name, values)
        trail = ("pool", "members", "host")
        host = filling.text(trail, members.host)
        is_host = host.isprintable() and not any(sign.isspace() for sign in host)
        # A leading dash would be read as an option by whatever the host is handed to.
        if not filling.faults and (not host or not is_host or host.startswith("-")):
            filling.note(trail, "this makes no host of it; check address and variables")
        filling.finish()
        return Member(name, address, port, host, own)

    def work(self, course: Course, member: Member, rollout_id: str) -> Work:
        """What `course` does to `member`, all templates filled.

        Raises ConfigurationError when a variable has no value for this member, when what was
        filled in makes no sense, or when the file has no such course.
        """
        section = self.rollout.upgrade if course == "upgrade" else self.rollout.rollback
        if section is None:
            fault = Fault(0, 0, course, "the file has no such section; add it")
            raise ConfigurationError(str(self.path), (fault,))
        overlay = (
            self.rollout.rollback.vars if course == "rollback" and self.rollout.rollback else {}
        )
        values = {
            **facts(member),
            "member.host": member.host,
            "rollout.id": rollout_id,
            "rollout.name": self.settings.name,
            **named({**self.settings.vars, **variables(overlay)}),
        }
        filling = Filling(str(self.path), self.document, member.name, values)
        env = environment(course, member, rollout_id, self.settings.name)
        shop = Workshop(filling, self.folder, env)
        work = Work(
            steps=shop.steps(section, (course,)),
            validations=tuple(
                shop.validation(entry, ("validate", at))
                for at, entry in enumerate(self.rollout.validations)
            ),
            guard=shop.guard(section.unless, (course,)),
        )
        filling.finish()
        return work
