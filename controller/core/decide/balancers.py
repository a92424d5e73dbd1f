"""Load balancer faults, in every phase: unreachable, reloaded, member removed from it."""

from controller.core.decide.context import Context, Output
from controller.core.decide.membership import LEAVES
from controller.core.events import Cause, Halted, InstanceRestarted
from controller.core.gates.figures import span
from controller.core.phases import Phase
from controller.core.state.state import Mode


def watch_balancers(ctx: Context) -> Output | None:
    for instance, snapshot in ctx.state.snapshots.items():
        known = ctx.state.known.get(instance)
        if (
            snapshot.incarnation is not None
            and known is not None
            and not known.is_same(snapshot.incarnation)
        ):
            return InstanceRestarted(instance, known, snapshot.incarnation)
    if ctx.state.mode is Mode.HALTED:
        return None
    patience = ctx.plan.policies.lost_after
    for instance, snapshot in ctx.state.snapshots.items():
        if snapshot.lost_since is not None and ctx.now - snapshot.lost_since >= patience:
            return Halted(
                Cause.BALANCER,
                f"{instance} has not answered for {span(patience)}: {snapshot.lost_why}",
                f"a load balancer may be unreadable for at most {span(patience)}",
            )
    return _vanished(ctx)


def _vanished(ctx: Context) -> Output | None:
    """A member in progress that a load balancer no longer has will never be seen as we set it."""
    for instance, snapshot in ctx.state.snapshots.items():
        for m in ctx.state.in_progress:
            if ctx.plan.retires and m.phase is Phase.UPGRADING:
                continue  # its place may be given up
            if ctx.plan.joins and m.phase in LEAVES:
                continue  # members come and go
            if snapshot.full_at is not None and not snapshot.lines.get(m.name):
                return Halted(
                    Cause.BALANCER,
                    f"{instance} no longer has {m.name}",
                    "a member in progress must stay in the configuration of every load balancer",
                    m.name,
                )
    return None
