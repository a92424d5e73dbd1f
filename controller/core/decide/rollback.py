"""Which members `on_failure` rolls back, and in which order."""

from controller.core.decide.context import Context
from controller.core.phases import Phase
from controller.core.settings import OnFailure
from controller.core.state.parts import MemberState


def to_roll_back(ctx: Context) -> tuple[str, ...]:
    """`on_failure`: nobody, the failed member, or every upgraded member, newest first. What is
    out goes before what is in rotation, for it uses up max_unavailable."""
    policy = ctx.plan.policies.on_failure
    if policy is OnFailure.HALT or ctx.plan.rollback is None:
        return ()
    failed = sorted((m for m in ctx.state.members.values() if _has_failed(m)), key=_is_in_rotation)
    if policy is OnFailure.ROLLBACK_MEMBER:
        return tuple(m.name for m in failed)
    upgraded = [
        m
        for m in ctx.state.members.values()
        if m.phase in (Phase.DONE, Phase.KEPT) and not _has_failed(m) and not m.placement.foreign
    ]
    newest_first = sorted(upgraded, key=lambda m: (m.phase is Phase.DONE, -m.finished_turn))
    return tuple(m.name for m in (*failed, *newest_first))


def _is_in_rotation(m: MemberState) -> bool:
    return m.placement.found is None


def _has_failed(m: MemberState) -> bool:
    """And may be rolled back: nobody else has changed it, and no step of it may be running."""
    is_failed = m.phase is Phase.FAILED or (m.phase is Phase.KEPT and m.trial.condemned)
    may_run = m.progress.unfinished or m.progress.may_run
    return is_failed and m.progress.begun and not m.placement.foreign and not may_run
