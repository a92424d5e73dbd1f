"""Warnings: what is questionable in a rollout file, but valid."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from controller.config.checks.gate_doubts import gate_doubts
from controller.config.checks.leading import leading_doubts
from controller.config.checks.order_doubts import order_doubts
from controller.config.checks.outage_doubts import outage_doubts
from controller.config.checks.value_doubts import value_doubts
from controller.config.sections.gates import builtin_gates, written_gates
from controller.config.sections.rollout import Rollout
from controller.config.sections.upgrade import STILL_THERE, is_placeholder
from controller.config.text.places import printable
from controller.config.text.scalars import amount, duration
from controller.config.text.templating import mentions
from controller.pools.haproxy import is_loopback, parse_endpoint


def doubts_about(rollout: Rollout, sets: Mapping[str, str]) -> tuple[str, ...]:
    """One line each, as `path: what is questionable`."""
    return (
        *_pool(rollout),
        *order_doubts(rollout),
        *outage_doubts(rollout),
        *_work(rollout),
        *leading_doubts(rollout),
        *_gates(rollout),
        *value_doubts(rollout, sets),
    )


def _pool(rollout: Rollout) -> Iterator[str]:
    haproxy = rollout.pool.haproxy
    for index, api in enumerate(haproxy.apis if haproxy is not None else ()):
        if not is_loopback(parse_endpoint(api)):
            yield (
                f"pool.haproxy.apis[{index}]: {printable(api)} is not on this machine: "
                "a Runtime API has no password, so anyone who reaches the port controls the load "
                "balancer"
            )
    expect = rollout.pool.members.expect
    limit = amount(rollout.pool.max_unavailable)
    if expect is not None and expect > 1 and limit.rounded_down(expect) >= expect:
        yield f"pool.max_unavailable: {limit} of {expect} members may all be out at the same time"


def _work(rollout: Rollout) -> Iterator[str]:
    if is_placeholder(rollout.upgrade):
        yield f"upgrade.command: {STILL_THERE}; `plan` and `run` refuse until you replace it"
    if not rollout.validations:
        yield (
            "validate: no probe checks an upgraded member from outside before it serves users; "
            "only the load balancer's own health check does"
            if rollout.pool.haproxy is not None
            else "validate: no probe checks an upgraded member from outside before it serves "
            "users; only its readiness does"
        )
    ramp, hold = rollout.returning.ramp, duration(rollout.returning.hold)
    if hold > timedelta(0) and not ramp:
        yield "return.hold: has no effect without a ramp"
    if ramp and hold == timedelta(0):
        yield "return.ramp: without a hold the next step follows as soon as the gates allow it"
    if rollout.rollback is None and rollout.on_failure != "revert_member":
        return
    back = rollout.rollback.vars if rollout.rollback is not None else {}
    for index, entry in enumerate(rollout.validations):
        expected = entry.http.contains if entry.http else None
        for mention in mentions(expected or ""):
            name = (mention.name or "").removeprefix("vars.")
            if name in rollout.vars and name not in back:
                yield (
                    f"validate[{index}].http.contains: ${{vars.{name}}} is the same while "
                    "rolling back; if it is the new version, set the former one in rollback.vars"
                )


def _gates(rollout: Rollout) -> Iterator[str]:
    if not written_gates(rollout.gates) and not builtin_gates(rollout.gates):
        yield "gates: NO GATES: no error rate stops this rollout"
    for index, gate in enumerate(rollout.gates):
        yield from (f"gates[{index}].{line}" for line in gate_doubts(gate))
