"""`run`, `rehearse` and `rollback`: what they take, and exit with the right code."""

import sys
<<<<<<< HEAD
from collections.abc import Callable
=======
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
>>>>>>> windows
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from controller import bootstrap
from controller.cli import complain, options
from controller.cli.ask import is_terminal
from controller.cli.by_name import by_name
from controller.cli.fit import keep_secret
<<<<<<< HEAD
from controller.cli.running import Given, run_to_its_end
from controller.config import load
=======
from controller.cli.narrator import Narrating, narrator_for
from controller.cli.reasons import windows_ignored
from controller.cli.refused import Told, told_of_refusal
from controller.cli.say import fitted_report, say, say_last, until_taken
from controller.cli.signals import Signals
from controller.config import RolloutFile, load
from controller.core.outcome import ExitCode
>>>>>>> windows
from controller.core.plan.plan import Purpose
from controller.errors import UsageFault
from controller.lifecycle import RunOptions

F = TypeVar("F", bound=Callable[..., Any])


@click.command()
@options.named_file
@options.sets
@options.option("--yes", is_flag=True, help="Do not ask. Required without a terminal.")
@options.only
@options.canaries_only
@options.option("--step", is_flag=True, help="Ask before each member.")
@options.option("--override", metavar="GATE", multiple=True, help="Ignore this gate when it fails.")
@options.why
@options.ignore_windows
@options.option("--new", is_flag=True, help="Start a new rollout and abandon an unfinished one.")
@options.verbose
@options.unattended
@options.telemetry
@options.state
@options.log_format
def run(file: Path, yes: bool, log_format: str, **given: Any) -> None:
    """Upgrade the pool that FILE describes, one member at a time.

    Resumes a rollout that was cut off by a crash or a signal.
    """
    start("run", file, _run_options(given), yes=yes, log_format=log_format, given=given)


def _less(command: F) -> F:
    """The options that a rehearsal and a rollback share with `run`."""
    for add in (
        options.log_format,
        options.state,
        options.telemetry,
        options.unattended,
        options.verbose,
        options.option("--step", is_flag=True, help="Ask before each member."),
        options.why,
        options.only,
        options.option("--yes", is_flag=True, help="Do not ask. Required without a terminal."),
        options.sets,
        options.named_file,
    ):
        command = add(command)
    return command


@click.command()
@_less
@options.ignore_windows
def rehearse(file: Path, yes: bool, log_format: str, **given: Any) -> None:
    """Take every member of FILE out and back under live traffic, without upgrading."""
    run_options = RunOptions(
        options.names(given["only"]),
        stepwise=given["step"],
<<<<<<< HEAD
=======
        ignores_windows=windows_ignored("rehearse", given),
>>>>>>> windows
        purpose=Purpose.REHEARSAL,
        **options.order(given),
        is_verbose=given["verbose"],
        ignores_windows=_ignored("rehearse", given),
    )
    start("rehearse", file, run_options, yes=yes, log_format=log_format, given=given)


@click.command()
@_less
@options.option("--all", is_flag=True, help="Every member, and to what `rollback.vars` says.")
def rollback(file: Path, yes: bool, log_format: str, **given: Any) -> None:
    """Roll the pool of FILE back to the former version, with the same care and gates.

    Abandons an unfinished upgrade. Touches only members that the last upgrade changed, and refuses
    another version than the journal knows that they ran before.
    """
    run_options = RunOptions(
        options.names(given["only"]),
        stepwise=given["step"],
        purpose=Purpose.ROLLBACK,
        **options.order(given),
        is_of_all=given["all"],
        is_verbose=given["verbose"],
    )
    start("rollback", file, run_options, yes=yes, log_format=log_format, given=given)


def start(
    verb: str,
    file: Path,
    run_options: RunOptions,
    *,
    yes: bool,
    log_format: str,
    given: dict[str, Any],
) -> NoReturn:
    """Load FILE, run it, and exit with its exit code."""
    if not is_terminal() and not yes:
        raise UsageFault(f"{verb}: there is no terminal to ask for confirmation; add --yes")
    if given["quiet"] and not yes:
        raise UsageFault(f"{verb} --quiet: it would ask without showing the plan; add --yes")
    if run_options.stepwise and not is_terminal():
        raise UsageFault(f"{verb} --step: there is no terminal to ask at")
    file, sets = by_name(verb, file, given["state"], options.pairs(given["set"]))
    options.must_stay(verb, file)
    rollout = load(
        file,
        sets,
        only=run_options.only,
        canaries_only=run_options.canaries_only,
    )
    complain.as_json(is_wanted=log_format == "json", rollout=rollout.settings.name)
    if run_options.purpose is not Purpose.REHEARSAL:
        rollout.refuse_placeholder()
    keep_secret(bootstrap.secrets_in(rollout))
    place = bootstrap.state_place(given["state"], rollout.state)
    ways = options.ways_out(given)
    notes = bootstrap.about_state(given["state"], place, rollout.settings)
    told = Given(ways, notes, yes, given["quiet"], log_format, given["deadline"])
    sys.exit(bootstrap.run(run_to_its_end(rollout, run_options, place, told)))


def _run_options(given: dict[str, Any]) -> RunOptions:
    overrides, order = given["override"], options.order(given)
    reason = order["reason"]
    if overrides and not reason.strip():
        raise UsageFault("run --override: give a reason with --reason; it is kept in the journal")
    return RunOptions(
        only=options.names(given["only"]),
        canaries_only=given["canaries_only"],
        stepwise=given["step"],
        overrides=dict.fromkeys(overrides, reason),
        new=given["new"],
<<<<<<< HEAD
        **order,
        is_verbose=given["verbose"],
        ignores_windows=_ignored("run", given),
    )


