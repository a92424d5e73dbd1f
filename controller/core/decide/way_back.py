"""Whether a halt takes members back by itself: what failed says something of the version."""

from controller.core.decide.context import Context
from controller.core.decide.rollback import to_roll_back
from controller.core.events import Cause, Halted
from controller.core.phases import FAILED


def taken_back(ctx: Context, halt: Halted) -> tuple[str, ...]:
    """Whom `on_failure` takes back once all are at rest, as it is now; nobody where it has done so
    already, or somebody has stopped the run."""
    state = ctx.state
    if halt.cause not in (Cause.GATE, Cause.MEMBER) or state.rollback_began or state.stop:
        return ()
    return () if _says_nothing(ctx, halt) else to_roll_back(ctx)


def _says_nothing(ctx: Context, halt: Halted) -> bool:
    """Whether the halt says nothing of the version, and so takes nobody back: its member was only
    asked, and none has failed since."""
    members = ctx.state.members
    m = members.get(halt.member or "")
    has_failed = any(one.phase in FAILED for one in members.values())
    return m is not None and m.is_refused and not has_failed
