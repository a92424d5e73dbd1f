"""`pause`, `resume`, `abort`: requests to a rollout that runs in another process, or to none."""

import asyncio
import contextlib
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import click

from controller import bootstrap
from controller.cli import options
from controller.cli.log import LogNarrator
from controller.cli.signals import Signals
from controller.config import load
from controller.core.outcome import ExitCode
from controller.errors import ConfigurationError, PoolHeld, Refused, StateError, UsageFault
from controller.journal.replay import replay
from controller.lifecycle import (
    Unfinished,
    World,
    abort_at_rest,
    glance,
    onward,
    onward_in,
    unfinished,
    without_secrets,
)
from controller.ports import Journal
from controller.report.run.notices import RolloutTidings
from controller.report.run.summary import cut_off, over, summary
from controller.report.status.value import looked_at
from controller.runner.loop import Narrator
from controller.runner.notify import Herald
from controller.telemetry.measure import Subject
from controller.telemetry.values import Ways

HEARD_WITHIN: Final = timedelta(seconds=5)
LOOK_WITHIN: Final = timedelta(seconds=2)
"""Time limit for the look at the members after an abort."""
LOOK_EVERY: Final = timedelta(milliseconds=20)


@click.command()
@click.argument("name")
@options.state
def pause(name: str, state: str | None) -> None:
    """Finish the members in progress, and start no further one."""
    with _state(name, state) as (journal, folder, _):
        _ask_for(journal, folder, name, "pause", "")


@click.command()
@click.argument("name")
@options.option("--reason", metavar="TEXT", required=True, help="The reason; kept in the journal.")
@options.state
def resume(name: str, reason: str, state: str | None) -> None:
    """Continue after a pause. After a halt, allow the next `run` to continue."""
    if not reason.strip():
        raise UsageFault("resume --reason: give a reason; it is kept in the journal")
    with _state(name, state) as (journal, folder, _):
        _ask_for(journal, folder, name, "resume", reason)


@click.command()
@click.argument("name")
@options.option("--restore", is_flag=True, help="Put back what is out and passes its validation.")
@options.telemetry
@options.state
@options.log_format
def abort(name: str, restore: bool, log_format: str, **given: Any) -> None:
    """End the rollout NAME for good."""
    verb = "abort --restore" if restore else "abort"
    with _state(name, given["state"]) as (journal, folder, former):
        try:
            ways = options.ways_out(given)
            code = asyncio.run(_abort(journal, folder, former, restore, log_format, ways))
        except PoolHeld:  # a process runs the rollout: it gets the request and aborts
            _ask_for(journal, folder, name, verb, "")
            code = 0
    sys.exit(code)


@contextlib.contextmanager
def _state(name: str, state: str | None) -> Iterator[tuple[Journal, Path, Unfinished]]:
    """The journal, and the unfinished rollout of that name. Raises Refused, StateError."""
    folder = bootstrap.state_folder(state)
    if not bootstrap.exists(folder):
        raise Refused(f"there is no state folder at {folder}, so no rollout is known")
    opened = bootstrap.open_state(folder, create=False)
    with contextlib.closing(opened) as journal:
        former = unfinished(journal, name)
        if former is None:
            raise Refused(*_over(journal, folder, name))
        yield journal, folder, former


def _over(journal: Journal, folder: Path, name: str) -> list[str]:
    """There is no unfinished rollout of that name: say how the last one ended."""
    row = next((row for row in journal.rollouts(name) if row.outcome is not None), None)
    none = f"no unfinished rollout {name!r} in {folder}"
    records = journal.records(row.id) if row is not None else ()
    if row is None or not records:
        names = ", ".join(sorted({each.name for each in journal.rollouts()})) or "none"
        return [f"{none}; known names: {names}"]
    plan, state = replay(records)
    onward = onward_in(bootstrap.folder_to_name(folder), row, plan)
    return over(none, row, plan, state, onward)


def _ask_for(journal: Journal, folder: Path, name: str, verb: str, reason: str) -> None:
    """Leave a request, and wait until the process that runs the rollout takes it."""
    request = journal.request(name, verb, reason, bootstrap.who())
    if bootstrap.lock(folder).holder(name) is None:
        former = unfinished(journal, name)
        run = "the next run"
        if former is not None:
            ways = onward_in(bootstrap.folder_to_name(folder), former.row, former.plan)
            run = f"the next run: {ways.run}"
        click.echo(f"{verb} {name}: no process runs it; takes effect on {run}")
        return
    if asyncio.run(_is_heard(journal, request.seq, name)):
        click.echo(f"{verb} {name}: acknowledged")
    else:
        click.echo(f"{verb} {name}: not acknowledged yet; it will take effect later")


async def _is_heard(journal: Journal, seq: int, name: str) -> bool:
    clock = bootstrap.clock()
    until = clock.now() + HEARD_WITHIN
    while clock.now() < until:
        if all(request.seq != seq for request in journal.requests(name)):
            return True
        await clock.sleep(LOOK_EVERY)
    return False


def _herald(former: Unfinished, world: World, log: LogNarrator) -> Herald:
    """Recipients from the rollout file as it is now: the copy in the journal has no secrets."""
    row = former.row
    try:
        file = load(Path(row.path), row.sets)
        herald = bootstrap.herald(file, world.commands, log.warn)
    except ConfigurationError as error:
        log.warn(f"no notifications will be sent: {error.faults[0].render(error.file)}")
        return Herald((), world.clock, log.warn)
    ways_on = onward(world, row, former.plan)
    herald.watch(RolloutTidings(row.id, former.plan, file.settings, ways_on, is_ending=True))
    return herald


async def _abort(
    journal: Journal,
    folder: Path,
    former: Unfinished,
    restore: bool,
    log_format: str,
    ways: Ways,
) -> int:
    name = former.plan.name
    file = without_secrets(former.row)
    world = bootstrap.world(file.settings, folder, journal)
    log = LogNarrator(name, world.clock.wall, log_format)
    with world.lock.hold_name(name), Signals() as signals:
        meter = bootstrap.meter(name, ways, log.warn)
        async with _herald(former, world, log) as herald, meter:
            await meter.open(Subject(former.plan, former.row.started))
            narrators: list[Narrator] = [log, herald, meter]
            ways_on = onward(world, former.row, former.plan)
            try:
                state = await abort_at_rest(world, former, restore, narrators, signals.hand_to)
            except StateError as error:
                if signals.runner is None:
                    raise
                state = signals.runner.state
                click.echo("\n".join(cut_off(former.plan, state, str(error), ways_on)))
                return ExitCode.HALTED
            seen = await glance(world.balancer, world.clock, world.clock.now() + LOOK_WITHIN)
            now, wall = world.clock.now(), world.clock.wall()
            after = looked_at(state, seen)
            lines = summary(former.plan, after, file.settings, now, wall, ways_on)
            click.echo("\n".join(lines))
    out = any(m.is_away for m in state.members.values())
    return ExitCode.HALTED if restore and out else 0
