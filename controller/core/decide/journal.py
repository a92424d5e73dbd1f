"""A journal that fails, or that does not answer: what must be written first waits, or never comes.

Gates go on being judged, and what only lowers the risk is done all the same: a member that fails
is taken out again, one that only drains goes back.
"""

from typing import Final

from controller.core.decide.context import Context, Output
from controller.core.events import Cause, Halted
from controller.core.steps import (
    AskGuard,
    AskOperator,
    AskQuestions,
    ClosePool,
    Collect,
    OpenPool,
    RunStep,
    SetMember,
    Setting,
    Step,
    Validate,
)

STEPS: Final = (
    SetMember,
    AskGuard,
    AskQuestions,
    RunStep,
    Validate,
    AskOperator,
    OpenPool,
    ClosePool,
    Collect,
)


def watch_journal(ctx: Context) -> Output | None:
    fault = ctx.state.journal.fault
    if not fault or ctx.state.is_winding_down:
        return None
    return Halted(
        Cause.JOURNAL,
        f"the journal cannot be used: {fault}",
        "each step is written to the journal before it is performed",
    )


def may_go(ctx: Context, output: Output) -> bool:
    """Whether it is no step, or one for which the journal is not waited for."""
    if not isinstance(output, STEPS) or ctx.state.may_begin:
        return True
    return is_protective(ctx, output)


def is_protective(ctx: Context, step: Step) -> bool:
    """Whether it only lowers the risk. If its record is lost with this process, the next one takes
    the member as changed by another hand, halts and names it: less than users of a bad version.

    A journal that was given up keeps nobody from coming to rest: what begins nothing may go."""
    if ctx.state.journal.fault and ctx.state.is_winding_down:
        return not isinstance(step, RunStep | OpenPool)
    if not isinstance(step, SetMember):
        return False
    if step.setting is Setting.HOLD:
        m = ctx.state.members[step.member]
        return m.progress.begun or m.is_unproven
    return step.setting in (Setting.REMOVE, Setting.RESTORE)
