"""A step whose helper was killed: whoever comes next waits for it, and ends it at its timeout.

How it ended is not known then: `lost`, and what may still run of it is noted for the operator.
"""

import os
import signal
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Final

from adapters.commands import helper, processes
from adapters.commands.aside import aside
from adapters.commands.group import Group
from adapters.commands.place import Place
from controller.ports import Clock
from controller.tasks import Command

_POLL: Final = timedelta(milliseconds=25)
_SLOWEST: Final = timedelta(milliseconds=400)
"""Between two looks at every process of this machine."""


async def see_out(
    place: Place, group: Group, command: Command, clock: Clock, grace: timedelta
) -> Callable[[], None]:
    """Wait for the end of the step; what then writes its result, as its helper would have.

    A process that has left the group may be the work itself or a service that it started: both are
    waited for, but a service is not ended for outliving a step that is over.
    """
    connections = helper.reaching([os.path.basename(command.argv[0])[: helper.COMM]])  # noqa: PTH119
    outcome = "lost"
    is_late = await _outlasts(group, group.started + command.timeout, clock, connections)
    if is_late and group.is_alive():
        outcome = "timed-out"
        await _end(group, clock, grace)
    took = max(0.0, (clock.now() - group.started).total_seconds())
    return partial(_settle, place, group, connections, outcome, took)


def _settle(
    place: Place, group: Group, connections: set[str], outcome: str, seconds: float
) -> None:
    place.note_left(group.running(), sorted(connections))
    place.settle(outcome, seconds)


async def _end(group: Group, clock: Clock, grace: timedelta) -> None:
    patience = timedelta(seconds=helper.KILL_PATIENCE)
    for number, wait in ((signal.SIGTERM, grace), (signal.SIGKILL, patience)):
        await aside(partial(group.signal, number))
        if not await _outlasts(group, clock.now() + wait, clock, set()):
            return


async def _outlasts(group: Group, until: timedelta, clock: Clock, connections: set[str]) -> bool:
    """Whether something of it still runs at `until`. Adds the connections that were seen."""
    pause = _POLL
    while await aside(lambda: _runs(group, connections)):
        if clock.now() >= until:
            return True
        await clock.sleep(pause)
        pause = min(2 * pause, _SLOWEST)
    return False


def _runs(group: Group, connections: set[str]) -> bool:
    running = group.running()
    connections |= helper.reaching([processes.name_of(pid) for pid in running])
    return bool(running) or group.is_alive()
