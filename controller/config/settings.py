"""Models → the values that the core decides by."""

from collections.abc import Mapping, Sequence

from controller.config import scalars
from controller.config.gates import GateSection
from controller.config.rollout import Rollout
from controller.config.templating import fill
from controller.core.settings import (
    DrainPolicy,
    Gate,
    HaproxyPool,
    OnFailure,
    OnTimeout,
    Policies,
    ReturnPolicy,
    Scope,
    Selection,
    Settings,
    Test,
    Then,
)


def settings_of(
    rollout: Rollout,
    variables: Mapping[str, str],
    *,
    only: Sequence[str],
    canaries_only: bool,
    warnings: tuple[str, ...],
) -> Settings:
    """`variables`: those of the file, after `--set`."""
    known = {"rollout.name": rollout.name, **{f"vars.{k}": v for k, v in variables.items()}}
    haproxy = rollout.pool.haproxy
    members = rollout.pool.members
    return Settings(
        name=rollout.name,
        pool=HaproxyPool(tuple(haproxy.apis), tuple(haproxy.backends)),
        selection=Selection(
            include=tuple(members.include),
            exclude=tuple(members.exclude),
            expect=members.expect,
            canaries=tuple(rollout.pool.canaries),
            only=tuple(only),
            canaries_only=canaries_only,
        ),
        policies=_policies(rollout),
        owner=fill(rollout.owner or "", known),
        runbook=fill(rollout.runbook or "", known),
        vars=dict(variables),
        warnings=warnings,
    )


def _policies(rollout: Rollout) -> Policies:
    pool, drain, comeback = rollout.pool, rollout.drain, rollout.comeback
    floor = pool.min_available
    return Policies(
        max_unavailable=scalars.amount(pool.max_unavailable),
        min_available=None if floor is None else scalars.amount(floor),
        wait_for_capacity=scalars.duration(pool.wait_for_capacity),
        lost_after=scalars.duration(pool.haproxy.lost_after),
        drain=DrainPolicy(
            timeout=scalars.duration(drain.timeout),
            sticky=scalars.duration(drain.sticky),
            on_timeout=OnTimeout(drain.on_timeout),
        ),
        comeback=ReturnPolicy(
            within=scalars.duration(comeback.within), hold=scalars.duration(comeback.hold)
        ),
        soak=scalars.duration(rollout.soak),
        gates=tuple(map(gate_of, rollout.gates)),
        on_failure=OnFailure(rollout.on_failure),
    )


def gate_of(section: GateSection) -> Gate:
    return Gate(
        name=section.name,
        scope=Scope(section.haproxy.scope),
        maximum=scalars.percentage(section.max) / 100,
        test=Test(section.test),
        every=scalars.duration(section.every),
        confidence=scalars.confidence(section.confidence),
        min_errors=section.min_errors,
        min_requests=section.min_requests,
        window=scalars.duration(section.window),
        failures=section.failures,
        hold=scalars.duration(section.inconclusive.hold),
        then=Then(section.inconclusive.then),
    )
