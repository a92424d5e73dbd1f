"""Load balancers that fall silent, start anew, or lose a member: watched in every phase."""

from controller.core.decide.context import Context, Output
from controller.core.events import Cause, Halted, InstanceRestarted
from controller.core.phases import Phase
from controller.core.state.state import Mode
from controller.core.words import span


def watch_balancers(ctx: Context) -> Output | None:
    for instance, sight in ctx.state.sights.items():
        known = ctx.state.known.get(instance)
        if (
            sight.incarnation is not None
            and known is not None
            and not known.is_same(sight.incarnation)
        ):
            return InstanceRestarted(instance, known, sight.incarnation)
    if ctx.state.mode is Mode.HALTED:
        return None
    patience = ctx.plan.policies.lost_after
    for instance, sight in ctx.state.sights.items():
        if sight.lost_since is not None and ctx.now - sight.lost_since >= patience:
            return Halted(
                Cause.BALANCER,
                f"{instance} has not answered for {span(patience)}: {sight.lost_why}",
                f"a load balancer may be unreadable for {span(patience)}",
            )
    return _vanished(ctx)


def _vanished(ctx: Context) -> Output | None:
    """A member in hand that a load balancer no longer has will never be seen as we set it."""
    for instance, sight in ctx.state.sights.items():
        for m in ctx.state.in_hand:
            if ctx.plan.retires and m.phase is Phase.UPGRADING:
                continue  # its place may be given up
            if sight.full_at is not None and not sight.lines.get(m.name):
                return Halted(
                    Cause.BALANCER,
                    f"{instance} no longer has {m.name}",
                    "a member in hand must stay in the configuration of every load balancer",
                    m.name,
                )
    return None
