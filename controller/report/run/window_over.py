"""How a rollout goes on that the end of its window has paused."""

from controller.core.events import Finished
from controller.report.run.next_commands import NextCommands


def paused_until(finished: Finished) -> str:
    return f"until {finished.until}" if finished.until else "and no window opens within a year"


def in_the_next_window(finished: Finished, commands: NextCommands) -> str:
    """By itself, or not at all as the rollout file is."""
    if finished.until:
        return f"`{commands.run}` goes on"
    return (
        f"with later `windows`, `freeze` or `finish_by` in the rollout file, `{commands.run}` goes "
        f"on; as it is: `{commands.run_anyway}`"
    )
