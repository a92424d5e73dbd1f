"""Notifications by a command on this machine."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from adapters.notify.message import cut, environment
from controller.core.events.said import MOST, said_last
from controller.core.gates.figures import span
from controller.ports import Commands
from controller.records import Notice, Undelivered
from controller.tasks import Command, JobResult

LONGEST = timedelta(seconds=30)
"""What pages people may take a while, and would page them twice if it were killed and run again."""


class CommandNotifier:
    """Implements `controller.ports.Notifier`: exit code 0 means delivered. Standard input is
    empty; the notice is in the environment."""

    within = LONGEST + timedelta(seconds=1)

    def __init__(
        self, name: str, events: Collection[str], argv: Sequence[str], cwd: str, commands: Commands
    ) -> None:
        self.name = name
        self.events = events
        self.answer = ""
        """How it ended last."""
        self._argv = tuple(argv)
        self._cwd = cwd
        self._commands = commands

    def unstartable(self) -> str | None:
        """See `Commands.unstartable`."""
        return self._commands.unstartable(Command(self._argv, LONGEST, {}, self._cwd))

    async def deliver(self, notice: Notice, delivery: str) -> Undelivered | None:
        env = environment(notice, delivery)
        result = await self._commands.run_briefly(Command(self._argv, LONGEST, env, self._cwd))
        if result.exit_code == 0:
            self.answer = _what(result)
            return None
        return Undelivered(_what(result), retryable=result.fault is None)

    async def aclose(self) -> None:
        """Nothing to close: a running command ends with its caller."""


def _what(result: JobResult) -> str:
    if result.fault is not None:
        return f"could not be started: {result.fault}"
    if result.timed_out:
        return f"did not end within {span(LONGEST)}"
    last = said_last(result.output)
    said = f"; it said last {cut(last, MOST)!r}" if last else ""
    return f"{result.end}{said}"
