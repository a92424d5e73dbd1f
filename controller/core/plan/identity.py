"""Identity: which machine a name means, by the address that every line of it shows. Pure.

A member is a name *and* an address. Lines of one backend mean one machine when they show the same
occupant. Another backend may reach that machine at another port: there the address alone counts.
"""

from collections.abc import Collection, Iterable

from controller.core.pool import Admin, Line, Seat


def at_odds(seats: Iterable[Seat]) -> tuple[Seat, Seat] | None:
    """Two lines of one member that show different machines; None when all mean the same one."""
    first: Seat | None = None
    of_backend: dict[str, Seat] = {}
    for seat in seats:
        first = first or seat
        peer = of_backend.setdefault(seat.key.backend, seat)
        if peer.occupant.id != seat.occupant.id:
            return peer, seat
        if first.occupant.address != seat.occupant.address:
            return first, seat
    return None


def place(seat: Seat) -> str:
    """An address and where it is shown, for people."""
    return f"{seat.occupant} ({seat.key.backend} at {seat.key.instance})"


def ids_of(seats: Iterable[Seat]) -> frozenset[str]:
    return frozenset(seat.occupant.id for seat in seats)


def leads_to(line: Line, ids: Collection[str]) -> bool:
    return line.occupant is not None and line.occupant.id in ids


def has_users(line: Line) -> bool:
    """Whether users may reach what is behind it: draining, or with weight 0, those with a cookie
    still do; a backup serves when all others are down."""
    return line.admin is not Admin.OUT and not line.is_backup
