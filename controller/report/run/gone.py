"""The ways on after a halt whose state was removed meanwhile: no command knows of the rollout."""

from typing import Final

from controller.core.plan.plan import Plan
from controller.core.state.state import State
from controller.report.run.by_hand import put_back, where
from controller.report.run.next_commands import NextCommands
from controller.report.words import names

NOBODY_KNOWS: Final = "no command and no run after it knows of this one"


def without_state(plan: Plan, state: State, commands: NextCommands) -> list[str]:
    """By hand alone; then a new run."""
    out = [m.name for m in state.members.values() if m.is_away]
    lines = [f"THE STATE IS GONE: {NOBODY_KNOWS}, so `resume`, `abort` and `guard` cannot help"]
    if not out:
        return [*lines, *_anew(commands, "it begins from what it finds")]
    it, is_ = ("it", "is") if len(out) == 1 else ("them", "are")
    typed = put_back(plan, out)
    lines += [
        f"by hand:    look at {names(out)}, and mend {it}; then put {it} back"
        f"{where(plan, ', ')}{typed}",
        f"            (before users again, and nobody proves {it})",
    ]
    still = f"what {is_} still out then counts as taken out by somebody else: not upgraded, not put"
    return [*lines, *_anew(commands, f"{still} back")]


def _anew(commands: NextCommands, what: str) -> list[str]:
    return [f"then:       {commands.run}", f"            (a new rollout: {what})"]
