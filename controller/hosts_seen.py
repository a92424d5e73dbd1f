"""What a look at a host shows, before anything is touched: values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from controller.hosts import Access


@dataclass(frozen=True, slots=True)
class HostQuestion:
    """What is asked of one host, in one connection. Nothing is changed there."""

    access: Access
    needed: tuple[str, ...] = ()
    """Whether a reboot is needed: exit code 0: it is, 1: it is not. Empty: what the adapter knows
    of the distributions."""
    programs: tuple[str, ...] = ()
    """Programs that its steps begin with, which must be there."""


@dataclass(frozen=True, slots=True)
class Free:
    """The space that is left for files below `path`."""

    path: str
    kilobytes: int
    mount: str = ""
    """The file system that `path` lies on."""


@dataclass(frozen=True, slots=True)
class HostSeen:
    """A host that answered; what it did not tell is empty."""

    user: str = ""
    """Whose rights the steps have there."""
    login: str = ""
    """Who is logged in, where that is another one (sudo)."""
    boot_id: str = ""
    name: str = ""
    addresses: frozenset[str] = frozenset()
    """Of its own, not of the loopback."""
    kernel: str = ""
    init: str = ""
    packages: str = ""
    """Its package manager."""
    free: tuple[Free, ...] = ()
    needs_reboot: bool | None = None
    """None: that is not known."""
    reboot_why: str = ""
    """What the answer rests on, or why there is none."""
    lacking: tuple[str, ...] = ()
    """What it takes to run a step, and is not there: each a clause about the host."""
    missing: tuple[str, ...] = ()
    """Of the programs that were asked for."""

    def is_same_kernel(self, other: "HostSeen") -> bool:
        """Whether both run on one kernel, as containers of one machine do."""
        return bool(self.boot_id) and self.boot_id == other.boot_id

    def is_same_machine(self, other: "HostSeen") -> bool:
        is_named = bool(self.name) and self.name == other.name
        return self.is_same_kernel(other) and (is_named or bool(self.addresses & other.addresses))


@dataclass(frozen=True, slots=True)
class HostTrouble:
    """A host that could not be looked at."""

    why: str
    """A sentence that begins with the host."""
    is_away: bool
    """It was not reached, which may pass; else it refuses us."""


class Restart(Enum):
    """Whether the steps of a member restart its host."""

    NEVER = "never"
    NEEDED = "when needed"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class HostLook:
    """One member's host."""

    host: str
    answer: HostSeen | HostTrouble
    restart: Restart = Restart.NEVER
    is_this_machine: bool = False
    """poolroll runs there."""


@dataclass(frozen=True, slots=True)
class HostsSeen:
    """The hosts of all members that are to be touched; empty where no step goes there."""

    looks: Mapping[str, HostLook] = field(default_factory=dict)
    """By member, in the order of the plan."""

    @property
    def names(self) -> dict[str, str]:
        """Of the host of each member."""
        return {member: look.host for member, look in self.looks.items()}
