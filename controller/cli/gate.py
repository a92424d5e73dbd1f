"""`gate`: evaluate the gates without a rollout, to tune their limits."""

import asyncio
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click

from controller import bootstrap
from controller.cli import options
from controller.cli.by_name import by_name
from controller.cli.fit import keep_secret
from controller.cli.show import show, show_json
from controller.config import RolloutFile, load
from controller.core.events import Verdict
from controller.core.gates.gate import CounterGate, TimingGate
from controller.core.gates.limit import limit
from controller.core.outcome import ExitCode
from controller.core.plan.plan import Plan
from controller.errors import Refused, UsageFault
from controller.lifecycle import planned, sampler_of
from controller.preflight.compared import compared_now
from controller.preflight.gates import GateNow, ask_gates, gates_now
from controller.preflight.survey import reach, survey
from controller.report.plan.checks_json import GatesValue, GateValue
from controller.report.times import typed

AGAIN: Final = timedelta(seconds=1)


@click.command()
@options.named_file
@options.sets
@options.option("--member", metavar="NAME", help="The member for gates with scope member.")
@options.option("--at", metavar="TIME", help="A time in the past, ISO 8601. Default: now.")
@options.option("--watch", is_flag=True, help="Repeat until interrupted.")
@options.as_json
@options.state
def gate(file: Path, at: str | None, **given: Any) -> None:
    """Evaluate the gates of FILE and explain each verdict. Changes nothing.

    Exit code 0: all pass; 4: one fails; 3: one is inconclusive, or none could be asked; 2: a query
    can never work. HAProxy's own counters are read for a second: a quiet one is no reason for 3.
    """
    if at is not None and given["watch"]:
        raise UsageFault("gate: --at is a time in the past; it cannot be combined with --watch")
    file, sets = by_name("gate", file, given["state"], options.pairs(given["set"]))
    rollout = load(file, sets)
    question = Question(
        given["member"], None if at is None else moment(at), given["watch"], given["json"]
    )
    keep_secret(bootstrap.secrets_in(rollout))
    sys.exit(bootstrap.run(_gate(rollout, question)))


@dataclass(frozen=True, slots=True)
class Question:
    """What the command line asks."""

    member: str | None
    at: datetime | None
    is_repeated: bool
    as_json: bool


def moment(text: str) -> datetime:
    """A time in ISO 8601; without a zone it is UTC. Raises UsageFault."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise UsageFault(f"gate --at {text}: write it like 2026-11-22T14:03:00Z") from None
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


async def _gate(rollout: RolloutFile, question: Question) -> int:
    if not rollout.settings.policies.gates:
        raise Refused("the rollout file has no gates: errors would not stop a rollout")
    while True:
        code = await _once(rollout, question)
        if not question.is_repeated:
            return code
        if not question.as_json:
            show("")
        await bootstrap.clock().sleep(AGAIN)


async def _once(rollout: RolloutFile, question: Question) -> int:
    balancer = bootstrap.balancer(rollout.settings)
    found = await survey(rollout, await reach(balancer, rollout.settings.selection), None)
    plan = found.proposal.plan
    if plan is None:
        raise Refused(*found.proposal.refusals)
    about = question.member or plan.members[0].name
    if about not in {one.name for one in plan.members}:
        known = ", ".join(one.name for one in plan.members)
        raise UsageFault(f"gate --member {about}: no such member; the members are: {known}")
    asked = await _ask(rollout, plan, about, question.at)
    counted: list[GateNow] = []
    if question.at is None:
        gates, clock = plan.policies.gates, bootstrap.clock()
        members = sorted((one.name for one in plan.members), key=lambda name: name != about)
        for part in await asyncio.gather(
            gates_now(gates, found.views, balancer, clock),
            compared_now(gates, members, found.views, balancer, clock),
        ):
            counted += part
    elif not asked:
        left = ", ".join(gate.name for gate in plan.policies.gates)
        raise Refused(f"gate --at: of the past only queries can be asked, and this is none: {left}")
    code = _code(asked, counted)
    written = [gate.name for gate in plan.policies.gates]
    every = sorted((*asked, *counted), key=lambda one: written.index(one.gate.name))
    if question.as_json:
        values = [_value(one) for one in every]
        value = GatesValue(name=plan.name, gates=values, exit_code=code)
        show_json(value.model_dump(mode="json"), None if question.is_repeated else 2)
        return code
    for one in every:
        _explain(one)
    for name in written:
        if name not in {one.gate.name for one in every}:
            show(f"{name}: not asked: of the past only queries can be")
    return code


async def _ask(rollout: RolloutFile, plan: Plan, member: str, at: datetime | None) -> list[GateNow]:
    sampler = sampler_of(bootstrap.metrics, rollout, planned(plan), "gate")
    try:
        return await ask_gates(plan.policies.gates, member, sampler, at=at)
    finally:
        await sampler.aclose()


def _explain(one: GateNow) -> None:
    show(f"{one.gate.name}: {one.words}")
    if isinstance(one.gate, CounterGate | TimingGate):
        whom = f"{one.member} alone" if one.member else "the whole pool"
        show(f"  over the last seconds, for {whom}")
    if not isinstance(one.gate, CounterGate):
        show(f"  limit: {limit(one.gate)}")
    if one.sample is None:
        return
    for kind, text in one.sample.queries.items():
        show(f"  {kind}: {text}")
    if one.sample.evidence_at is not None:
        show(f"  evaluated at {typed(datetime.fromisoformat(one.sample.evidence_at))}")


def _code(asked: list[GateNow], counted: list[GateNow]) -> int:
    if any(one.faults for one in asked):
        return ExitCode.USAGE
    verdicts = {one.sample.verdict for one in asked if one.sample is not None}
    seen = {one.sample.verdict for one in counted if one.sample is not None}
    if Verdict.FAIL in verdicts | seen:
        return ExitCode.GATE
    return ExitCode.REFUSED if Verdict.INCONCLUSIVE in verdicts else 0


def _value(one: GateNow) -> GateValue:
    sample = one.sample
    return GateValue(
        name=one.gate.name,
        scope=str(one.gate.scope),
        member=one.member,
        verdict=None if sample is None else str(sample.verdict),
        reason="" if sample is None else sample.reason,
        limit=limit(one.gate),
        errors=None if sample is None else sample.errors,
        requests=None if sample is None else sample.total,
        value=None if sample is None else sample.value,
        queries={} if sample is None else dict(sample.queries),
        evaluated_at=None if sample is None else sample.evidence_at,
        faults=list(one.faults),
        counts=not isinstance(one.gate, CounterGate | TimingGate),
    )
