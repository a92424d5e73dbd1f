"""Members that the pool itself lets go in one order alone: a run must take them in that order."""

from collections.abc import Sequence

from controller.core.plan.abilities import Abilities
from controller.core.plan.plan import Purpose
from controller.core.settings import Selection


def out_of_order(
    turn: Sequence[str], selection: Selection, abilities: Abilities, purpose: Purpose
) -> tuple[str, ...]:
    """The refusal when one would come before its time; empty: none does. `turn`: all that the plan
    has, in the order in which they are to go. On the way back any order will do."""
    if purpose is not Purpose.UPGRADE:
        return ()
    ahead, meant = list(abilities.ordered), _meant(turn, selection)
    for name in meant:
        if name not in ahead:
            continue
        if before := ahead[: ahead.index(name)]:
            first = ", ".join(before)
            return (f"{name} cannot be upgraded before {first}: {abilities.ordered_why}",)
        ahead.remove(name)
    return ()


def _meant(turn: Sequence[str], selection: Selection) -> list[str]:
    """Those that this run takes up."""
    only = {*selection.only, *(selection.canaries if selection.canaries_only else ())}
    return [name for name in turn if not only or name in only]
