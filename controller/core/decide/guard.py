"""The guard: after a halt no run watches, and a reload of a load balancer may put a member that
failed before users again. Decides, of one such member, whether it is to be taken out once more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from controller.core.plan.plan import Plan
from controller.core.pool import Admin, Incarnation
from controller.core.snapshot import Snapshot, capacity


class Word(StrEnum):
    OUT = "out"
    """Wherever it was seen."""
    TAKE_OUT = "take out"
    """It came back by a reload."""
    NEEDED = "needed"
    """It came back by a reload, and the floor may need it (S2)."""
    FOREIGN = "foreign"
    """Somebody put it back: that is not fought (S14)."""


@dataclass(frozen=True, slots=True)
class Guarded:
    word: Word
    why: str = ""


def guarded(
    plan: Plan,
    member: str,
    held: Mapping[str, Incarnation],
    snapshots: Mapping[str, Snapshot],
) -> Guarded:
    """`held`: instance → which incarnation was known last to have it out. One that shows it in
    rotation all the same was told so by somebody; another one has forgotten what was set."""
    back = [name for name, shown in snapshots.items() if _is_back(shown, member)]
    if not back:
        return Guarded(Word.OUT)
    for name in back:
        was, now = held.get(name), snapshots[name].incarnation
        if was is None or (now is not None and was.is_same(now)):
            return Guarded(Word.FOREIGN, f"somebody changed it at {name}")
    unseen = [name for name in plan.instances if name not in snapshots]
    if unseen:
        which = ", ".join(unseen)
        return Guarded(Word.NEEDED, f"{which} cannot be asked whether enough members serve")
    room = capacity(snapshots.values(), frozenset({member}))
    if room.serving < plan.min_available and _serves(snapshots, member):
        return Guarded(
            Word.NEEDED,
            f"without it {room.serving} would serve ({room.where}), and min_available is "
            f"{plan.min_available}",
        )
    return Guarded(Word.TAKE_OUT, f"in rotation at {', '.join(back)} since a reload")


def put_back_by_hand(
    member: str, held: Mapping[str, Incarnation], snapshots: Mapping[str, Snapshot]
) -> bool:
    """Whether some instance shows it in rotation without having been reloaded since it was known
    to have it out: only somebody can have told it so."""
    return any(
        was.is_same(now)
        for name, shown in snapshots.items()
        if _is_back(shown, member)
        and (was := held.get(name)) is not None
        and (now := shown.incarnation) is not None
    )


def _is_back(shown: Snapshot, member: str) -> bool:
    return any(seen.line.admin is not Admin.OUT for seen in shown.lines.get(member, ()))


def _serves(snapshots: Mapping[str, Snapshot], member: str) -> bool:
    lines = (seen.line for shown in snapshots.values() for seen in shown.lines.get(member, ()))
    return any(line.is_serving for line in lines)


def now_held(
    member: str, held: Mapping[str, Incarnation], snapshots: Mapping[str, Snapshot]
) -> dict[str, Incarnation]:
    """`held`, with what shows it out now."""
    fresh = {
        name: shown.incarnation
        for name, shown in snapshots.items()
        if shown.incarnation is not None and shown.lines.get(member) and not _is_back(shown, member)
    }
    return {**held, **fresh}
