"""Which rollouts `history` is about."""

from collections.abc import Sequence

from controller import bootstrap
from controller.errors import Refused
from controller.ports import Journal
from controller.records import RolloutRow


async def wanted(
    journal: Journal, place: bootstrap.StatePlace, name: str | None, most: int | None = None
) -> Sequence[RolloutRow]:
    """All, those of a name, or the one with that id; newest first. Raises Refused for none."""
    rows = await journal.rollouts(name, most)
    if not rows and name is not None and (row := await journal.rollout(name)) is not None:
        rows = [row]
    if not rows:
        raise Refused(f"no rollout {name or ''} in {place}".replace("  ", " "))
    return rows
