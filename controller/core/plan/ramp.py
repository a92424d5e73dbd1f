"""Which ramp steps have an effect on these weights; checked before anything is touched."""

from collections.abc import Mapping, Sequence

from controller.core.plan.plan import Plan
from controller.core.pool import FoundLine, Line, LineKey
from controller.core.pool.copies import replace


def without_ramp(plan: Plan) -> Plan:
    """The plan without a ramp: members return at full weight."""
    policies = plan.policies
    comeback = replace(policies.comeback, ramp=())
    return replace(plan, policies=replace(policies, comeback=comeback))


def ramp_notes(
    ramp: Sequence[int], unweighted: Mapping[str, str], lines: Sequence[Line]
) -> list[str]:
    """Notes where the ramp has no effect. `ramp`: in per cent; `unweighted`: see `Abilities`;
    `lines`: of the members of the rollout."""
    if not ramp:
        return []
    if unweighted:
        return [
            f"return.ramp is dropped: {', '.join(b for b in unweighted if unweighted[b] == why)} "
            f"{why}; members come back at full weight at once"
            for why in dict.fromkeys(unweighted.values())
        ]
    flat: dict[tuple[str, int], list[str]] = {}
    for line in lines:
        was = FoundLine(LineKey("", line.backend), line.weight)
        if line.weight > 0 and all(was.weighing(share) == line.weight for share in ramp):
            names = flat.setdefault((line.backend, line.weight), [])
            names += [line.member] if line.member not in names else []
    return [
        f"{', '.join(names)} in {backend}: weight {weight}, no step of return.ramp is below it: "
        "full weight at once; give the servers a greater weight, such as 100"
        for (backend, weight), names in flat.items()
    ]
