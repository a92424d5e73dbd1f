"""`plan`: read-only; everything a run would do, and every reason to refuse."""

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import Any

import click

from controller import bootstrap
from controller.cli import options
from controller.cli.main import EXIT_REFUSED
from controller.config import RolloutFile, load
from controller.core.events import Answer
from controller.core.plan import Purpose
from controller.errors import UsageFault
from controller.evidence import GateNow, ask_gates, intervals_of
from controller.preflight import Survey, ask_guards, gates_now, reach, survey
from controller.prospect import Prospect, last_commands, look_ahead, prospect_lines
from controller.report.plan_value import PlanValue
from controller.report.proposal import plan_text
from controller.session import sampler_of


@click.command()
@options.rollout_file
@options.sets
@options.as_json
@options.state
def plan(file: Path, json: bool, state: str | None, **given: Any) -> None:
    """Show what a run of FILE would do. Changes nothing."""
    rollout = load(file, options.pairs(given["set"]))
    sys.exit(asyncio.run(_plan(rollout, bootstrap.state_folder(state), as_json=json)))


async def _plan(rollout: RolloutFile, folder: Path, *, as_json: bool) -> int:
    balancer = bootstrap.balancer(rollout.settings)
    reached = await reach(balancer)
    commands = None
    if bootstrap.exists(folder):
        opened = bootstrap.open_state(folder, create=False)
        with contextlib.closing(opened) as journal:
            found = survey(rollout, reached, journal)
            commands = last_commands(journal, rollout.settings.name, Purpose.UPGRADE)
    else:
        found = survey(rollout, reached, None)
    guards, gates, asked = await asyncio.gather(
        ask_guards(found, bootstrap.commands(folder)),
        gates_now(found, balancer, bootstrap.clock()),
        _metric_gates(found),
    )
    ahead = None
    if (proposed := found.proposal.plan) is not None:
        ahead = await look_ahead(
            found,
            proposed,
            balancer,
            bootstrap.clock(),
            commands=commands,
            intervals=intervals_of(asked),
        )
    gates |= {one.gate.name: one.words for one in asked}
    refusals = [*found.proposal.refusals, *filter(None, (one.refusal for one in asked))]
    refusals += [
        f"{name}: {detail}" for name, (answer, detail) in guards.items() if answer is Answer.REFUSED
    ]
    if as_json:
        click.echo(_value(found, guards, gates, refusals, ahead).model_dump_json(indent=2))
    else:
        _print(found, guards, gates, refusals, ahead)
    return EXIT_REFUSED if refusals else 0


async def _metric_gates(found: Survey) -> list[GateNow]:
    """Raises UsageFault for a query that can never work."""
    plan = found.proposal.plan
    if plan is None:
        return []
    sampler = sampler_of(bootstrap.metrics, found.file, plan, "plan")
    try:
        asked = await ask_gates(plan.policies.gates, plan.members[0].name, sampler)
    finally:
        await sampler.aclose()
    faults = [f"gate {one.gate.name!r}: {fault}" for one in asked for fault in one.faults]
    if faults:
        raise UsageFault("\n".join(faults))
    return asked


def _print(
    found: Survey,
    guards: dict[str, tuple[Answer, str]],
    gates: dict[str, str],
    refusals: list[str],
    ahead: Prospect | None,
) -> None:
    if (proposed := found.proposal.plan) is not None:
        notes = [*found.proposal.notes, *_guard_notes(guards)]
        more = prospect_lines(proposed, ahead) if ahead is not None else []
        click.echo("\n".join(plan_text(proposed, found.file.settings, notes, gates, more)))
    if refusals:
        click.echo("\nREFUSED, nothing would be touched:" if found.proposal.plan else "REFUSED:")
        click.echo("\n".join(f"  {reason}" for reason in refusals))


def _guard_notes(guards: dict[str, tuple[Answer, str]]) -> list[str]:
    present = [name for name, (answer, _) in guards.items() if answer is Answer.PRESENT]
    return [f"already there, would be skipped: {', '.join(present)}"] if present else []


def _value(
    found: Survey,
    guards: dict[str, tuple[Answer, str]],
    gates: dict[str, str],
    refusals: list[str],
    ahead: Prospect | None,
) -> PlanValue:
    return PlanValue.of(
        found.file.settings.name,
        found.proposal.plan,
        refusals=refusals,
        notes=[*found.proposal.notes, *found.file.settings.warnings],
        gates=gates,
        unless=guards,
        ahead=None if ahead is None else (ahead.traffic, ahead.losses, ahead.loads, ahead.expected),
    )
