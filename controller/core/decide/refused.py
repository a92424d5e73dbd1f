"""A load balancer that answers looks, and does not do as told."""

from typing import Final

from controller.core.decide.context import Context
from controller.core.decide.leaving import may_have_left
from controller.core.events import Cause, Halted
from controller.core.state.parts import MemberState

TRIES: Final = 5
"""So many settings that fail in a row halt the rollout."""
ONCE: Final = "it is done once, and what fails is not tried again"


def refused_often(ctx: Context, m: MemberState) -> Halted | None:
    if m.order.is_final:
        return Halted(Cause.BALANCER, m.why, ONCE, m.name)
    if m.order.tries < TRIES or may_have_left(ctx, m):
        return None
    return Halted(
        Cause.BALANCER,
        m.why,
        "the load balancer refused or ignored 5 attempts in a row",
        m.name,
    )
