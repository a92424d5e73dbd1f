"""The metrics systems that a rollout file names, asked with templates filled."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from controller.config import RolloutFile
from controller.core.gates.evidence import Query
from controller.core.gates.gate import Gate, MetricGate
from controller.core.plan.plan import Plan
from controller.errors import Refused, UsageFault
from controller.lifecycle.options import Prepared, Wishes, World
from controller.preflight.gates import ask_gates, intervals_of
from controller.runner.sampler import Sampler, Sources
from controller.runner.watchers import Prober
from controller.tasks import Validation


def sampler_of(sources: Sources, file: RolloutFile, plan: Plan, rollout: str) -> Sampler:
    """Asks the metrics systems of `file`, templates filled for the members of `plan`."""
    members = {member.name: member for member in plan.members}

    def queries(gate: MetricGate, member: str | None, window: timedelta) -> dict[Query, str]:
        about = members[member] if member is not None else None
        return file.queries(gate, about, rollout, window)

    return Sampler(sources, file.servers, queries)


async def check_gates(
    world: World, file: RolloutFile, plan: Plan, wishes: Wishes
) -> dict[str, timedelta]:
    """Ask every gate on a metrics system once, before anything is touched: gate → its scrape
    interval, where it is known. Raises UsageFault for a query that can never work, Refused for
    evidence that cannot be had."""
    gates = [gate for gate in plan.policies.gates if gate.name not in wishes.overrides]
    sampler = sampler_of(world.sources, file, plan, "check")
    try:
        found = await ask_gates(gates, plan.members[0].name, sampler)
    finally:
        await sampler.aclose()
    faults = [f"gate {one.gate.name!r}: {fault}" for one in found for fault in one.faults]
    if faults:
        raise UsageFault("\n".join(faults))
    if refusals := [one.refusal for one in found if one.refusal is not None]:
        raise Refused(*refusals)
    return intervals_of(found)


PROBE_HEADER: Final = "X-Poolroll-Probe"


def prober_of(world: World, prepared: Prepared) -> Prober:
    """What a probe meets does not matter: the metrics tell, as they do for users."""
    members = {member.name: member for member in prepared.plan.members}
    file, rollout = prepared.found.file, prepared.row.id

    async def probe(gate: Gate, member: str, every: timedelta) -> None:
        asked = file.probe(gate, members[member], rollout)
        marked = replace(asked, headers={PROBE_HEADER: rollout, **asked.headers})
        await world.validator.validate((Validation(marked, within=every, every=every),))

    return probe
