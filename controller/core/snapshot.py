"""What is known of each load balancer now, from the looks so far.

A snapshot is never journalled. It carries when each thing was seen, so that nothing is decided on
old news.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from controller.core.pool import Incarnation, InstanceView, Instant, Line
from controller.core.pool.copies import replace


@dataclass(frozen=True, slots=True)
class Seen:
    line: Line
    at: Instant
    since: Instant = timedelta(0)
    """Since when it has shown this occupant, or none."""
    going_since: Instant | None = None
    """Since when that one is being taken away; None: it is not."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One load balancer instance, as last seen."""

    instance: str
    incarnation: Incarnation | None = None
    at: Instant | None = None
    tried_at: Instant | None = None
    """When it was last asked, answer or not."""
    full_at: Instant | None = None
    """When all its lines were last seen together."""
    full_by: Incarnation | None = None
    """Which process showed them then."""
    lines: Mapping[str, tuple[Seen, ...]] = field(default_factory=dict)
    """Member → its lines, one a backend."""
    lost_since: Instant | None = None
    lost_why: str = ""
    lingering: bool | None = None
    running_since: Instant | None = None
    """When this incarnation came, in place of another one perhaps; None: not known."""
    rival: str = ""
    """See `InstanceView.rival`."""
    held: str = ""
    """See `InstanceView.held`."""


def looked(snapshot: Snapshot, view: InstanceView) -> Snapshot:
    """After an answer. A full one replaces all that was known."""
    fresh: dict[str, tuple[Seen, ...]] = {}
    for line in view.lines:
        since = _since(snapshot, line, view.at)
        going = _going_since(snapshot, line, view.at) if line.is_going else None
        seen = Seen(line, view.at, since, going)
        fresh[line.member] = (*fresh.get(line.member, ()), seen)
    return replace(
        snapshot,
        incarnation=view.incarnation,
        at=view.at,
        tried_at=view.at,
        full_at=view.at if view.is_full else snapshot.full_at,
        full_by=view.incarnation if view.is_full else snapshot.full_by,
        lines=fresh if view.is_full else {**snapshot.lines, **fresh},
        lost_since=None,
        lost_why="",
        lingering=view.lingering,
        running_since=view.at - view.uptime if view.uptime is not None else None,
        rival=view.rival,
        held=view.held,
    )


def _since(snapshot: Snapshot, line: Line, at: Instant) -> Instant:
    for seen in snapshot.lines.get(line.member, ()):
        if seen.line.backend == line.backend:
            was, now = seen.line.occupant, line.occupant
            is_same = (was and was.id) == (now and now.id)
            return seen.since if is_same else at
    return at


def _going_since(snapshot: Snapshot, line: Line, at: Instant) -> Instant:
    known = [
        seen.going_since
        for seen in snapshot.lines.get(line.member, ())
        if seen.line.backend == line.backend and seen.line.occupant == line.occupant
    ]
    return next((since for since in known if since is not None), at)


def lost(snapshot: Snapshot, at: Instant, why: str) -> Snapshot:
    """After no answer."""
    since = snapshot.lost_since if snapshot.lost_since is not None else at
    return replace(snapshot, tried_at=at, lost_since=since, lost_why=why)


@dataclass(frozen=True, slots=True)
class Capacity:
    """The fewest members that serve, over all backends of all instances."""

    serving: int
    where: str
    """`backend at instance` with the fewest."""


def capacity(snapshots: Iterable[Snapshot], without: frozenset[str] = frozenset()) -> Capacity:
    """How many serve, when those in `without` are not counted (S2)."""
    fewest: Capacity | None = None
    for snapshot in snapshots:
        counts: dict[str, int] = {}
        for member, lines in snapshot.lines.items():
            for seen in lines:
                counts.setdefault(seen.line.backend, 0)
                if member not in without and seen.line.is_serving:
                    counts[seen.line.backend] += 1
        for backend, count in counts.items():
            if fewest is None or count < fewest.serving:
                fewest = Capacity(count, f"{backend} at {snapshot.instance}")
    return fewest if fewest is not None else Capacity(0, "no load balancer seen yet")
