"""Outcomes of steps that were intended, and not begun."""

from controller.core.events import (
    Event,
    PoolStepFailed,
    SettingFailed,
    StepEnded,
)
from controller.core.steps import ClosePool, OpenPool, RunStep, SetMember

Destructive = SetMember | RunStep | OpenPool | ClosePool


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
