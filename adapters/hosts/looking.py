"""Implements `controller.ports.Hosts`: one connection over `ssh` to each host, and this machine."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from adapters.hosts import calling
from adapters.hosts.look import ARGV, seen_in
from adapters.hosts.need import NEEDED
from adapters.hosts.results import AWAY, answer_of
from controller.hosts import HostCommand
from controller.hosts_seen import HostQuestion, HostSeen, HostTrouble
from controller.ports import Commands
from controller.tasks import Command

LIMIT: Final = timedelta(seconds=45)
"""For one host, the connection included."""
PATIENCE: Final = timedelta(seconds=3)
"""Another connection is tried only where the first one broke so soon."""


class HostLooks:
    """`forgotten`: see `Hosts.forgotten`."""

    def __init__(self, commands: Commands, forgotten: Callable[[], str]) -> None:
        self._commands = commands
        self._forgotten = forgotten

    async def look(self, question: HostQuestion) -> HostSeen | HostTrouble:
        access = question.access
        needed = question.needed or ("/bin/sh", "-c", NEEDED)
        argv = (*ARGV, *question.programs, "--", *needed)
        asked = calling.question(HostCommand(access, argv, LIMIT), PATIENCE)
        result = answer_of(await self._commands.run_briefly(asked))
        if result.exit_code == 0:
            return seen_in(result.output)
        if result.exit_code == AWAY:
            return HostTrouble(result.output, is_away=True)
        if result.fault is not None:
            return HostTrouble(result.fault, is_away=False)
        if result.exit_code is None:
            return HostTrouble(f"{access.host} gave no answer in time", is_away=True)
        said = result.output.strip().rpartition("\n")[2]
        why = f"no POSIX shell (exit code {result.exit_code})"
        return HostTrouble(f"{access.host}: {why}{f': {said}' if said else ''}", is_away=False)

    async def own(self) -> HostSeen:
        result = await self._commands.run_briefly(Command((*ARGV, "--"), LIMIT))
        return seen_in(result.output) if result.exit_code == 0 else HostSeen()

    def forgotten(self) -> str:
        return self._forgotten()
