"""Who is spared by a halt: another member failed, by itself, before any user met it. That says
nothing against one that was validated already: it goes back, and is proven like any other.

What users met, or what nobody can judge any more, spares nobody.
"""

from datetime import timedelta

from controller.core.decide.context import Context
from controller.core.events import Cause, Halted
from controller.core.phases import JUDGED, Phase
from controller.core.settings import OnFailure
from controller.core.state.parts import ORIGIN, MemberState
from controller.core.state.state import Mode

VALIDATED = frozenset({Phase.CHECKING, Phase.RETURNING})


def is_spared(ctx: Context, m: MemberState) -> bool:
    """Whether it goes on its way although the rollout halted."""
    if not _is_over_another(ctx.state.halt, m) or not _is_nothing_else_wrong(ctx):
        return False
    if m.placement.foreign or m.trial.condemned or not m.progress.begun:
        return False
    halted_at = ctx.state.halted_at or ORIGIN
    came_since = m.phase in JUDGED and m.since >= halted_at
    return (m.phase in VALIDATED or came_since) and ctx.seen_for(halted_at) < _patience(ctx)


def _is_over_another(halt: Halted | None, m: MemberState) -> bool:
    """Of a member's own; `condemned`: it failed before users."""
    if halt is None or halt.cause is not Cause.MEMBER or halt.condemned:
        return False
    return halt.member is not None and halt.member != m.name


def _is_nothing_else_wrong(ctx: Context) -> bool:
    state = ctx.state
    is_cut_short = state.stop is not None or state.abort is not None or bool(state.bug)
    is_blind = bool(state.journal.fault) or ctx.is_lost_for_good
    is_disproven = any(m.trial.condemned or m.trial.disproven for m in state.members.values())
    stays = ctx.plan.policies.on_failure is OnFailure.HALT
    return state.mode is Mode.HALTED and stays and not (is_cut_short or is_blind or is_disproven)


def _patience(ctx: Context) -> timedelta:
    """For all that is ahead of it, and as long once more for its health check: where nobody comes
    to prove it, it is left as it is, and the halt is told."""
    policies = ctx.plan.policies
    back = policies.comeback
    return 2 * back.within + back.hold * len(back.ramp) + policies.soak
