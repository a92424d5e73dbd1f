"""Load on the other members while some are out, and the duration of the rollout."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from controller.core.forecast.patience import slowest_pass
from controller.core.forecast.traffic import serving_lines
from controller.core.plan.plan import Plan
from controller.core.pool import InstanceView


@dataclass(frozen=True, slots=True)
class Load:
    """Load on the others in one backend of one instance, while members are out."""

    instance: str
    backend: str
    sessions: int | None
    """Open now, in the whole backend; None: not known."""
    serving: int
    """Members that serve now."""
    carriers: int
    """How many serve while max_unavailable are out."""
    room: int | None
    """Sessions that these take at once (`maxconn`), at least; None: no limit."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Duration of a rollout in which nothing fails."""

    turns: int
    """Consecutive turns, of max_unavailable members each."""
    waits: timedelta
    """Per turn: sticky clients, settling, ramp and soak; work in flight and health checks not."""
    commands: timedelta | None
    """Per turn, the upgrade commands as last time; None: not known."""
    settle: timedelta = timedelta(0)
    """Of `waits`: until a member that is out counts as quiet."""

    @property
    def total(self) -> timedelta | None:
        return None if self.commands is None else (self.waits + self.commands) * self.turns


def loads(
    views: Sequence[InstanceView],
    limits: Mapping[tuple[str, str, str], int],
    members: Collection[str],
    together: int,
) -> tuple[Load, ...]:
    """`limits`: (instance, backend, server) → `maxconn`, where it has one."""
    found = []
    for view in views:
        for backend in dict.fromkeys(line.backend for line in view.lines):
            serving = serving_lines(view, backend)
            out = min(together, sum(1 for line in serving if line.member in members))
            room = {
                line.member: limits.get((view.instance, backend, line.member)) for line in serving
            }
            known = [limit for limit in room.values() if limit is not None]
            gone = sorted(
                (limit for name, limit in room.items() if limit is not None and name in members),
                reverse=True,
            )
            found.append(
                Load(
                    view.instance,
                    backend,
                    _sessions(view, backend),
                    len(serving),
                    len(serving) - out,
                    sum(known) - sum(gone[:out]) if len(known) == len(room) else None,
                )
            )
    return tuple(found)


def _sessions(view: InstanceView, backend: str) -> int | None:
    known = [line.in_flight for line in view.lines if line.backend == backend]
    return None if None in known else sum(count for count in known if count is not None)


def expected(
    plan: Plan, commands: timedelta | None, intervals: Mapping[str, timedelta] | None = None
) -> Expected:
    """`commands`: what the commands took for one member last time; `intervals`: gate → its scrape
    interval: a soak also lasts until each gate can pass."""
    policies = plan.policies
    waits = policies.soak + policies.comeback.hold * len(policies.comeback.ramp)
    waits = max(waits, slowest_pass(policies, intervals or {}))
    waits += plan.settle + (policies.drain.sticky if plan.sticky else timedelta(0))
    turns = ceil(len(plan.members) / plan.max_unavailable)
    return Expected(turns, waits, commands if plan.upgrade.steps else timedelta(0), plan.settle)
