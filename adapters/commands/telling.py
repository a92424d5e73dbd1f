"""The output of a step while it runs, line by line, for people."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Final

from adapters.commands import durable
from adapters.commands.aside import aside
from adapters.commands.output import KEEP
from adapters.commands.place import Place
from controller.ports import Clock
from controller.secrets import Secrets

_EVERY: Final = timedelta(seconds=1)


async def tell_lines(
    place: Place, tell: Callable[[str], None], clock: Clock, secrets: Secrets
) -> None:
    """Until it is cancelled, or there are more lines than are kept whole."""
    path, told = f"{place.folder}/{durable.OUTPUT}", 0
    while True:
        await clock.sleep(_EVERY)
        try:
            output = await aside(partial(durable.read, path))
        except OSError:  # nothing hangs on it
            continue
        if len(output) >= KEEP:
            return
        lines = secrets.masked(output).split("\n")[:-1]
        for line in lines[told:]:
            tell(line)
        told = max(told, len(lines))
