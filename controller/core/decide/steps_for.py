"""Steps as they are made for one member: with what was found of it, and who is in its place."""

from typing import Final

from controller.core.decide.context import Context
from controller.core.pool import FULL
from controller.core.state.parts import MemberState
from controller.core.steps import (
    AskGuard,
    AskQuestions,
    Course,
    RunStep,
    SetMember,
    Setting,
    Validate,
)

FOR_THE_OCCUPANT: Final = frozenset({Setting.CUT, Setting.CHECK, Setting.PUT_BACK})
"""Settings for the one that was proven, or that is known to be there: never for another one. The
others take a place out of rotation, or give it back as it was, whoever is in it."""


def setting_of(m: MemberState, setting: Setting, share: int = FULL) -> SetMember:
    seats = m.placement.seats if setting in FOR_THE_OCCUPANT else ()
    return SetMember(m.name, setting, m.placement.found, share, seats)


def guard_of(ctx: Context, m: MemberState) -> AskGuard:
    return AskGuard(m.name, m.progress.course, m.progress.serial, ctx.seats(m))


def questions_of(ctx: Context, m: MemberState) -> AskQuestions:
    return AskQuestions(m.name, m.progress.course, m.progress.attempt, ctx.seats(m))


def step_of(ctx: Context, m: MemberState) -> RunStep:
    """The next step of its course."""
    p = m.progress
    former = p.exits[: p.step]
    return RunStep(m.name, p.course, p.step, p.attempt, ctx.seats(m), former=former)


def validation_of(ctx: Context, m: MemberState, course: Course | None = None) -> Validate:
    return Validate(m.name, course or m.progress.course, ctx.seats(m))
