"""Steps as they are made for one member: with what was found of it, and who is in its place."""

from typing import Final

from controller.core.decide.context import Context
from controller.core.phases import Phase
from controller.core.pool import FULL
from controller.core.state.parts import MemberState
from controller.core.steps import (
    SNAPSHOT,
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
    """The next step of its course; before the first, its snapshot."""
    p, shape, seats = m.progress, ctx.shape(m), ctx.seats(m)
    is_back = p.course is Course.ROLLBACK
    if _is_to_be_saved(ctx, m):
        number = p.saves - 1 if p.unfinished else p.saves
        return RunStep(m.name, p.course, SNAPSHOT, p.attempt, seats, snapshot=number)
    return RunStep(
        m.name,
        p.course,
        p.step,
        p.attempt,
        seats,
        former=p.exits[: p.step],
        snapshot=p.saved if is_back and ctx.plan.reverts else None,
        irreversible=shape.irreversible is not None and p.step >= shape.irreversible,
    )


def _is_to_be_saved(ctx: Context, m: MemberState) -> bool:
    """Once each time that it is taken out, and before anything else is done to it."""
    p = m.progress
    if p.step == SNAPSHOT:
        return True
    return ctx.shape(m).saves and p.saved is None and p.step == 0 and not p.unfinished


def is_only_saved(m: MemberState) -> bool:
    """Whether it is out, and nothing was done to it but a snapshot, which is over."""
    may_run = m.progress.unfinished or m.progress.may_run
    return m.phase is Phase.UPGRADING and not (m.progress.begun or may_run)


def validation_of(ctx: Context, m: MemberState, course: Course | None = None) -> Validate:
    """`course`: not as what it was validated as last, but as that."""
    is_again = course is None and m.progress.as_before
    return Validate(m.name, course or m.progress.course, ctx.seats(m), as_before=is_again)


def validation_as_before(ctx: Context, m: MemberState) -> Validate | None:
    """As what it ran before the rollout; None where that is not known, or has been tried."""
    if m.progress.as_before or not ctx.plan.before.get(m.name):
        return None
    return Validate(m.name, Course.ROLLBACK, ctx.seats(m), as_before=True)
