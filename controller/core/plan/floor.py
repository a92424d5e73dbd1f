"""The floor: how many members must always serve, and whether it holds now (S2)."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from controller.core.plan.abilities import Abilities
from controller.core.plan.found import found_out
from controller.core.pool import InstanceView, Member
from controller.core.settings import Settings
from controller.core.snapshot import Snapshot, capacity, looked

ITS_OWN: Final = "the floor that the pool itself sets"


@dataclass(frozen=True, slots=True)
class Floor:
    asked: int
    """By `min_available`, or counted from those that serve now."""
    own: int | None
    """The floor that the pool itself sets, where that is more."""
    serving: int
    """How many serve now, on the load balancer with the fewest, including those that poolroll has
    out."""
    where: str
    largest: int
    """How many members the largest backend has."""
    is_counted: bool
    """Whether `asked` was counted from those that serve now."""

    @property
    def value(self) -> int:
        return max(self.asked, self.own or 0)

    def refusals(self, cost: int = 1) -> list[str]:
        """Why not even one member may be taken out. `cost`: how many serve less without the first
        one; none where it does not serve."""
        if self.serving - cost >= self.value:
            return []
        rule = f"min_available is {self.asked}"
        rule = rule if self.own is None else f"{ITS_OWN} is {self.own} ({rule})"
        return [
            f"the floor does not hold: {self.serving} serve ({self.where}), one less would be "
            f"{self.serving - 1}, and {rule}"
            if cost
            else f"the floor does not hold: {self.serving} serve ({self.where}), and {rule}"
        ]

    @property
    def notes(self) -> tuple[str, ...]:
        notes: tuple[str, ...] = ()
        if self.is_counted and self.serving < self.largest:
            notes += (_low_floor_note(self.largest - self.serving, self.largest, self.asked),)
        if self.own is not None:
            notes += (f"{ITS_OWN} is {self.own}: above min_available, which is {self.asked}",)
        return notes


def floor_of(
    settings: Settings,
    members: Mapping[str, Member],
    views: Sequence[InstanceView],
    ours: Collection[str],
    max_unavailable: int,
    abilities: Abilities,
) -> Floor:
    """`members`: every server of the pool; `ours`: those that poolroll has out."""
    asked = settings.policies.min_available
    serving, where = _serving(views, ours)
    largest = _largest(members, views)
    least = 1 if settings.policies.outage is None else 0
    floor = max(least, serving - max_unavailable) if asked is None else asked.rounded_up(largest)
    own = abilities.floor if (abilities.floor or 0) > floor else None
    return Floor(floor, own, serving, where, largest, is_counted=asked is None)


def _serving(views: Sequence[InstanceView], ours: Collection[str]) -> tuple[int, str]:
    """How many serve, on the load balancer with the fewest. Members that poolroll has out count, as
    they come back first."""
    snapshots = [looked(Snapshot(view.instance), view) for view in views]
    fewest = capacity(snapshots)
    out = sum(1 for name in ours if found_out(name, views))
    return fewest.serving + out, fewest.where


def _low_floor_note(idle: int, members: int, floor: int) -> str:
    return (
        f"{idle} of {members} members {'does' if idle == 1 else 'do'} not serve; the floor is "
        f"{floor}, counted from those that serve now: set pool.min_available"
    )


def _largest(members: Collection[str], views: Sequence[InstanceView]) -> int:
    """Members of the largest backend, down and out ones included: the 100 % of percentages. A floor
    that sank with every lost member would protect nothing."""
    of = Counter(
        (view.instance, line.backend)
        for view in views
        for line in view.lines
        if line.member in members
    )
    return max(of.values(), default=0)
