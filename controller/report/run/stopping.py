"""What a stop waits for, as the log says it."""

from controller.core.events import StopRequested
from controller.core.phases import COMING, Phase
from controller.core.state.state import Mode, State
from controller.report.words import names


def stopping(event: StopRequested, before: State) -> str:
    """What a stop waits for, and what a second one does."""
    members = before.members.values()
    running = [m.name for m in members if m.phase is Phase.UPGRADING and m.progress.unfinished]
    has_halted = before.mode is Mode.HALTED
    coming = [] if has_halted else [m.name for m in members if m.phase in COMING]
    if event.at_once:
        left = f": the command on {names(running)} RUNS ON, and the next run waits for its end"
        return " at once" + (left if running else "")
    parts = [f"for the running step of {names(running)}"] if running else []
    parts += [f"for {names(coming)} to be back (at most return.within)"] if coming else []
    if not parts:
        return ""
    second = "leaves the step running" if running else "leaves them as they are"
    return f"; waiting {' and '.join(parts)}. A second signal (Ctrl-C) {second} and ends at once"
