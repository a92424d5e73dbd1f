"""By what a pool is told from another one, which a rollout of the same name may have been of."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from controller.core.plan.plan import Plan
from controller.core.pool import InstanceView, PoolKey


@dataclass(frozen=True, slots=True)
class PoolMarks:
    keys: frozenset[PoolKey] = frozenset()
    places: frozenset[tuple[str, str]] = frozenset()
    """Instance and backend: still the same where every member was replaced."""

    def are_of_another(self, plan: Plan) -> bool:
        """Whether that plan is of another pool; False where that is not known."""
        other = marks_of(plan)
        if not self.keys or not other.keys:
            return False
        return self.keys.isdisjoint(other.keys) and self.places.isdisjoint(other.places)


UNKNOWN = PoolMarks()


def marks_of(plan: Plan) -> PoolMarks:
    return PoolMarks(frozenset(plan.keys), frozenset(product(plan.instances, plan.backends)))


def marks_in(views: Sequence[InstanceView]) -> PoolMarks:
    places = {(view.instance, backend) for view in views for backend in view.backends}
    return PoolMarks(keys_in(views), frozenset(places))


def keys_in(views: Sequence[InstanceView]) -> frozenset[PoolKey]:
    return frozenset(line.key for view in views for line in view.lines if not line.is_vacant)
