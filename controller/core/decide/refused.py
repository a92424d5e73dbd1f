"""A load balancer that answers looks, and does not do as told."""

from typing import Final

from controller.core.events import Cause, Halted
from controller.core.state.parts import MemberState

TRIES: Final = 5
"""So many settings that fail in a row halt the rollout."""


def refused_often(m: MemberState) -> Halted | None:
    if m.order.tries < TRIES:
        return None
    return Halted(
        Cause.BALANCER,
        m.why,
        "the load balancer refused or ignored 5 attempts in a row",
        m.name,
    )
