"""Which members `on_failure` rolls back, and in which order."""

from collections.abc import Iterable

from controller.core.decide.context import Context
from controller.core.phases import Phase
from controller.core.plan.plan import Plan
from controller.core.settings import OnFailure
from controller.core.state.parts import MemberState


def to_roll_back(ctx: Context) -> tuple[str, ...]:
    """`on_failure`: nobody, the failed member, or every one that runs the version, newest first.
    What is out goes before what is in rotation, for it uses up max_unavailable."""
    policy = ctx.plan.policies.on_failure
    if policy is OnFailure.HALT or ctx.plan.rollback is None:
        return ()
    failed = [
        m for m in ctx.state.members.values() if _has_failed(m) and has_a_way_back(ctx.plan, m)
    ]
    failed.sort(key=_is_in_rotation)
    if policy is not OnFailure.ROLLBACK_ALL:
        return tuple(m.name for m in failed)
    upgraded = [m for m in ctx.state.members.values() if _is_upgraded(m) and not _has_failed(m)]
    may_run_it = _by_the_pool(ctx, (*failed, *upgraded)) if ctx.plan.opens else []
    newest_first = sorted(
        (*upgraded, *may_run_it),
        key=lambda m: (_is_in_rotation(m), m.phase is not Phase.KEPT, -m.finished_turn),
    )
    return tuple(m.name for m in (*failed, *newest_first))


def has_a_way_back(plan: Plan, m: MemberState) -> bool:
    """Whether no step was begun from which there is none, and there is what it needs."""
    return not m.progress.beyond and (not plan.reverts or m.progress.saved is not None)


def _is_upgraded(m: MemberState) -> bool:
    is_upgraded = m.phase in (Phase.DONE, Phase.KEPT) and not m.placement.foreign
    return is_upgraded and not m.progress.beyond


def _by_the_pool(ctx: Context, known: Iterable[MemberState]) -> list[MemberState]:
    """Others that may run the version, where the pool as a whole was prepared for it: whoever came
    meanwhile, or was there already. `unless` says of each whether it has to go back."""
    came = {member.name for member in ctx.state.joined}
    revisions = {one for m in known for one in _revisions(ctx, m)}
    return [
        m
        for m in ctx.state.members.values()
        if m.phase is Phase.SKIPPED
        or (
            m.phase is Phase.WAITING
            and not m.progress.unfinished
            and (m.is_away or m.name in came or revisions & _revisions(ctx, m))
        )
    ]


def _revisions(ctx: Context, m: MemberState) -> set[str]:
    occupants = (one.line.occupant for _, one in ctx.state.lines_of(m.name))
    return {one.revision for one in occupants if one is not None and one.revision}


def _is_in_rotation(m: MemberState) -> bool:
    return m.placement.found is None


def _has_failed(m: MemberState) -> bool:
    """And may be rolled back: nobody else has changed it, and no step of it may be running."""
    is_failed = m.phase is Phase.FAILED or (m.phase is Phase.KEPT and m.trial.condemned)
    may_run = m.progress.unfinished or m.progress.may_run
    return is_failed and m.progress.begun and not m.placement.foreign and not may_run
