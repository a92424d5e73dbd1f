"""Samples and probes for the gates of a rollout file, with templates filled."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Final

from controller.config import RolloutFile
from controller.config.stand_in import stand_in
from controller.core.gates.evidence import Query
from controller.core.gates.gate import Gate, MetricGate
from controller.core.plan.plan import Plan
from controller.core.pool import Member
from controller.core.pool.copies import replace
from controller.core.steps import Course
from controller.lifecycle.options import Ports, Prepared
from controller.preflight.gates import GateNow, ask_gates
from controller.runner.prober import Prober
from controller.runner.sampler import Sampler, Sources
from controller.tasks import HttpProbe, Validation, ValidationResult

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
PATIENCE: Final = timedelta(seconds=5)
"""With a member that answers a probe."""


def prober_of(ports: Ports, prepared: Prepared, who: Who) -> Prober:
    """Sends probes for a gate, whose result does not matter: the metrics show it, as they do for
    users; and requests of our own, whose result is judged."""
    file, rollout, purpose = prepared.file, prepared.row.id, prepared.plan.purpose

    async def probe(gate: Gate, member: str, every: timedelta) -> None:
        asked = file.probe(gate, who(member), rollout)
        await ports.validator.validate((marked(asked, rollout, every),))

    async def own(member: str, course: Course) -> ValidationResult:
        asked = stand_in(file, purpose.meant_by(course), who(member), rollout)
        return await ports.validator.validate((marked(asked, rollout, PATIENCE),))

    return Prober(probe, own)


def marked(asked: HttpProbe, rollout: str, every: timedelta) -> Validation:
    """One request that says whose it is. A member that answers later than the next is due is
    waited for: a request that is given up is no evidence."""
    probe = replace(asked, headers={PROBE_HEADER: rollout, **asked.headers})
    limit = max(every, PATIENCE)
    return Validation(probe, within=limit, every=limit)
