"""Moving a member to another phase, and what every change of it has in common."""

from typing import Any

from controller.core.phases import Move, after
from controller.core.pool import Instant
from controller.core.pool.copies import replace
from controller.core.state.parts import MemberState
from controller.core.steps import (
    MemberStep,
)


def moved(m: MemberState, move: Move, now: Instant, **changes: Any) -> MemberState:
    """Raises phases.IllegalMove."""
    phase = after(m.phase, move)
    since = now if phase is not m.phase else m.since
    return replace(m, phase=phase, since=since, **changes)


def working(m: MemberState, step: MemberStep | None, /, **changes: Any) -> MemberState:
    return replace(m, progress=replace(m.progress, work=step, **changes))
