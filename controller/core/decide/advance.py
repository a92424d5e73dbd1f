"""The next step of a member in progress, while nothing stops the rollout: one handler per phase.

Each looks at what the load balancers show now, not at what we remember to have set.
"""

from collections.abc import Callable
from typing import Final

from controller.core.decide.context import Context, Output
from controller.core.decide.drain import asking, draining, due, holding, out
from controller.core.decide.floor import taken_out
from controller.core.decide.in_flight import still_reached
from controller.core.decide.occupants import changed_hands
from controller.core.decide.refused import refused_often
from controller.core.decide.returning import checking, ramping, returning, soaking
from controller.core.decide.same_machine import for_a_known_machine
from controller.core.decide.steps_for import setting_of
from controller.core.decide.upgrade import proving, upgrading, validating
from controller.core.phases import Phase
from controller.core.state.parts import MemberState
from controller.core.steps import Setting


def proceed(ctx: Context, m: MemberState) -> Output | None:
    if m.order.setting is not None or ctx.is_pausing(m):
        return None
    return (
        refused_often(ctx, m)
        or changed_hands(ctx, m)
        or still_reached(ctx, m)
        or for_a_known_machine(ctx, m, _FLOW[m.phase](ctx, m))
    )


def _removing(ctx: Context, m: MemberState) -> Output | None:
    return None if not ctx.is_full_fresh() else taken_out(ctx, m, Setting.REMOVE)


def _restoring(ctx: Context, m: MemberState) -> Output | None:
    return None if ctx.is_blind else setting_of(m, Setting.RESTORE)


_FLOW: Final[dict[Phase, Callable[[Context, MemberState], Output | None]]] = {
    Phase.ASKING: asking,
    Phase.DUE: due,
    Phase.DRAINING: draining,
    Phase.HOLDING: holding,
    Phase.OUT: out,
    Phase.UPGRADING: upgrading,
    Phase.PROVING: proving,
    Phase.VALIDATING: validating,
    Phase.CHECKING: checking,
    Phase.RETURNING: returning,
    Phase.RAMPING: ramping,
    Phase.SOAKING: soaking,
    Phase.REMOVING: _removing,
    Phase.RESTORING: _restoring,
}
