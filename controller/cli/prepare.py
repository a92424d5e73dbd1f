"""`prepare`: prepares members days ahead, or asks whether what was prepared still holds."""

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import Any

import click

from controller import bootstrap
from controller.cli import options
from controller.cli.by_name import by_name
from controller.cli.fit import keep_secret
from controller.cli.say import say
from controller.cli.show import show
from controller.cli.signals import Signals
from controller.config import RolloutFile, load
from controller.core.outcome import ExitCode
from controller.errors import Refused
from controller.legible import legible_line
from controller.lifecycle.prepare import prepare_all, selected
from controller.lifecycle.prepared import grouped, unprepared
from controller.preflight.survey import reach
from controller.report.words import count


@click.command()
@options.named_file
@options.sets
@options.only
@options.option("--check", is_flag=True, help="Only ask whether what was prepared still holds.")
@options.yes
@options.state
def prepare(file: Path, check: bool, state: str | None, **given: Any) -> None:
    """Run the steps of `prepare` in FILE on every member, while it serves users.

    Nothing is taken out of rotation. `run` refuses what is not prepared, or no longer.
    With --check nothing is run but the fingerprint: exit code 0 if all holds, else 3.
    """
    path, sets = by_name("prepare", file, state, options.pairs(given["set"]))
    rollout = load(path, sets, only=options.names(given["only"]))
    if rollout.rollout.prepare is None:
        raise Refused(f"{path} has no prepare: there is nothing to prepare")
    keep_secret(bootstrap.secrets_in(rollout))
    place = bootstrap.state_place(state, rollout.state)
    work = _check if check else _prepare
    sys.exit(bootstrap.run(work(rollout, place)))


async def _prepare(rollout: RolloutFile, place: bootstrap.StatePlace) -> int:
    secrets = bootstrap.secrets_in(rollout)
    with Signals() as signals:
        try:
            async with contextlib.aclosing(bootstrap.open_state(place, create=True)) as store:
                ports = bootstrap.ports(rollout, place, store, secrets)
                async with ports.lock.hold(rollout.settings.name) as hold:
                    failed = await prepare_all(ports, rollout, hold, _tell)
        except asyncio.CancelledError:
            if signals.name is None:
                raise
            say(
                f"stopped ({signals.name}); nothing was taken out. What runs on a member ends by "
                f"itself; `poolroll prepare {rollout.path}` goes on"
            )
            return ExitCode.STOPPED
    if not failed:
        say("all members are prepared")
        return ExitCode.DONE
    say(f"{count(len(failed), 'member')} could not be prepared; nothing was taken out")
    return ExitCode.REFUSED


async def _check(rollout: RolloutFile, place: bootstrap.StatePlace) -> int:
    async with contextlib.AsyncExitStack() as stack:
        store = None
        if await bootstrap.has_state(place):
            opened = bootstrap.read_state(place)
            store = await stack.enter_async_context(contextlib.aclosing(opened))
        ports = bootstrap.read_ports(rollout, place, store, bootstrap.secrets_in(rollout))
        reached = await reach(ports.balancer, rollout.settings.selection)
        found = await unprepared(ports, rollout, await selected(ports, rollout, reached))
    if not found:
        show("what was prepared still holds")
        return ExitCode.DONE
    for line in grouped(found):
        show(legible_line(line))
    show(f"prepare again: poolroll prepare {rollout.path}")
    return ExitCode.REFUSED


def _tell(member: str, what: str) -> None:
    show(f"{legible_line(member)}: {legible_line(what)}", err=True)
