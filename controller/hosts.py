"""What is done on the host of a member, over SSH: values, ready to be performed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from controller.foreign import Address
from controller.tasks import DONE, Command


@dataclass(frozen=True, slots=True)
class Access:
    """How a host is reached. Whatever is left out is for the configuration of ssh to say."""

    host: Address
    user: str = ""
    port: int | None = None
    jump: str = ""
    """Hosts to go through, as ssh's option -J has them."""
    options: tuple[str, ...] = ()
    """As `-o` has them: NAME=VALUE."""
    sudo: bool = False
    """Become root there, by `sudo -n`."""
    connect_timeout: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class HostCommand:
    """An argv that is run on a host; it arrives byte for byte. As a step, it outlives the
    connection."""

    access: Access
    argv: tuple[str, ...]
    timeout: timedelta
    env: Mapping[str, str] = field(default_factory=dict)
    ok: frozenset[int] = DONE
    """Exit codes that mean: done."""
    name: str = ""
    """As the rollout file calls it."""

    @property
    def label(self) -> str:
        """What it is called in a sentence."""
        return self.argv[0]


@dataclass(frozen=True, slots=True)
class Reboot:
    """A restart of a host, waited for until it is up again."""

    access: Access
    timeout: timedelta
    argv: tuple[str, ...] = ("systemctl", "reboot")
    is_conditional: bool = False
    """Only when it is needed."""
    question: tuple[str, ...] = ()
    """Whether it is: run there before; exit code 0: it is needed, 1: it is not. Empty: what the
    adapter knows of the distributions."""
    asked_by: tuple[frozenset[int], ...] = ()
    """Of each step just before it: exit codes that ask for it, whatever the question says."""
    reset: Command | None = None
    """Run on this machine, once, when the host is not back `reset_after`."""
    reset_after: timedelta | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    ok: frozenset[int] = DONE
    name: str = ""
    bound_by: ClassVar[str] = "reboot.timeout"
    """The key of the rollout file that its time comes from."""

    @property
    def label(self) -> str:
        """What it is called in a sentence."""
        return "reboot"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a host must show when its steps have ended. Globs."""

    access: Access
    timeout: timedelta
    kernel: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    """Name → version, or `absent`."""
    services: tuple[str, ...] = ()
    """Units that must be active."""
    env: Mapping[str, str] = field(default_factory=dict)
    ok: frozenset[int] = DONE

    @property
    def label(self) -> str:
        """What it is called in a sentence."""
        return "expect"


HostTask = HostCommand | Reboot | Proof
