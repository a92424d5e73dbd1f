"""`run`, `rehearse` and `rollback`: what they take, and exit with the right code."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from controller import bootstrap
from controller.cli import complain, options
from controller.cli.ask import is_terminal
from controller.cli.by_name import by_name
from controller.cli.fit import keep_secret
from controller.cli.reasons import windows_ignored
from controller.cli.running import Given, run_to_its_end
from controller.config import load
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
@options.this_machine
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
        purpose=Purpose.REHEARSAL,
        **options.order(given),
        is_verbose=given["verbose"],
        ignores_windows=windows_ignored("rehearse", given),
    )
    start("rehearse", file, run_options, yes=yes, log_format=log_format, given=given)


@click.command()
@_less
@options.this_machine
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
        this_machine=given["this_machine"],
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
    if run_options.stepwise and not is_terminal():  # --yes would not answer that
        raise UsageFault(f"{verb} --step: there is no terminal to ask at; leave out --step")
    if not is_terminal() and not yes:
        raise UsageFault(f"{verb}: there is no terminal to ask for confirmation; add --yes")
    if given["quiet"] and not yes:
        raise UsageFault(f"{verb} --quiet: it would ask without showing the plan; add --yes")
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
        this_machine=given["this_machine"],
        **order,
        is_verbose=given["verbose"],
        ignores_windows=windows_ignored("run", given),
    )
