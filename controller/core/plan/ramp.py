"""What becomes of a ramp on the load balancers as they were found, before anything is touched."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from controller.core.plan.plan import Plan
from controller.core.pool import FoundLine, Line, LineKey


def without_ramp(plan: Plan) -> Plan:
    """Members come back at full weight at once."""
    policies = plan.policies
    comeback = replace(policies.comeback, ramp=())
    return replace(plan, policies=replace(policies, comeback=comeback))


def slope_notes(ramp: Sequence[int], static: Collection[str], lines: Sequence[Line]) -> list[str]:
    """Where a ramp is none, one line each. `ramp`: in per cent; `static`: backends known to take
    only 0 and 100 % of a weight; `lines`: of the members of the rollout."""
    if not ramp:
        return []
    if static:
        return [
            f"return.ramp is dropped: {', '.join(sorted(static))} balances by a static algorithm, "
            "which takes only none and all of a weight; members come back at full weight at once"
        ]
    flat: dict[tuple[str, int], list[str]] = {}
    for line in lines:
        was = FoundLine(LineKey("", line.backend), line.weight)
        if line.weight > 0 and all(was.weighing(share) == line.weight for share in ramp):
            names = flat.setdefault((line.backend, line.weight), [])
            names += [line.member] if line.member not in names else []
    return [
        f"{', '.join(names)} in {backend}: weight {weight}, of which no step of return.ramp is "
        "less: full weight at once; give the servers a greater weight, like 100"
        for (backend, weight), names in flat.items()
    ]
