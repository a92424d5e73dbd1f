"""The order of members; some pools let them go in one order alone: a run must take that."""

from collections.abc import Collection, Sequence

from controller.core.plan.abilities import Abilities
from controller.core.plan.found import lines_of
from controller.core.plan.plan import Plan, Purpose
from controller.core.pool import InstanceView
from controller.core.pool.copies import replace
from controller.core.settings import Order, Selection, Settings


def in_turn(
    chosen: Sequence[str],
    left: Collection[str],
    settings: Settings,
    ours: Collection[str],
    views: Sequence[InstanceView],
    abilities: Abilities,
) -> tuple[list[str], int]:
    """The order of those that are not left as found, and how many serve less without the first."""
    names = [name for name in chosen if name not in left]
    down = not_serving(names, views, settings, abilities)
    turn = in_order(names, settings, ours, down)
    return turn, 0 if turn and turn[0] in down else 1


def in_order(
    turn: Sequence[str], settings: Settings, ours: Collection[str], down: Collection[str]
) -> list[str]:
    """Members that we still have out come first, as they use up max_unavailable; then the canaries
    as listed, then those that do not serve (`down`), then the load balancer's own order."""
    canaries = settings.selection.canaries

    def rank(name: str) -> tuple[int, int]:
        if name in ours:
            return 0, turn.index(name)
        if name in canaries:
            return 1, canaries.index(name)
        return (2 if name in down else 3), turn.index(name)

    return sorted(turn, key=rank)


def last(plan: Plan, names: Collection[str]) -> Plan:
    """With these members after all others."""
    members = sorted(plan.members, key=lambda one: one.name in names)
    return replace(plan, members=tuple(members))


def not_serving(
    turn: Sequence[str],
    views: Sequence[InstanceView],
    settings: Settings,
    abilities: Abilities,
) -> tuple[str, ...]:
    """Those that no load balancer sends users to, where the file lets them come first: to take them
    out costs no capacity. None where the pool itself prescribes an order."""
    if settings.policies.order is Order.LISTED or abilities.ordered:
        return ()
    return tuple(
        name for name in turn if not any(line.is_serving for _, line in lines_of(name, views))
    )


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
