"""`run`, `rehearse` and `rollback`: confirm, run, exit with the right code."""

import asyncio
import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from controller import bootstrap
from controller.cli import options
from controller.cli.ask import TerminalQuestions, ask, is_terminal
from controller.cli.confirm import before, left, question
from controller.cli.cut_off import say_cut_off
from controller.cli.narrator import narrator_for
from controller.cli.say import fitted, say
from controller.cli.signals import Signals
from controller.config import RolloutFile, load
from controller.core.outcome import ExitCode
from controller.core.plan.plan import Purpose
from controller.core.state.state import State
from controller.errors import LeaseLost, StateError, UsageFault
from controller.lifecycle import Prepared, Wishes, World, onward
from controller.lifecycle import run as run_session
from controller.preflight.forecast import BRIEF_LOOK, LOOK, last_commands
from controller.report.run.notices import RolloutTidings
from controller.report.run.summary import summary
from controller.runner.loop import Runner
from controller.telemetry.measure import Subject
from controller.telemetry.values import Ways

F = TypeVar("F", bound=Callable[..., Any])


@click.command()
@options.rollout_file
@options.sets
@options.option("--yes", is_flag=True, help="Do not ask. Required without a terminal.")
@options.only
@options.canaries_only
@options.option("--step", is_flag=True, help="Ask before each member.")
@options.option("--override", metavar="GATE", multiple=True, help="Ignore this gate when it fails.")
@options.option("--reason", metavar="TEXT", help="The reason; required with --override.")
@options.option("--new", is_flag=True, help="Start a new rollout and abandon an unfinished one.")
@options.telemetry
@options.state
@options.log_format
def run(file: Path, yes: bool, log_format: str, **given: Any) -> None:
    """Upgrade the pool that FILE describes, one member at a time.

    Resumes a rollout that was cut off by a crash or a signal.
    """
    start("run", file, _wishes(given), yes=yes, log_format=log_format, given=given)


def _less(command: F) -> F:
    """The options that a rehearsal and a rollback share with `run`."""
    for add in (
        options.log_format,
        options.state,
        options.telemetry,
        options.option("--step", is_flag=True, help="Ask before each member."),
        options.only,
        options.option("--yes", is_flag=True, help="Do not ask. Required without a terminal."),
        options.sets,
        options.rollout_file,
    ):
        command = add(command)
    return command


@click.command()
@_less
def rehearse(file: Path, yes: bool, log_format: str, **given: Any) -> None:
    """Take every member of FILE out and back under live traffic, without upgrading."""
    wishes = Wishes(options.names(given["only"]), stepwise=given["step"], purpose=Purpose.REHEARSAL)
    start("rehearse", file, wishes, yes=yes, log_format=log_format, given=given)


@click.command()
@_less
def rollback(file: Path, yes: bool, log_format: str, **given: Any) -> None:
    """Roll the pool of FILE back to the former version, with the same care and gates.

    Abandons an unfinished upgrade.
    """
    wishes = Wishes(options.names(given["only"]), stepwise=given["step"], purpose=Purpose.ROLLBACK)
    start("rollback", file, wishes, yes=yes, log_format=log_format, given=given)


def start(
    verb: str,
    file: Path,
    wishes: Wishes,
    *,
    yes: bool,
    log_format: str,
    given: dict[str, Any],
) -> NoReturn:
    """Load FILE, run it, and exit with its exit code."""
    if not is_terminal() and not yes:
        raise UsageFault(f"{verb}: there is no terminal to ask for confirmation; add --yes")
    if wishes.stepwise and not is_terminal():
        raise UsageFault(f"{verb} --step: there is no terminal to ask at")
    rollout = load(
        file,
        options.pairs(given["set"]),
        only=wishes.only,
        canaries_only=wishes.canaries_only,
    )
    if wishes.purpose is not Purpose.REHEARSAL:
        rollout.refuse_placeholder()
    folder = bootstrap.state_folder(given["state"])
    ways = options.ways_out(given)
    notes = bootstrap.about_state(given["state"], folder)
    running = _run(rollout, wishes, folder, ways, notes, yes=yes, log_format=log_format)
    sys.exit(asyncio.run(running))


def _wishes(given: dict[str, Any]) -> Wishes:
    overrides, reason = given["override"], given["reason"]
    if overrides and not (reason and reason.strip()):
        raise UsageFault("run --override: give a reason with --reason; it is kept in the journal")
    if reason and not overrides:
        raise UsageFault("run --reason: only valid with --override")
    return Wishes(
        only=options.names(given["only"]),
        canaries_only=given["canaries_only"],
        stepwise=given["step"],
        overrides=dict.fromkeys(overrides, reason),
        new=given["new"],
    )


async def _run(
    rollout: RolloutFile,
    wishes: Wishes,
    folder: Path,
    ways: Ways,
    notes: list[str],
    *,
    yes: bool,
    log_format: str,
) -> int:
    at_hand: Prepared | None = None

    async def confirm(prepared: Prepared) -> bool:
        nonlocal at_hand
        at_hand, row = prepared, prepared.row
        ways_on = onward(world, row, prepared.plan)
        await meter.open(Subject(prepared.plan, row.started))
        commands = await last_commands(world.journal, name, prepared.plan.purpose)
        narrator.watch(prepared.plan, commands)
        during = BRIEF_LOOK if yes else LOOK
        plan = left(prepared, wishes)
        lines = await before(
            world,
            prepared,
            plan,
            during=during,
            commands=commands,
            without=wishes.overrides,
            more_notes=notes,
        )
        say(*fitted(lines))
        herald.watch(RolloutTidings(row.id, prepared.plan, rollout.settings, ways_on))
        return yes or await ask(question(plan, prepared.plan, is_new=prepared.is_new))

    async with contextlib.aclosing(bootstrap.open_state(folder, create=True)) as store:
        world = bootstrap.world(rollout.settings, folder, store)
        name = rollout.settings.name
        narrator = narrator_for(name, world.clock, log_format, asks=wishes.stepwise)
        herald = bootstrap.herald(rollout, world.commands, narrator.warn)
        meter = bootstrap.meter(name, ways, narrator.warn)
        with Signals() as signals, contextlib.ExitStack() as stack:
            stack.callback(narrator.stop)

            def begun(runner: Runner) -> None:
                signals.hand_to(runner)
                narrator.start()

            try:
                async with herald, meter:
                    ran = await run_session(
                        world,
                        rollout,
                        wishes,
                        confirm=confirm,
                        narrators=[narrator, herald, meter],
                        questions=TerminalQuestions(),
                        on_start=begun,
                    )
                    narrator.stop()
                    return _told(ran, rollout, world)
            except asyncio.CancelledError:
                if signals.name is None:
                    raise
                click.echo(f"stopped ({signals.name}); nothing was touched")
                return ExitCode.STOPPED
            except (StateError, LeaseLost) as error:
                if signals.runner is None or at_hand is None:
                    raise
                ways_on = onward(world, at_hand.row, at_hand.plan)
                return say_cut_off(error, at_hand.plan, signals.runner.state, ways_on)


def _told(ran: tuple[Prepared, State] | None, rollout: RolloutFile, world: World) -> int:
    """Print how the run ended; return the exit code."""
    if ran is None:
        click.echo("not started; nothing was touched")
        return ExitCode.STOPPED
    prepared, state = ran
    now, wall = world.clock.now(), world.clock.wall()
    ways_on = onward(world, prepared.row, prepared.plan)
    say(*summary(prepared.plan, state, rollout.settings, now, wall, ways_on))
    return state.finished.exit_code if state.finished is not None else ExitCode.STOPPED
