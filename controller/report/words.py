"""Figures and phrases that recur."""

from collections.abc import Sequence
from datetime import timedelta

from controller.core.phases import FIVE, Phase
from controller.core.plan import Purpose
from controller.core.rollout import MemberState


def span(duration: timedelta) -> str:
    """`0.4s`, `30s`, `5m`, `1h05m`."""
    seconds = duration.total_seconds()
    if seconds < 10 and seconds != int(seconds):
        return f"{seconds:.1f}s"
    if seconds < 60:
        return f"{seconds:.0f}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m" + (f"{rest:02d}s" if rest else "")
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}m"


def count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def names(members: Sequence[str]) -> str:
    return ", ".join(members) if members else "none"


STANDING = {
    Phase.WAITING: "in rotation, untouched",
    Phase.SKIPPED: "in rotation, was already there",
    Phase.LEFT: "out by somebody else, left as found",
    Phase.DONE: "upgraded, in rotation",
    Phase.FAILED: "OUT OF ROTATION",
    Phase.STUCK: "OUT OF ROTATION, rollback failed: needs a human",
    Phase.KEPT: "upgraded, IN ROTATION, not proven",
    Phase.RAMPING: "upgraded, IN ROTATION AT A SHARE OF ITS WEIGHT, ramp not finished",
    Phase.SOAKING: "upgraded, in rotation, soak not finished",
}


def standing(m: MemberState, purpose: Purpose = Purpose.UPGRADE) -> str:
    """Where a member stands, in words for three in the morning."""
    if m.phase is Phase.DONE and purpose is not Purpose.UPGRADE:
        where = "out and back" if purpose is Purpose.REHEARSAL else "rolled back, in rotation"
    elif m.phase is Phase.DONE and m.course == "rollback":
        where = "rolled back, in rotation"
    elif m.phase is Phase.WAITING and m.found is not None:
        where = "OUT OF ROTATION since an earlier rollout"
    elif m.phase is Phase.KEPT and m.kept_out:
        where = "upgraded, OUT BY ANOTHER HAND, not proven"
    elif m.phase in STANDING:
        where = STANDING[m.phase]
    else:
        where = f"{'OUT OF ROTATION' if m.is_away else 'in rotation'} ({phase_word(m.phase)})"
    return f"{where}: {m.why}" if m.why else where


def phase_word(phase: Phase) -> str:
    """The operator's word for a phase, with ours where ours says more."""
    five = FIVE.get(phase)
    return str(phase) if five is None or phase.startswith(five[:4]) else f"{five}, {phase}"
