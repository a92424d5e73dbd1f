"""Final message of a run that cannot continue: journal not writable, or the lock lost."""

from controller.cli.say import say_last
from controller.core.outcome import ExitCode
from controller.core.plan.plan import Plan
from controller.core.state.state import State
from controller.errors import LeaseLost, StateError
from controller.report.run.next_commands import NextCommands
from controller.report.run.summary import cut_off


def say_cut_off(
    error: StateError | LeaseLost, plan: Plan, state: State, commands: NextCommands
) -> ExitCode:
    """Print why, and the state of the members; return the exit code."""
    say_last(*cut_off(plan, state, str(error), commands))
    return ExitCode.HELD if isinstance(error, LeaseLost) else ExitCode.HALTED
