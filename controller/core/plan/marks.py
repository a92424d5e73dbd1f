"""By what a pool is told from another one, which a rollout of the same name may have been of."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, product

from controller.core.plan.plan import Plan
from controller.core.pool import InstanceView, PoolKey


@dataclass(frozen=True, slots=True)
class PoolMarks:
    keys: frozenset[PoolKey] = frozenset()
    places: frozenset[tuple[str, str]] = frozenset()
    """Instance and backend: still the same where every member was replaced."""
    servers: frozenset[tuple[str, str]] = frozenset()
    """Instance and address: still the same where the backend was renamed."""

    def are_of_another(self, plan: Plan) -> bool:
        """Whether that plan is of another pool; False where that is not known."""
        other = marks_of(plan)
        if not self.keys or not other.keys:
            return False
        own = (self.keys, self.places, self.servers)
        theirs = (other.keys, other.places, other.servers)
        return all(mine.isdisjoint(its) for mine, its in zip(own, theirs, strict=True))


UNKNOWN = PoolMarks()


def marks_of(plan: Plan) -> PoolMarks:
    places = product(plan.instances, plan.backends)
    seats = chain.from_iterable(plan.seats.values())
    servers = ((seat.key.instance, str(seat.occupant)) for seat in seats)
    return PoolMarks(frozenset(plan.keys), frozenset(places), frozenset(servers))


def marks_in(views: Sequence[InstanceView]) -> PoolMarks:
    places = {(view.instance, backend) for view in views for backend in view.backends}
    servers = {
        (view.instance, str(line.occupant))
        for view in views
        for line in view.lines
        if line.occupant is not None and not line.is_vacant
    }
    return PoolMarks(frozenset(all_keys_in(views)), frozenset(places), frozenset(servers))


def all_keys_in(views: Sequence[InstanceView]) -> tuple[PoolKey, ...]:
    """With those of the pool as a whole."""
    return tuple(sorted(keys_in(views) | {view.pool for view in views if view.pool}))


def keys_in(views: Sequence[InstanceView]) -> frozenset[PoolKey]:
    return frozenset(line.key for view in views for line in view.lines if not line.is_vacant)
