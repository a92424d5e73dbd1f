"""`status`: the state of a rollout, from another shell: what the journal says, and what the load
balancers show now."""

import asyncio
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import click

from controller import bootstrap
from controller.cli import options
from controller.cli.pool_of import pool_of
from controller.cli.say import fitted_report
from controller.cli.show import show, show_json
from controller.cli.state_folder import find, known
from controller.core.outcome import ExitCode
from controller.core.pool import Instant
from controller.core.pool.copies import replace
from controller.errors import Refused, UsageFault
from controller.journal.replay import replayed
from controller.lifecycle import look_once, next_commands, patience
from controller.lifecycle.guard import guard_name
from controller.ports import Clock, Journal, Store
from controller.preflight.memory import held_by
from controller.records import RolloutRow
from controller.report.members.placement import PoolView
from controller.report.members.status import Holders
from controller.report.status.brief import brief_line, checked
from controller.report.status.lines import status_lines
from controller.report.status.users_now import users_now
from controller.report.status.value import Known, status_value
from controller.report.status.values import kept_file

USERS_OVER: Final = timedelta(seconds=1)
"""Over how long the requests of users are counted."""

PATIENCE: Final = timedelta(seconds=2)
"""For the second answer of a load balancer that has just answered."""

AT_ONCE: Final = 4
"""Rollouts whose load balancers are asked at the same time: they may share one, and a Runtime API
accepts 10 connections by default (HAProxy configuration manual, `stats maxconn`)."""


@click.command()
@click.argument("name", required=False)
@options.option("--brief", is_flag=True, help="One line a pool.")
@options.option(
    "--check",
    is_flag=True,
    help="For Nagios and its like: exit code 0 fine, or waiting for its window, 1 halted, "
    "unfinished, or ended with a member out, 2 stuck, or a failed member is in rotation again.",
)
@options.option("--watch", is_flag=True, help="The live board of a rollout that runs elsewhere.")
@options.as_json
@options.state
def status(name: str | None, state: str | None, **given: bool) -> None:
    """Show the state of the newest rollout of NAME, or of every name.

    Also asks the load balancers, read-only, for two seconds at most, a cluster for eight. Without
    NAME it skips those of rollouts that have ended with no member out. One that does not answer is
    no error.
    """
    if sum(given.values()) > 1:
        raise UsageFault("status: --brief, --check, --watch and --json exclude each other")
    if given["watch"]:
        _watch(name, state)
    values = bootstrap.run(_values(name, state, is_brief=given["brief"] or given["check"]))
    if given["check"]:
        code, lines = checked(values)
        show("\n".join(lines))
        click.get_current_context().exit(code)  # 1 is no bug here
    if given["brief"]:
        show("\n".join(map(brief_line, values)))
        return
    if given["json"]:
        show_json(values[0] if name else values)
    else:
        show("\n\n".join("\n".join(fitted_report(status_lines(value))) for value in values))


def _watch(name: str | None, state: str | None) -> None:
    """What comes after it is how it ended."""
    from controller.cli.watch import watch  # its libraries take a while

    try:
        bootstrap.run(watch(name, state))
    except KeyboardInterrupt:
        show("no longer watching; the rollout was not touched", err=True)
        sys.exit(ExitCode.STOPPED)


async def _values(name: str | None, state: str | None, *, is_brief: bool) -> list[dict[str, Any]]:
    async with known(state) as (store, place):
        found = [await _known(store, place, row) for row in await _newest(store.journal, name)]
        if not found:
            if name is not None:
                await find(store.journal, place, name)  # says which there are
            raise Refused(f"no rollout {name or ''} in {place}".replace("  ", " "))
        looks = Looks(name is not None, place, is_brief)
        looked_at = await _all_looked_at(store.journal, found, looks)
        return [status_value(each, str(place)) for each in looked_at]


async def _newest(journal: Journal, name: str | None) -> Collection[RolloutRow]:
    """Of each name."""
    if name is None:
        rows = await journal.newest()
    else:
        rows = [row for row in [await journal.latest(name)] if row is not None]
    return [row for row in rows if not row.pruned]


async def _known(store: Store, place: bootstrap.StatePlace, row: RolloutRow) -> Known:
    found = await replayed(store.journal, row.id)
    plan, state = found.plan, found.state
    is_over = row.outcome is not None
    return Known(
        row,
        plan,
        state,
        found.last.wall,
        await bootstrap.lock(place).holder(row.name),
        next_commands(bootstrap.place_to_name(place), row, plan, state),
        kept_file(row),
        () if is_over else await store.requests.pending(row.id, state.heard),
        wall=bootstrap.clock().wall(),
        guard=await bootstrap.lock(place).holder(guard_name(row.name)),
    )


@dataclass(frozen=True, slots=True)
class Looks:
    """How the load balancers are looked at."""

    is_named: bool
    """Also where a rollout has ended."""
    place: bootstrap.StatePlace
    """Whose journal says where they are."""
    is_brief: bool
    """Once: users are not counted."""


async def _all_looked_at(journal: Journal, found: Sequence[Known], looks: Looks) -> list[Known]:
    gangway, clock = asyncio.Semaphore(AT_ONCE), bootstrap.clock()
    began = clock.now()

    async def one(each: Known) -> Known:
        is_over = each.row.outcome is not None
        if (
            not looks.is_named
            and is_over
            and not any(m.is_away for m in each.state.members.values())
        ):
            return each
        async with gangway:
            until = began + patience(each.plan.policies.lost_after)
            seen, later = await _asked(each, clock, until, looks)
        users = users_now(seen, later)
        return replace(each, pool_view=later, taken=await _taken(journal, each, later), users=users)

    return list(await asyncio.gather(*map(one, found)))


async def _asked(
    each: Known, clock: Clock, until: Instant, looks: Looks
) -> tuple[PoolView, PoolView]:
    """Two looks, between which is what users meet now. The load balancers are those of the rollout
    file that the journal keeps."""
    balancer = pool_of(each.file, looks.place)
    if isinstance(balancer, str):
        seen = PoolView(clock.wall(), unseen=dict.fromkeys(each.plan.instances, balancer))
        return seen, seen
    before = await look_once(balancer, clock, until)
    if before.unseen or looks.is_brief:
        return before, before
    await clock.sleep(USERS_OVER)
    return before, await look_once(balancer, clock, clock.now() + PATIENCE)


async def _taken(journal: Journal, each: Known, seen: PoolView) -> Holders:
    """Members that another rollout has out, wherever they are now."""
    members = each.state.members
    held = await held_by(each.row.name, list(seen.views.values()), journal)
    return {
        name: rollout
        for name, rollout in held.items()
        if name in members and members[name].placement.found is None
    }
