"""Members that come to the pool or leave it while the rollout is under way."""

from typing import Final

from controller.core.decide.context import Context, Output
from controller.core.decide.unwritten import reclaimed
from controller.core.events import MemberGone, MemberJoined, MemberRelapsed, MemberRenewed
from controller.core.phases import IN_PROGRESS, Phase
from controller.core.plan.propose import is_selected
from controller.core.pool import Admin, Member, found_in
from controller.core.state.parts import MemberState

LEAVES: Final = IN_PROGRESS - {Phase.REMOVING}
"""In which of its phases a member may leave, where members come and go. What failed is not excused
by leaving."""


def watch_members(ctx: Context) -> Output | None:
    if ctx.is_blind:
        return None
    if ctx.state.is_winding_down:
        return _left(ctx)
    joined = _joined if ctx.plan.joins else _nobody
    found_out = reclaimed(ctx) or _relapsed(ctx) or _renewed(ctx)
    return _left(ctx) or _gone(ctx) or found_out or joined(ctx)


def _nobody(ctx: Context) -> None:
    """Whoever comes does not belong to the rollout."""


def is_gone(ctx: Context, m: MemberState) -> bool:
    """Whether no load balancer has its place any more, each seen whole since its phase began."""
    snapshots = ctx.state.snapshots.values()
    return all(
        snapshot.full_at is not None
        and snapshot.full_at >= m.since
        and not snapshot.lines.get(m.name)
        for snapshot in snapshots
    )


def _left(ctx: Context) -> Output | None:
    """Nobody misses one that an autoscaler takes away: what was about to be proven is not in the
    pool."""
    for m in ctx.state.members.values():
        if ctx.plan.joins and _may_leave(ctx, m) and is_gone(ctx, m):
            return MemberGone(m.name, "it left the pool while it was in progress")
    return None


def _gone(ctx: Context) -> Output | None:
    """One that waits is not missed: nothing was done to it."""
    for m in ctx.state.members.values():
        if m.phase is Phase.WAITING and is_gone(ctx, m):
            return MemberGone(m.name, "it is no longer in the pool")
        if m.phase is Phase.WAITING and not m.is_away and _is_vacant(ctx, m):
            return MemberGone(m.name, "its slot is empty now")
    return None


def gone_with_it(ctx: Context) -> MemberGone | None:
    """One that stayed out, and is no more since the pool was put back: nobody has to bring it
    back."""
    for m in ctx.state.members.values():
        is_left = m.phase in (Phase.WAITING, Phase.FAILED, Phase.STUCK)
        if is_left and m.is_away and is_gone(ctx, m):
            return MemberGone(m.name, "it was taken away when the pool was put back as it was")
    return None


def _may_leave(ctx: Context, m: MemberState) -> bool:
    if m.progress.work is not None or m.order.setting is not None or m.trial.condemned:
        return False
    if m.phase is Phase.UPGRADING:  # where its steps may give it up, that is no loss
        return m.progress.passed is not False and not ctx.plan.retires
    return m.phase in LEAVES


def _is_vacant(ctx: Context, m: MemberState) -> bool:
    lines = ctx.state.lines_of(m.name)
    return bool(lines) and all(one.line.is_vacant and one.at >= m.since for _, one in lines)


def _relapsed(ctx: Context) -> Output | None:
    """What this rollout had set, and a reload has restored, is not somebody else's hand."""
    for m in ctx.state.members.values():
        instance, found = m.placement.relapsed_at, m.found_before
        if not instance or found is None or m.order.setting is not None:
            continue
        seen = ctx.state.snapshots[instance].lines.get(m.name, ())
        if any(one.line.admin is not Admin.READY for one in seen):
            return MemberRelapsed(m.name, instance, found)
    return None


def _renewed(ctx: Context) -> Output | None:
    """What came to the place of one that waits, or is done, was kept out because of us."""
    for m in ctx.state.members.values():
        is_resting = m.phase in (Phase.WAITING, Phase.DONE, Phase.SKIPPED)
        if not is_resting or m.placement.found is not None:
            continue
        seen = [(instance, one.line) for instance, one in ctx.state.lines_of(m.name)]
        is_seen = all(one.at >= m.since for _, one in ctx.state.lines_of(m.name))
        if is_seen and any(line.is_new and line.occupant is not None for _, line in seen):
            return MemberRenewed(m.name, found_in(seen))
    return None


def _joined(ctx: Context) -> Output | None:
    """One that came out of rotation was put there by us, and has to prove itself first."""
    for snapshot in ctx.state.snapshots.values():
        for name, lines in snapshot.lines.items():
            known = ctx.state.members.get(name)
            if name in ctx.plan.left or (known is not None and not known.is_gone):
                continue
            first = lines[0].line
            if first.is_backup or not is_selected(name, ctx.plan.include, ctx.plan.exclude):
                continue
            occupant = first.occupant
            if occupant is None:
                continue  # it is on its way: nothing can be asked of it before it has an address
            seen = [(at, one.line) for at, one in ctx.state.lines_of(name)]
            is_out = all(line.is_out for _, line in seen)
            return MemberJoined(
                Member(name, occupant.address, occupant.port), found_in(seen) if is_out else None
            )
    return None
