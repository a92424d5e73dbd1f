"""`gate`: evaluates the gates, so that thresholds can be tuned before anything is at stake."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click

from controller import bootstrap
from controller.cli import options
from controller.cli.main import EXIT_REFUSED, EXIT_USAGE
from controller.config import RolloutFile, load
from controller.core.events import Verdict
from controller.core.gate import limit
from controller.core.plan import Plan
from controller.errors import Refused, UsageFault
from controller.evidence import GateNow, ask_gates, gates_now
from controller.preflight import reach, survey
from controller.session import sampler_of

EXIT_GATE: Final = 4
AGAIN: Final = timedelta(seconds=1)


@click.command()
@options.rollout_file
@options.sets
@options.option("--member", metavar="NAME", help="Whom a gate of the member in hand is about.")
@options.option("--at", metavar="TIME", help="A moment of the past, ISO 8601; default: now.")
@options.option("--watch", is_flag=True, help="Go on, until interrupted.")
def gate(file: Path, member: str | None, at: str | None, watch: bool, **given: Any) -> None:
    """Evaluate the gates of FILE and explain each verdict. Changes nothing.

    Exit code 0: all pass; 4: one fails; 3: one is inconclusive; 2: a query can never work.
    """
    if at is not None and watch:
        raise UsageFault("gate: --at is a moment of the past; it cannot be watched")
    rollout = load(file, options.pairs(given["set"]))
    sys.exit(asyncio.run(_gate(rollout, member, None if at is None else moment(at), watch)))


def moment(text: str) -> datetime:
    """A moment in ISO 8601; without a zone it is UTC. Raises UsageFault."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise UsageFault(f"gate --at {text}: write it like 2026-11-22T14:03:00Z") from None
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


async def _gate(rollout: RolloutFile, member: str | None, at: datetime | None, watch: bool) -> int:
    if not rollout.settings.policies.gates:
        raise Refused("the rollout file has no gates: nothing stops a rollout by itself")
    while True:
        code = await _once(rollout, member, at)
        if not watch:
            return code
        click.echo("")
        await bootstrap.clock().sleep(AGAIN)


async def _once(rollout: RolloutFile, member: str | None, at: datetime | None) -> int:
    balancer = bootstrap.balancer(rollout.settings)
    found = survey(rollout, await reach(balancer), None)
    plan = found.proposal.plan
    if plan is None:
        raise Refused(*found.proposal.refusals)
    about = member or plan.members[0].name
    if about not in {one.name for one in plan.members}:
        known = ", ".join(one.name for one in plan.members)
        raise UsageFault(f"gate --member {about}: no such member; they are: {known}")
    asked = await _ask(rollout, plan, about, at)
    if at is None:
        gates = plan.policies.gates
        for one in await gates_now(gates, found.views, balancer, bootstrap.clock()):
            click.echo(f"{one.gate.name}: {one.words}\n  over the last moment, in the whole pool")
    for one in asked:
        _explain(one)
    return _code(asked)


async def _ask(rollout: RolloutFile, plan: Plan, member: str, at: datetime | None) -> list[GateNow]:
    sampler = sampler_of(bootstrap.metrics, rollout, plan, "gate")
    try:
        return await ask_gates(plan.policies.gates, member, sampler, at=at)
    finally:
        await sampler.aclose()


def _explain(one: GateNow) -> None:
    click.echo(f"{one.gate.name}: {one.words}")
    click.echo(f"  limit: {limit(one.gate)}")
    if one.sample is None:
        return
    for kind, text in one.sample.queries.items():
        click.echo(f"  {kind}: {text}")
    if one.sample.evidence_at is not None:
        click.echo(f"  evaluated at {one.sample.evidence_at}")


def _code(asked: list[GateNow]) -> int:
    if any(one.faults for one in asked):
        return EXIT_USAGE
    verdicts = {one.sample.verdict for one in asked if one.sample is not None}
    if Verdict.FAIL in verdicts:
        return EXIT_GATE
    return EXIT_REFUSED if Verdict.INCONCLUSIVE in verdicts else 0
