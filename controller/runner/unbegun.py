"""Outcomes of steps that were intended, and not begun, or not seen to their end."""

from typing import Final

from controller.core.events import (
    Answer,
    Collected,
    Event,
    GuardAnswered,
    OperatorAnswered,
    PoolStepFailed,
    QuestionsAnswered,
    Reply,
    SettingFailed,
    SightLost,
    StepEnded,
    Validated,
)
from controller.core.steps import (
    AskGuard,
    AskOperator,
    AskQuestions,
    ClosePool,
    Collect,
    OpenPool,
    RunStep,
    SetMember,
    Step,
    Validate,
)

Destructive = SetMember | RunStep | OpenPool | ClosePool
DESTRUCTIVE: Final = (SetMember, RunStep, OpenPool, ClosePool)
"""Steps before each of which the lock is checked."""


def unbegun(step: Destructive, why: str) -> Event:
    """It may be tried again."""
    match step:
        case SetMember():
            return SettingFailed(step.member, step.setting, why, retryable=True)
        case RunStep():
            detail = f"step {step.index + 1}: {why}"
            return StepEnded(step.member, step.index, step.attempt, False, True, detail, "", 0.0)
        case OpenPool() | ClosePool():
            return PoolStepFailed(why, retryable=True)


def broken_off(step: Step, why: str) -> Event | SightLost:
    """Whether it was begun is not known. Nothing of it counts; a command may run on."""
    match step:
        case RunStep():
            lost = f"the end of step {step.index + 1} cannot be seen, and it may still run"
            return SightLost(step.member, f"{lost}: {why}")
        case AskGuard():
            return GuardAnswered(step.member, Answer.REFUSED, f"`unless`: {why}")
        case AskQuestions():
            return QuestionsAnswered(step.member, Reply.UNREACHED, f"`preflight`: {why}")
        case Collect():
            return Collected(step.member, step.index, step.beside, "collect", why, "")
        case Validate():
            return Validated(step.member, False, why)
        case AskOperator():
            return OperatorAnswered(step.member, False)
        case _:
            return unbegun(step, why)
