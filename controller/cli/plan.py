"""`plan`: show everything a run would do, and every reason to refuse. Read-only."""

import contextlib
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from controller import bootstrap
from controller.cli import options
from controller.cli.by_name import by_name
from controller.cli.details import Details, details
from controller.cli.fit import keep_secret
from controller.cli.say import fitted
from controller.cli.show import show, show_json
from controller.config import RolloutFile, load
from controller.config.sections.upgrade import STILL_THERE
from controller.core.events import Answer
from controller.core.outcome import ExitCode
from controller.errors import ConfigurationError
from controller.lifecycle import DryRun, Findings, RunOptions, dry_run
from controller.preflight.forecast import forecast_lines
from controller.report.alike import reasons_in_short
from controller.report.plan.hosts import host_lines
from controller.report.plan.json import PlanValue
from controller.report.plan.text import going_on, plan_text
from controller.secrets import Secrets


@click.command()
@options.named_file
@options.sets
@options.only
@options.canaries_only
@options.this_machine
@options.ignore_windows
@options.as_json
@options.state
@options.verbose
def plan(file: Path, json: bool, state: str | None, verbose: bool, **given: Any) -> None:
    """Show what a run of FILE would do. Changes nothing."""
    only = options.names(given["only"])
    canaries_only = given["canaries_only"]
    file, sets = by_name("plan", file, state, options.pairs(given["set"]))
    rollout = load(file, sets, only=only, canaries_only=canaries_only)
    run_options = RunOptions(
        only=only,
        canaries_only=canaries_only,
        this_machine=given["this_machine"],
        ignores_windows="a run needs --reason as well" if given["ignore_windows"] else "",
    )
    place = bootstrap.state_place(state, rollout.state)
    secrets = bootstrap.secrets_in(rollout)
    keep_secret(secrets)
    dry = bootstrap.run(_dry_run(rollout, place, run_options, secrets))
    dry.findings.notes += bootstrap.about_state(state, place, rollout.settings)
    unheard, notes = bootstrap.unheard(rollout, bootstrap.commands(place))
    dry.findings.refusals += unheard
    dry.findings.notes += (f"a run from here would be refused: {note}" for note in notes)
    dry.findings.refusals += bootstrap.unusable(place)
    code = ExitCode.REFUSED if dry.findings.refusals else ExitCode.DONE
    try:
        rollout.refuse_placeholder()
    except ConfigurationError as error:
        rollout = _without_its_doubt(rollout)
        dry.findings.refusals.insert(0, str(error))
        code = ExitCode.USAGE  # as `run` does, before it looks at anything
    if json:
        show_json(_value(rollout, dry, is_verbose=verbose).model_dump(mode="json"))
    else:
        show("\n".join(fitted(_text(rollout, dry, is_verbose=verbose))))
    sys.exit(code)


def _without_its_doubt(rollout: RolloutFile) -> RolloutFile:
    """What is refused is not told as a note as well."""
    left = tuple(one for one in rollout.settings.warnings if STILL_THERE not in one)
    return replace(rollout, settings=replace(rollout.settings, warnings=left))


async def _dry_run(
    rollout: RolloutFile, place: bootstrap.StatePlace, run_options: RunOptions, secrets: Secrets
) -> DryRun:
    async with contextlib.AsyncExitStack() as stack:
        store = None
        if await bootstrap.has_state(place):
            opened = bootstrap.read_state(place)
            store = await stack.enter_async_context(contextlib.aclosing(opened))
        ports = bootstrap.read_ports(rollout, place, store, secrets)
        ports = replace(ports, tell=partial(show, err=True))
        dry = await dry_run(ports, rollout, run_options)
        refusals, notes = await bootstrap.unpermitted(rollout, place)
        dry.findings.refusals += refusals
        dry.findings.notes += notes
        return dry


def _text(rollout: RolloutFile, dry: DryRun, *, is_verbose: bool) -> list[str]:
    seen = dry.findings
    lines: list[str] = []
    if (former := seen.former) is not None:
        lines += [*going_on(former.plan, former.row, former.state), ""]
    notes = [*seen.notes, *_guard_notes(seen)]
    if seen.left is not None:
        more = forecast_lines(seen.left, dry.ahead) if dry.ahead is not None else []
        shown = details(rollout, seen, seen.left, is_verbose=is_verbose)
        lines += plan_text(
            seen.left,
            rollout.settings,
            notes,
            seen.gates,
            more,
            whole=seen.whole,
            aside=seen.aside,
            present=shown.present,
            versions=shown.versions,
            work=shown.work,
            hosts=host_lines(seen.hosts, is_verbose=is_verbose),
            through=shown.through,
        )
    elif notes:
        lines += ["notes", *(f"  {note}" for note in notes)]
    if seen.refusals:
        lines += ["", "REFUSED, nothing would be touched:"] if lines else ["REFUSED:"]
        short = reasons_in_short(seen.refusals, seen.called, is_verbose=is_verbose)
        lines += [f"  {reason}" for reason in short]
    return lines


def _guard_notes(seen: Findings) -> list[str]:
    """Of members where nothing is to be done: what an earlier rollout left out is not skipped."""
    present = [name for name, (answer, _) in seen.unless.items() if answer is Answer.PRESENT]
    ours = seen.survey.ours if seen.survey is not None else {}
    skipped = [name for name in present if name not in ours]
    back = [name for name in present if name in ours]
    return [
        *([f"already there, would be skipped: {', '.join(skipped)}"] * bool(skipped)),
        *([f"already there, would be validated and returned: {', '.join(back)}"] * bool(back)),
    ]


def _value(rollout: RolloutFile, dry: DryRun, *, is_verbose: bool) -> PlanValue:
    seen, ahead = dry.findings, dry.ahead
    shown = Details()
    if seen.left is not None:
        shown = details(rollout, seen, seen.left, is_verbose=is_verbose)
    former = seen.former
    return PlanValue.of(
        rollout.settings.name,
        seen.left,
        refusals=seen.refusals,
        notes=[*seen.notes, *rollout.settings.warnings],
        gates=seen.gates,
        unless=seen.unless,
        replies=seen.replies,
        ahead=None if ahead is None else (ahead.traffic, ahead.losses, ahead.loads, ahead.expected),
        aside=seen.aside,
        former=None if former is None else (former.row, former.plan, former.state),
        present=shown.present,
        variables=shown.variables,
        before=seen.before,
        works=shown.works,
        hosts=seen.hosts,
    )
