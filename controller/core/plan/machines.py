"""Machines behind the names, as found: one name must mean one machine, and one machine one name."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from controller.core.plan.found import lines_of
from controller.core.plan.identity import at_odds, has_users, place
from controller.core.pool import InstanceView, Seat, seats_in


def seats_of(name: str, views: Sequence[InstanceView]) -> tuple[Seat, ...]:
    """Who is in the place of a member, line by line."""
    return seats_in((view.instance, line) for view, line in lines_of(name, views))


def two_machines(chosen: Sequence[str], views: Sequence[InstanceView]) -> list[str]:
    """Names that mean different machines at different load balancers, or in different backends."""
    reasons = []
    for name in chosen:
        if (pair := at_odds(seats_of(name, views))) is not None:
            one, other = pair
            reasons.append(
                f"{name} is two machines: {place(one)} and {place(other)}; a name must lead to the "
                "same machine at every load balancer and in every backend: correct the addresses "
                "there, or exclude it; one machine behind NAT: give it one address everywhere"
            )
    return reasons


@dataclass(frozen=True, slots=True)
class Shared:
    """What follows from members that are one machine under two names."""

    refusals: tuple[str, ...]
    notes: tuple[str, ...]


def shared_machines(turn: Collection[str], views: Sequence[InstanceView]) -> Shared:
    """Machines that users reach by a second name, which is not taken out together with the first.
    A backup, or a line that is out, is only noted: nobody is sent there now."""
    known: dict[str, str] = {}
    seen: set[frozenset[str]] = set()
    refusals, notes = [], []
    for name in turn:
        for _, line in lines_of(name, views):
            if line.occupant is not None and not line.is_backup:
                known.setdefault(line.occupant.id, name)
    for view in views:
        for line in view.lines:
            name = known.get(line.occupant.id if line.occupant is not None else "", line.member)
            pair = frozenset((name, line.member))
            if len(pair) == 1 or pair in seen:
                continue
            seen.add(pair)
            where = f"{line.backend} at {view.instance}"
            both = f"{line.member} ({where}) has the address of {name}, {line.occupant}"
            if has_users(line):
                refusals.append(
                    f"{both}: it stays in rotation when {name} goes out, and its users would meet "
                    "the machine during its upgrade; give a machine one name"
                )
            else:
                why = "is a backup" if line.is_backup else "is out"
                notes.append(
                    f"{both}, and {why}: it is not held out during the upgrade of {name}; do not "
                    "put it in rotation meanwhile"
                )
    return Shared(tuple(refusals), tuple(notes))
