"""`status`: the state of a rollout, from another shell: what the journal says, and what the load
balancers show now."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Final

import click

from controller import bootstrap
from controller.cli import options
from controller.cli.say import fitted_report
from controller.cli.show import show, show_json
from controller.cli.state_folder import known
from controller.core.pool import Instant
from controller.errors import ConfigurationError, PoolrollError, Refused
from controller.journal.replay import replay
from controller.lifecycle import astray, look_once, next_commands, patience
from controller.ports import Clock, Journal, Store
from controller.preflight.memory import held_by
from controller.records import RolloutRow
from controller.report.members.placement import PoolView
from controller.report.members.status import Holders
from controller.report.status.lines import status_lines
from controller.report.status.value import Known, status_value
from controller.report.status.values import kept_file

AT_ONCE: Final = 4
"""Rollouts whose load balancers are asked at the same time: they may share one, and a Runtime API
accepts 10 connections by default (HAProxy configuration manual, `stats maxconn`)."""


@click.command()
@click.argument("name", required=False)
@options.as_json
@options.state
def status(name: str | None, json: bool, state: str | None) -> None:
    """Show the state of the newest rollout of NAME, or of every name.

    Also asks the load balancers, read-only, for two seconds at most, a cluster for eight. Without
    NAME it skips those of rollouts that have ended with no member out. One that does not answer is
    no error.
    """
    values = bootstrap.run(_values(name, state))
    if json:
        show_json(values[0] if name else values)
    else:
        show("\n\n".join("\n".join(fitted_report(status_lines(value))) for value in values))


async def _values(name: str | None, state: str | None) -> list[dict[str, Any]]:
    async with known(state) as (store, place):
        found = [await _known(store, place, row) for row in await _newest(store.journal, name)]
        if not found:
            raise Refused(f"no rollout {name or ''} in {place}".replace("  ", " "))
        looked_at = await _all_looked_at(
            store.journal, found, is_named=name is not None, is_ours=bootstrap.is_ours(place)
        )
        return [status_value(each, str(place)) for each in looked_at]


async def _newest(journal: Journal, name: str | None) -> Collection[RolloutRow]:
    """Of each name."""
    newest: dict[str, RolloutRow] = {}
    for row in await journal.rollouts(name):
        newest.setdefault(row.name, row)
    return newest.values()


async def _known(store: Store, place: bootstrap.StatePlace, row: RolloutRow) -> Known:
    records = await store.journal.records(row.id)
    plan, state = replay(records)
    is_over = row.outcome is not None
    return Known(
        row,
        plan,
        state,
        records[-1].wall,
        await bootstrap.lock(place).holder(row.name),
        next_commands(bootstrap.place_to_name(place), row, plan),
        kept_file(row),
        () if is_over else await store.requests.pending(row.id, state.heard),
    )


async def _all_looked_at(
    journal: Journal, found: Sequence[Known], *, is_named: bool, is_ours: bool
) -> list[Known]:
    gangway, clock = asyncio.Semaphore(AT_ONCE), bootstrap.clock()
    began = clock.now()

    async def one(each: Known) -> Known:
        is_over = each.row.outcome is not None
        if not is_named and is_over and not any(m.is_away for m in each.state.members.values()):
            return each
        async with gangway:
            until = began + patience(each.plan.policies.lost_after)
            seen = await _asked(each, clock, until, is_ours=is_ours)
        return replace(each, pool_view=seen, taken=await _taken(journal, each, seen))

    return list(await asyncio.gather(*map(one, found)))


async def _asked(each: Known, clock: Clock, until: Instant, *, is_ours: bool) -> PoolView:
    """The load balancers are those of the rollout file that the journal keeps. `is_ours`: nobody
    else can have written that."""
    try:
        if isinstance(each.file, ConfigurationError):  # written by another version of poolroll
            raise each.file
        if not is_ours and (stranger := astray(each.file)):
            return PoolView(clock.wall(), unseen=dict.fromkeys(each.plan.instances, stranger))
        balancer = bootstrap.balancer(each.file.settings)
    except PoolrollError as error:
        first = str(error).partition("\n")[0]
        why = f"the rollout file in the journal cannot be read: {first}"
        return PoolView(clock.wall(), unseen=dict.fromkeys(each.plan.instances, why))
    return await look_once(balancer, clock, until)


async def _taken(journal: Journal, each: Known, seen: PoolView) -> Holders:
    """Members that another rollout has out, wherever they are now."""
    members = each.state.members
    held = await held_by(each.row.name, list(seen.views.values()), journal)
    return {
        name: rollout
        for name, rollout in held.items()
        if name in members and members[name].placement.found is None
    }
