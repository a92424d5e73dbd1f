"""Which pods must go in the order of their controller, as things stand."""

from adapters.kubernetes.pods.ground import Ground
from adapters.kubernetes.pods.workloads.base import Seen
from controller.core.steps import Course


async def ordered(ground: Ground, seen: Seen) -> tuple[tuple[str, ...], str]:
    """Members that do not have the wanted revision yet, in their order, and why that one; nobody
    where any order will do. Raises ApiError."""
    kind = (await ground.live.identity()).kind
    why = kind.in_order(seen)
    if not why:
        return (), ""
    wanted = await ground.held.templates.wanted(Course.UPGRADE, seen)
    revision = kind.revision_with(seen, wanted) if wanted is not None else ""
    places = kind.places(seen)
    lacking = (
        place
        for place, pod in places.items()
        if pod is None or not revision or kind.revision_of(seen, pod) != revision
    )
    return tuple(lacking), why
