"""Command probes."""

from dataclasses import replace
from datetime import timedelta

from adapters.probes.words import excerpt
from adapters.words import hide
from controller.core.events.said import MOST, said_last
from controller.core.gates.figures import span
from controller.ports import Commands
from controller.tasks import Command


async def answer(commands: Commands, command: Command, limit: timedelta) -> str | None:
    """The failure, or None when `command` exits with 0 within `limit` and its own timeout.

    Raises TimeoutError when `limit` ended it.
    """
    result = await commands.run_briefly(replace(command, timeout=min(command.timeout, limit)))
    if result.timed_out and limit < command.timeout:
        raise TimeoutError
    if result.timed_out:
        return f"did not end within {span(command.timeout)}"
    if result.fault is not None:
        return result.fault
    if result.exit_code == 0:
        return None
    said = said_last(hide(result.output, command.env.values()))
    last = f"; it said last {excerpt(said, MOST)}" if said else ""
    return f"{result.end}{last}"
