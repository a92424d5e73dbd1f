"""Observed placement: where a member was last seen in rotation, down or out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from controller.core.pool import Admin, Health, InstanceView, Instant, Line
from controller.core.snapshot import Snapshot
from controller.core.state.state import State
from controller.core.steps import Setting

SHOWN: Final = 3
"""Places named in one line; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Observed:
    """Places of one member: `endpoint`, or `backend at endpoint` where it has several backends."""

    ready: tuple[str, ...] = ()
    """In rotation, healthy or not."""
    down: tuple[str, ...] = ()
    """Of these, where it fails the load balancer's health check."""
    out: tuple[str, ...] = ()
    nameless: tuple[str, ...] = ()
    """Of these, where nobody took it out: its name has no address."""
    is_reloaded: bool = False
    """It is out where we had put it back, and the load balancer was reloaded since."""

    @property
    def is_seen(self) -> bool:
        return bool(self.ready or self.out)

    @property
    def is_serving(self) -> bool:
        """In rotation and healthy, wherever it was seen."""
        return self.is_seen and not self.out and not self.down

    def where(self, some: Sequence[str]) -> str:
        """` at …`; empty when that is everywhere."""
        return "" if len(some) == len(self.ready) + len(self.out) else at(some)


@dataclass(frozen=True, slots=True)
class PoolView:
    """What the load balancers of a plan showed when asked once, outside a run."""

    at: datetime
    views: Mapping[str, InstanceView] = field(default_factory=dict)
    """Instance → what it showed."""
    unseen: Mapping[str, str] = field(default_factory=dict)
    """Instance → why it was not seen, in one line."""


def at(places: Sequence[str]) -> str:
    more = f" and {len(places) - SHOWN} more" if len(places) > SHOWN else ""
    return f" at {', '.join(places[:SHOWN])}{more}"


def observed(state: State, member: str) -> Observed:
    """From the looks so far; after a replay there are none. One that is older than what we set
    last says nothing: what it shows, we have changed ourselves."""
    m = state.members.get(member)
    lines = _lines(state.snapshots, member, m.order.set_at if m is not None else None)
    ready = [(place, line) for place, line in lines if not line.is_out]
    return Observed(
        ready=tuple(place for place, _ in ready),
        down=tuple(place for place, line in ready if line.health is Health.FAILING),
        out=tuple(place for place, line in lines if line.is_out),
        nameless=tuple(
            place for place, line in lines if line.is_unresolved and line.admin is Admin.READY
        ),
        is_reloaded=_is_out_since_a_reload(state, member),
    )


def _is_out_since_a_reload(state: State, member: str) -> bool:
    """Whether another worker shows it out than the one that confirmed its return."""
    m = state.members.get(member)
    if m is None or m.placement.confirmed not in (Setting.PUT_BACK, Setting.RESTORE):
        return False
    return any(
        seen.line.admin is not Admin.READY and state.is_reloaded(m, instance)
        for instance, seen in state.lines_of(member)
    )


def _lines(
    snapshots: Mapping[str, Snapshot], member: str, since: Instant | None = None
) -> list[tuple[str, Line]]:
    found = [
        (snapshot.instance, one.line)
        for snapshot in snapshots.values()
        for one in snapshot.lines.get(member, ())
        if since is None or one.at >= since
    ]
    has_one_backend = len({line.backend for _, line in found}) == 1
    return [
        (instance if has_one_backend else f"{line.backend} at {instance}", line)
        for instance, line in found
    ]


def others(state: State, known: frozenset[str]) -> tuple[str, ...]:
    """Servers that are not members of the rollout and should serve; backup servers and empty slots
    never count."""
    names = dict.fromkeys(name for s in state.snapshots.values() for name in s.lines)
    return tuple(
        name
        for name in names
        if name not in known
        and all(line.may_be_member for _, line in _lines(state.snapshots, name))
    )
