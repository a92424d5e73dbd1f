"""Measures the traffic for the forecast, which the core computes.

Read-only; nothing here refuses a rollout.
"""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from controller.core.events import RollbackBegan, StepEnded
from controller.core.forecast.load import Expected, Load, expected, loads
from controller.core.forecast.stake import Loss, stake
from controller.core.forecast.traffic import Traffic, traffic
from controller.core.gates.tally import Tally
from controller.core.plan.marks import marks_of
from controller.core.plan.plan import Plan, Purpose
from controller.core.pool import InstanceView
from controller.core.pool.copies import replace
from controller.core.settings import Policies
from controller.journal.codec import decode
from controller.journal.of_pool import rollouts_of
from controller.ports import Clock, Journal, LoadBalancer
from controller.preflight.survey import PoolSurvey
from controller.records import Record
from controller.report.plan.forecast import outlook_lines

LOOK: Final = timedelta(seconds=1)
"""The time over which requests are counted."""

BRIEF_LOOK: Final = timedelta(milliseconds=300)
"""The same, where the forecast is not shown first."""

WATCHED_EVERY: Final = timedelta(milliseconds=100)
"""How often the pool is looked at meanwhile, where the rollout begins right afterwards."""

RATIOS: Final = (1.0, 0.1)
"""Shares of its requests that the new version may fail."""

FORMER: Final = 5
"""Former rollouts that are searched for the duration of the commands."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """The forecast of a plan."""

    traffic: Traffic
    losses: tuple[Loss, ...]
    """One for each of RATIOS; none in a rehearsal, or where requests are not counted."""
    loads: tuple[Load, ...]
    expected: Expected
    seen: tuple[InstanceView, ...] = ()
    """The looks at the whole pool that it was measured by, oldest first, where it was watched."""


async def forecast(
    found: PoolSurvey,
    plan: Plan,
    balancer: LoadBalancer,
    clock: Clock,
    *,
    during: timedelta = LOOK,
    commands: timedelta | None = None,
    intervals: Mapping[str, timedelta] | None = None,
    without: Collection[str] = (),
    is_watched: bool = False,
) -> Forecast:
    """Raises BalancerError. `commands`: see `last_commands`; `intervals`: gate → its scrape
    interval; `without`: gates that the operator overrides; `is_watched`: look at the pool all the
    time while requests are counted."""
    is_watched = is_watched and found.abilities.counts
    looks = await _looks(found, balancer, clock, during, is_watched=is_watched)
    rates = _rates(found, looks)
    names = [member.name for member in plan.members]
    ramp, abilities = plan.policies.comeback.ramp, found.abilities
    now = traffic(found.views, rates, names, plan.max_unavailable, ramp, abilities.prefers_idle)
    now = replace(now, is_counted=abilities.counts)
    return Forecast(
        now,
        _losses(plan, now, intervals, without),
        loads(found.views, abilities.limits, names, plan.max_unavailable),
        expected(plan, commands, intervals),
        looks if is_watched else (),
    )


def _losses(
    plan: Plan,
    now: Traffic,
    intervals: Mapping[str, timedelta] | None,
    without: Collection[str],
) -> tuple[Loss, ...]:
    if plan.purpose is Purpose.REHEARSAL or not now.is_counted:
        return ()
    gates = tuple(gate for gate in plan.policies.gates if gate.name not in without)
    policies = Policies(soak=plan.policies.soak, comeback=plan.policies.comeback, gates=gates)
    return tuple(stake(policies, now, ratio, intervals) for ratio in RATIOS)


async def _looks(
    found: PoolSurvey, balancer: LoadBalancer, clock: Clock, during: timedelta, *, is_watched: bool
) -> tuple[InstanceView, ...]:
    """The looks of the survey and those that followed, at least over `during`: all the time where
    the pool is watched, otherwise one at the end, at its counts alone."""
    until = max(view.at for view in found.views) + during
    every = max(WATCHED_EVERY, found.abilities.pace)
    members = None if is_watched else ()
    seen = [*found.views]
    while len(seen) == len(found.views) or clock.now() < until:
        due = min(seen[-1].at + every, until) if is_watched else until
        await clock.sleep(max(due - clock.now(), timedelta(0)))
        seen += await asyncio.gather(*(balancer.look(one, members) for one in balancer.instances))
    return tuple(seen)


def _rates(found: PoolSurvey, looks: Collection[InstanceView]) -> dict[tuple[str, str], float]:
    """(instance, backend) → requests per second since the survey."""
    newest = {view.instance: view for view in looks}
    rates = {}
    for first in found.views:
        last = newest[first.instance]
        seconds = (last.at - first.at).total_seconds()
        for backend in last.backends.keys() & first.backends.keys():
            place = (last.instance, backend)
            tally = Tally().noted(place, first.incarnation, first.backends[backend])
            seen = tally.noted(place, last.incarnation, last.backends[backend]).sum.total
            rates[place] = seen / seconds
    return rates


async def last_commands(journal: Journal, like: Plan) -> timedelta | None:
    """Average duration of the commands for one member, in the newest rollout of that pool, name and
    purpose in which any passed. Raises StateError."""
    for row in await rollouts_of(journal, like.name, marks_of(like), FORMER):
        records = await journal.records(row.id)
        if not records or not isinstance(plan := decode(records[0].kind, records[0].body), Plan):
            continue
        if plan.purpose is like.purpose and (took := _took(records)):
            return timedelta(seconds=sum(took.values()) / len(took))
    return None


def _took(records: Collection[Record]) -> dict[str, float]:
    """Member → seconds, of those whose last step passed."""
    took: dict[str, float] = {}
    for record in records:
        if record.kind == RollbackBegan.__name__:
            break
        if record.kind == StepEnded.__name__:
            step: StepEnded = decode(record.kind, record.body)
            if step.passed:
                took[step.member] = took.get(step.member, 0.0) + step.seconds
    return took


def forecast_lines(plan: Plan, ahead: Forecast) -> list[str]:
    """The forecast as text, for the plan."""
    return outlook_lines(plan, ahead.loads, ahead.expected, ahead.traffic, ahead.losses)
