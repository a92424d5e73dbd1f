"""Models → the settings of the core."""

from collections.abc import Mapping, Sequence

from controller.config.sections.quiet import quiet_of
from controller.config.sections.rollout import Rollout
from controller.config.text import scalars
from controller.config.text.templating import fill
from controller.config.values.filling import named
from controller.config.values.gate_values import gates_of, idle_of
from controller.config.values.metrics_servers import Servers
from controller.config.values.pools import lost_after_of, pool_of
from controller.core.gates.quiet import Quiet
from controller.core.settings import (
    Amount,
    DrainPolicy,
    OnFailure,
    OnTimeout,
    Order,
    Policies,
    ReturnPolicy,
    Selection,
    Settings,
)
from controller.redaction import blotted, discreet


def settings_of(
    rollout: Rollout,
    variables: Mapping[str, str],
    folder: str,
    *,
    only: Sequence[str],
    canaries_only: bool,
    warnings: tuple[str, ...],
) -> Settings:
    """`variables`: those of the file, after `--set`; `folder`: what its paths are relative to."""
    known = known_at_load(rollout, variables)
    members = rollout.pool.members
    return Settings(
        name=rollout.name,
        pool=pool_of(rollout, known, folder),
        selection=Selection(
            include=tuple(members.include),
            exclude=tuple(members.exclude),
            expect=members.expect,
            canaries=tuple(rollout.pool.canaries),
            only=tuple(only),
            canaries_only=canaries_only,
        ),
        policies=_policies(rollout, Servers(known, folder)),
        owner=discreet(fill(rollout.owner or "", known)),
        runbook=blotted(fill(rollout.runbook or "", known)),
        vars=dict(variables),
        warnings=warnings,
    )


def known_at_load(rollout: Rollout, variables: Mapping[str, str]) -> dict[str, str]:
    """Template values that do not depend on a member."""
    return {"rollout.name": rollout.name, **named(variables)}


def _policies(rollout: Rollout, servers: Servers) -> Policies:
    pool, drain, comeback = rollout.pool, rollout.drain, rollout.returning
    floor = pool.min_available
    return Policies(
        max_unavailable=scalars.amount(pool.max_unavailable),
        min_available=None if floor is None else scalars.floor(floor),
        wait_for_capacity=scalars.duration(pool.wait_for_capacity),
        lost_after=scalars.duration(lost_after_of(rollout)),
        drain=DrainPolicy(
            timeout=scalars.duration(drain.timeout),
            sticky=scalars.duration(drain.sticky),
            on_timeout=OnTimeout(drain.on_timeout),
            idle=idle_of(drain.idle),
        ),
        comeback=ReturnPolicy(
            within=scalars.duration(comeback.within),
            ramp=tuple(scalars.share(step) for step in comeback.ramp),
            hold=scalars.duration(comeback.hold),
        ),
        soak=scalars.duration(rollout.soak),
        gates=gates_of(rollout.gates, servers),
        quiet=Quiet(quiet_of(rollout)),
        on_failure=OnFailure(rollout.on_failure),
        skips=_skips(rollout),
        order=Order(rollout.order),
        outage=None if pool.downtime is None else scalars.duration(pool.downtime.budget),
    )


def _skips(rollout: Rollout) -> Amount | None:
    failures = rollout.failures
    if failures is None or failures.on_unreachable == "halt":
        return None
    return scalars.amount(failures.max)
