"""Samples and probes for the gates of a rollout file, with templates filled."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from controller.config import RolloutFile
from controller.core.gates.evidence import Query
from controller.core.gates.gate import Gate, MetricGate
from controller.core.plan.plan import Plan
from controller.core.pool import Member
from controller.lifecycle.options import Ports, Prepared
from controller.preflight.gates import GateNow, ask_gates
from controller.runner.sampler import Sampler, Sources
from controller.runner.watchers import Prober
from controller.tasks import Validation

Who = Callable[[str], Member]
"""A member by its name, as the machine that is there now."""


def planned(plan: Plan) -> Who:
    """As the plan has them."""
    return {member.name: member for member in plan.members}.__getitem__


def sampler_of(sources: Sources, file: RolloutFile, who: Who, rollout: str) -> Sampler:
    """Queries the metrics systems of `file`, with templates filled for a member."""

    def queries(gate: MetricGate, member: str | None, window: timedelta) -> dict[Query, str]:
        about = who(member) if member is not None else None
        return file.queries(gate, about, rollout, window)

    return Sampler(sources, file.servers, queries)


async def metric_gates_now(
    sources: Sources, file: RolloutFile, plan: Plan, gates: Iterable[Gate]
) -> list[GateNow]:
    """Sample the gates on metrics and alerts once, before anything is touched."""
    sampler = sampler_of(sources, file, planned(plan), "plan")
    try:
        return await ask_gates(gates, plan.members[0].name, sampler)
    finally:
        await sampler.aclose()


PROBE_HEADER: Final = "X-Poolroll-Probe"


def prober_of(ports: Ports, prepared: Prepared, who: Who) -> Prober:
    """Sends probes. Their result does not matter: the metrics show it, as they do for users."""
    file, rollout = prepared.file, prepared.row.id

    async def probe(gate: Gate, member: str, every: timedelta) -> None:
        asked = file.probe(gate, who(member), rollout)
        marked = replace(asked, headers={PROBE_HEADER: rollout, **asked.headers})
        await ports.validator.validate((Validation(marked, within=every, every=every),))

    return probe
