"""What a stop waits for, and why a member whose turn had come was not begun, as the log says it."""

from typing import Final

from controller.core.events import StopRequested
from controller.core.phases import COMING, Phase
from controller.core.state.state import Mode, State
from controller.report.words import names

ANOTHER: Final = "another one goes first"


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


def why_not_begun(member: str, after: State) -> str:
    """Why its turn was taken back before anything was done to it."""
    if after.is_winding_down:
        return "the rollout stops"
    others = (m for m in after.members.values() if m.name != member)
    is_another = any(m.phase is Phase.WAITING and m.is_away for m in others)
    ends = after.window is not None and after.window.ends is not None
    return "its window ends before it would be done" if ends and not is_another else ANOTHER