def _ignored(verb: str, given: dict[str, Any]) -> str:
    """The reason to run outside of the windows; empty: they hold."""
    reason: str = (given["reason"] or "").strip()
    if given["ignore_windows"] and not reason:
        raise UsageFault(
            f"{verb} --ignore-windows: give a reason with --reason; it is kept in the journal"
        )
    return reason if given["ignore_windows"] else ""
=======
        ignores_windows=windows_ignored("run", given),
    )


@dataclass(frozen=True, slots=True)
class _Given:
    """What a run was told beside what it is to do."""

    ways: OutletOptions
    notes: Sequence[str]
    yes: bool
    quiet: bool
    log_format: str
    deadline: timedelta | None


async def _run(
    rollout: RolloutFile, run_options: RunOptions, place: bootstrap.StatePlace, given: _Given
) -> int:
    name, clock = rollout.settings.name, bootstrap.clock()
    secrets = bootstrap.secrets_in(rollout)
    narrator = narrator_for(
        name, clock, given.log_format, asks=run_options.stepwise, quiet=given.quiet
    )
    if given.log_format == "json":
        bootstrap.kubernetes.tell_to(narrator.warn)
    bootstrap.tell_to(narrator.note)
    running = bootstrap.commands(place, secrets)
    notices = bootstrap.notices(rollout, running, narrator.warn, is_beginning=True)
    async with contextlib.AsyncExitStack() as stack:
        signals = stack.enter_context(Signals())
        await stack.enter_async_context(ended_by(given.deadline, clock, signals))
        stack.push_async_callback(until_taken, clock, lambda: signals.count > 0)
        stack.callback(narrator.stop)
        begun = _Begun(narrator, notices, signals)
        try:
            async with contextlib.AsyncExitStack() as told:
                await told.enter_async_context(notices)
                if given.yes:  # else somebody is at the terminal, and sees it
                    await told.enter_async_context(
                        told_of_refusal(name, notices, signals, clock, secrets)
                    )
                return await _with_state(rollout, run_options, place, given, begun)
        except Told as refused:
            return refused.code
        except asyncio.CancelledError:
            if signals.name is None:
                raise
            say_last(f"stopped ({signals.name}); nothing was touched")
            return ExitCode.STOPPED


@dataclass(frozen=True, slots=True)
class _Begun:
    """Who hears of a run once it has begun."""

    narrator: Narrating
    notices: NoticeSender
    signals: Signals

    def __call__(self, runner: Runner) -> None:
        self.signals.hand_to(runner)
        self.narrator.start()


async def _with_state(
    rollout: RolloutFile,
    run_options: RunOptions,
    place: bootstrap.StatePlace,
    given: _Given,
    begun: _Begun,
) -> int:
    narrator, notices, signals = begun.narrator, begun.notices, begun.signals
    async with contextlib.aclosing(bootstrap.open_state(place, create=True)) as store:
        ports = bootstrap.ports(rollout, place, store, bootstrap.secrets_in(rollout))
        name = rollout.settings.name
        ports = replace(ports, tell=narrator.warn)
        meter = bootstrap.meter(name, given.ways, narrator.warn)
        confirm = Confirmation(
            ports,
            run_options.overrides,
            narrator,
            notices,
            meter,
            notes=given.notes,
            yes=given.yes,
            quiet=given.quiet,
        )
        try:
            async with meter, meter.told_of_refusals(name):
                ran = await run_session(
                    ports,
                    rollout,
                    run_options,
                    confirm=confirm,
                    narrators=[narrator, notices, meter],
                    questions=TerminalQuestions(),
                    on_start=begun,
                )
                narrator.stop()
                signals.over(notices.give_up)
                return _told(ran, rollout, ports, signals.runner, quiet=given.quiet)
        except (StateError, LeaseLost) as error:
            if signals.runner is None or confirm.prepared is None:
                raise
            plan, row = confirm.prepared.plan, confirm.prepared.row
            commands = next_commands(ports.folder, row, plan)
            return say_cut_off(error, plan, signals.runner.state, commands)


def _told(
    ran: tuple[Prepared, State] | None,
    rollout: RolloutFile,
    ports: Ports,
    runner: Runner | None,
    *,
    quiet: bool,
) -> int:
    """Print how the run ended, and then what was wrong with poolroll; return the exit code."""
    if ran is None:
        say_last("not started; nothing was touched")
        return ExitCode.STOPPED
    prepared, state = ran
    commands = next_commands(ports.folder, prepared.row, prepared.plan)

    def made() -> Sequence[str]:
        now, wall = ports.clock.now(), ports.clock.wall()
        made = brief if quiet else summary
        return made(prepared.plan, state, rollout.settings, now, wall, commands)

    lines, fault = lines_anyway(made, state, commands)
    bug = (runner.bug if runner is not None else None) or fault
    finished = state.finished
    told = () if finished is None else finished.told  # as the journal has it
    code = finished.exit_code if finished is not None else ExitCode.STOPPED
    code = ExitCode.BUG if bug is not None else code
    last_words.note(f"rollout {prepared.row.id}", *(told or lines))
    last_words.leave(code)  # who waits for notices meanwhile may be killed
    say(*fitted_report(lines))
    return tell_bug(bug) if bug is not None else code
>>>>>>> windows
