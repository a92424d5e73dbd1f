"""Runs the scripts of a pool of hosts, and puts what goes wrong into words."""

from collections.abc import Mapping
from typing import Final

from adapters.scripted.reading import WORDS, Reading, read_state
from controller.core.pool import Admin
from controller.errors import (
    BalancerError,
    BalancerTimeout,
    BalancerUnreachable,
    CommandRefused,
    MalformedReply,
)
from controller.pools.scripted import Host
from controller.ports import Commands
from controller.tasks import Command, JobResult

_SAID: Final = 200
"""Characters of what a script said last."""


class HostScripts:
    def __init__(
        self, instance: str, commands: Commands, words: Mapping[str, Admin] = WORDS
    ) -> None:
        """`words`: with which the line that `state` prints may begin."""
        self._instance = instance
        self._commands = commands
        self._words = words

    async def state(self, host: Host) -> Reading:
        """Raises BalancerError."""
        return await self.ask(host.name, host.scripts.state)

    async def ask(self, member: str, command: Command) -> Reading:
        """Raises BalancerError: whatever is wrong with it may be over soon, but for a reply that
        says nothing."""
        result = await self._commands.run_briefly(command)
        if (why := _failure(result)) is not None:
            kind = BalancerTimeout if result.timed_out else BalancerUnreachable
            raise kind(self._instance, f"`state` of {member} {why}")
        try:
            return read_state(result.output, self._words)
        except ValueError as error:
            raise MalformedReply(self._instance, f"`state` of {member} {error}") from None

    async def run(self, host: Host, key: str, command: Command) -> None:
        """`key`: what it is called in the rollout file. Raises BalancerError."""
        result = await self._commands.run_briefly(command)
        if (why := _failure(result)) is not None:
            kind: type[BalancerError] = BalancerTimeout if result.timed_out else CommandRefused
            raise kind(self._instance, f"`{key}` of {host.name} {why}")

    def unstartable(self, command: Command) -> str | None:
        return self._commands.unstartable(command)


def _failure(result: JobResult) -> str | None:
    """What went wrong, as the rest of a sentence; None: nothing."""
    if result.exit_code == 0:
        return None
    if result.fault is not None:
        return f"could not be started: {result.fault}"
    lines = [line.strip() for line in result.output.splitlines() if line.strip()]
    said = f": {lines[-1][:_SAID]}" if lines else ""
    how = "did not end in time" if result.timed_out else result.end
    return f"{how}{said}"
