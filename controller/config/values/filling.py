"""Filling the templates of one rollout file, for one member."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from controller.config.text.document import Document
from controller.config.text.places import Trail
from controller.config.text.templating import fill
from controller.core.pool import Member
from controller.errors import ConfigurationError, Fault

ADDRESS: Final = "${member.address}"

NO_ADDRESS: Final = (
    "the load balancer names no address for it (it listens on a UNIX socket, or its name has no "
    f"address now), and this uses {ADDRESS}; write the host in another way, such as "
    '"${member.name}" or "${member.vars.…}"'
)

NO_OPTION: Final = (
    "begins with a dash once it is filled in, so that a program would take it for an option; "
    'write "--" before it, if the program knows that'
)
LEADING: Final = re.compile(r"\$\{member\.(?:name|host|address)\}")
"""What a load balancer says of a member, at the beginning of an argument."""


@dataclass(slots=True)
class Filling:
    """Fills texts and collects the faults, so that all of them are reported at once."""

    file: str
    document: Document
    member: str
    values: Mapping[str, str]
    faults: list[Fault] = field(default_factory=list)

    def text(self, trail: Trail, template: str, values: Mapping[str, str] | None = None) -> str:
        known = self.values if values is None else values
        if ADDRESS in template and known.get("member.address") == "":
            self.note(trail, NO_ADDRESS)
        try:
            return fill(template, known)
        except KeyError as missing:
            self.note(trail, f"{missing.args[0]} has no value; set one")
            return ""

    def argv(self, trail: Trail, templates: list[str]) -> tuple[str, ...]:
        argv = tuple(self.text((*trail, at), one) for at, one in enumerate(templates))
        if not argv[0]:
            self.note((*trail, 0), "the command names no program; write the program first")
        for at, (template, word) in enumerate(zip(templates, argv, strict=True)):
            is_foreign = LEADING.match(template) is not None
            if is_foreign and word.startswith("-") and not is_after_dashes(templates, at):
                self.note((*trail, at), NO_OPTION)
        return argv

    def note(self, trail: Trail, message: str) -> None:
        self.faults.append(self.document.fault(trail, f"member {self.member}: {message}"))

    def finish(self) -> None:
        """Raises ConfigurationError when anything went wrong."""
        if self.faults:
            raise ConfigurationError(self.file, tuple(dict.fromkeys(self.faults)))


def is_after_dashes(argv: Sequence[str], at: int) -> bool:
    """Whether `--` says that what comes is no option (getopt(3))."""
    return "--" in argv[1:at]


def facts(member: Member) -> dict[str, str]:
    """The values of `${member.…}`, except the host."""
    return {
        "member.name": member.name,
        "member.address": member.address,
        "member.port": str(member.port),
        **{f"member.vars.{key}": value for key, value in member.vars.items()},
    }


def environment(member: Member, rollout_name: str) -> dict[str, str]:
    """What every command about a member finds in its environment."""
    return {
        "POOLROLL_MEMBER_NAME": member.name,
        "POOLROLL_MEMBER_HOST": member.host,
        "POOLROLL_MEMBER_ADDRESS": member.address,
        "POOLROLL_MEMBER_PORT": str(member.port),
        "POOLROLL_ROLLOUT_NAME": rollout_name,
    }


def variables(given: Mapping[str, str]) -> dict[str, str]:
    """The variables of a file with `$$` replaced by a dollar."""
    return {key: fill(value, {}) for key, value in given.items()}


def named(values: Mapping[str, str]) -> dict[str, str]:
    return {f"vars.{key}": value for key, value in values.items()}
