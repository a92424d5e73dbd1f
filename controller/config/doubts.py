"""What is questionable in a rollout file, but not wrong."""

from collections.abc import Iterator
from datetime import timedelta
from math import ceil

from controller.config.doors import is_loopback
from controller.config.gates import GateSection
from controller.config.places import printable
from controller.config.rollout import Rollout
from controller.config.scalars import MAX_COUNT, amount, duration, percentage
from controller.config.templating import mentions

_SLACK = 1e-9
"""For ratios that binary fractions only come near to."""
_ONLY_FOR = {
    "confidence": "exact",
    "min_errors": "exact",
    "min_requests": "threshold",
}


def doubts_about(rollout: Rollout) -> tuple[str, ...]:
    """One line each, as `path: what is questionable`."""
    return (*_pool(rollout), *_work(rollout), *_gates(rollout))


def _pool(rollout: Rollout) -> Iterator[str]:
    for index, door in enumerate(rollout.pool.haproxy.apis):
        if not is_loopback(door):
            yield (
                f"pool.haproxy.apis[{index}]: {printable(door)} is off this machine: "
                "a Runtime API has no password, whoever reaches the port rules the load balancer"
            )
    expect = rollout.pool.members.expect
    limit = amount(rollout.pool.max_unavailable)
    if expect is not None and expect > 1 and limit.rounded_down(expect) >= expect:
        yield f"pool.max_unavailable: {limit} of {expect} members may all be out at the same time"


def _work(rollout: Rollout) -> Iterator[str]:
    if not rollout.validations:
        yield (
            "validate: nothing is validated from outside before users meet an upgraded member; "
            "only the load balancer's own health check stands between"
        )
    if duration(rollout.comeback.hold) > timedelta(0):
        yield "return.hold: has no effect without a ramp"
    if rollout.rollback is None:
        return
    for index, entry in enumerate(rollout.validations):
        expected = entry.http.contains if entry.http else None
        for mention in mentions(expected or ""):
            name = (mention.name or "").removeprefix("vars.")
            if name in rollout.vars and name not in rollout.rollback.vars:
                yield (
                    f"validate[{index}].http.contains: ${{vars.{name}}} means the same while "
                    "rolling back; if it is the new version, give the former in rollback.vars"
                )


def _gates(rollout: Rollout) -> Iterator[str]:
    if not rollout.gates:
        yield "gates: NO GATES: no error rate stops this rollout"
    for index, gate in enumerate(rollout.gates):
        yield from (f"gates[{index}].{line}" for line in _gate(gate))


def _gate(gate: GateSection) -> Iterator[str]:
    ratio = percentage(gate.max) / 100
    if ratio == 1:
        yield "max: 100% of errors is fine for this gate: it never fails"
    if gate.test == "threshold" and gate.min_requests * ratio < 1 - _SLACK:
        needed = ceil(1 / ratio - _SLACK) if ratio else MAX_COUNT + 1
        mend = f"min_requests: {needed} or " if needed <= MAX_COUNT else ""
        yield (
            f"test: one single error in {gate.min_requests} requests is more than {gate.max} and "
            f"trips this gate; write {mend}test: exact"
        )
    for key, test in _ONLY_FOR.items():
        if key in gate.model_fields_set and gate.test != test:
            yield f"{key}: has no effect with test: {gate.test}"
    if "window" in gate.model_fields_set and gate.haproxy.scope == "member":
        yield "window: has no effect on a member: what is judged is all since its return"
