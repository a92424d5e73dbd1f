"""`guard`: keeps out of rotation what a halted rollout left out, until that is decided."""

import asyncio
import sys

import click

from controller import bootstrap
from controller.cli import options
from controller.cli.opened import Opened, open_unfinished
from controller.cli.say import say
from controller.cli.show import show
from controller.cli.signals import Signals
from controller.core.outcome import ExitCode
from controller.errors import ConfigurationError, PoolHeld, Refused
from controller.legible import legible_line
from controller.lifecycle import file_of_pool, former_file
from controller.lifecycle.guard import Guard, GuardPorts, guard_name, to_guard
from controller.report.times import moment
from controller.report.words import names


@click.command()
@click.argument("name")
@options.yes
@options.state
def guard(name: str, state: str | None) -> None:
    """Keep what the halted rollout NAME left out of rotation out, across reloads.

    A reload of a load balancer forgets what was set, and may put a failed member before users
    again. Goes on after an abort that leaves it out, and ends by itself when the halt is decided
    in another way (resume, abort --restore, another run). Changes nothing else, and does not go
    against what somebody sets by hand.
    """
    sys.exit(bootstrap.run(_guard(name, state)))


async def _guard(name: str, state: str | None) -> int:
    async with open_unfinished(name, state, or_aborted=True) as opened:
        former = opened.former
        members = to_guard(former)
        if not members:
            say(f"guard {name}: nothing to do: no member is left out after a halt")
            return ExitCode.DONE
        if former.plan.remembers:
            say(f"guard {name}: nothing to do: what is set there stays set when it is reloaded")
            return ExitCode.DONE
        ports = _ports(opened)
        with Signals() as signals:
            try:
                async with bootstrap.lock(opened.place).hold(guard_name(name)):
                    say(f"guard {name}: keeps {names(list(members))} out until that is decided")
                    why = await Guard(ports, former, _tell).run()
            except PoolHeld:
                raise PoolHeld(f"rollout {name!r} is guarded already, by another process") from None
            except asyncio.CancelledError:
                if signals.name is None:
                    raise
                say(f"guard {name}: stopped ({signals.name}): nobody is kept out any longer")
                return ExitCode.STOPPED
        say(f"guard {name}: over: {why}")
        return ExitCode.DONE


def _ports(opened: Opened) -> GuardPorts:
    """Raises Refused where the journal does not say where the load balancers are."""
    store, place, former = opened.store, opened.place, opened.former
    file = former_file(former.row, is_ours=bootstrap.is_ours(place))
    used = file_of_pool(former, file)
    if isinstance(used, ConfigurationError):
        raise Refused(f"the rollout file in the journal cannot be used: {used}")
    return GuardPorts(
        balancer=bootstrap.balancer(used.settings, place),
        lock=bootstrap.lock(place, used.settings),
        journal=store.journal,
        requests=store.requests,
        clock=bootstrap.clock(),
    )


def _tell(about: str, what: str) -> None:
    """A line of the log."""
    when = moment(bootstrap.clock().wall())
    show(f"{when}  {legible_line(about):<8}  {legible_line(what)}", err=True)
