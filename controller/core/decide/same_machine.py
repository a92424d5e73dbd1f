"""Is it still the machine that the plan was made for? A step must never run on another one than the
one that was taken out.

Before its turn, a new address that no other member has is taken, and said. Whatever else comes to
its place is an out-of-band change (S14).
"""

from typing import Final

from controller.core.decide.context import Context, Output
from controller.core.decide.occupants import (
    AS_PLANNED,
    changes_of,
    hidden_at,
    second_name,
    taken_over,
)
from controller.core.decide.unresolved import unresolved_at
from controller.core.decide.upgrade import failed
from controller.core.events import Cause, Halted
from controller.core.gates.figures import span
from controller.core.plan.identity import at_odds, place
from controller.core.pool import Instant
from controller.core.state.parts import ORIGIN, MemberState
from controller.core.steps import AskGuard, AskQuestions, RunStep, SetMember, Setting, Validate

ONE_NAME: Final = "a machine that is taken out must be out under every name"


def is_another(ctx: Context, m: MemberState) -> bool:
    """Whether a member whose turn it is may be another machine than when the plan was made, or
    more than one, or has a second name. What may run still is joined first."""
    if m.progress.unfinished:
        return False
    return bool(
        changes_of(ctx, m) or at_odds(ctx.seats(m)) or _is_lost(ctx, m) or second_name(ctx, m)
    )


def another_came(ctx: Context, m: MemberState) -> Output | None:
    """What follows then: lines that do not agree get the time that a return gets."""
    if other := second_name(ctx, m):
        return _two_names(m, other)
    if ctx.seen(m) is None:
        return None
    pair = at_odds(ctx.seats(m))
    if pair is None and not _is_lost(ctx, m):
        return _still_by_name(ctx, m) or taken_over(ctx, m)
    if not _is_overdue(ctx, m):
        return None
    shown = f"{place(pair[0])} and {place(pair[1])}" if pair is not None else "at no address"
    return Halted(
        Cause.OCCUPANT,
        f"{m.name} is {shown}",
        f"every load balancer must show one address within {_patience(ctx)}",
        m.name,
    )


def _still_by_name(ctx: Context, m: MemberState) -> Halted | None:
    """A host that the rollout file gives does not follow the address: it may be the former one."""
    planned = ctx.plan.member(m.name)
    if planned is None or planned.host in ("", planned.address):
        return None
    was, now = changes_of(ctx, m)[0]
    return Halted(
        Cause.OCCUPANT,
        f"{m.name} is {place(now)} now and was {was.occupant}, and its host is {planned.host}, "
        "which may be the former machine",
        AS_PLANNED,
        m.name,
    )


def for_a_known_machine(ctx: Context, m: MemberState, wish: Output | None) -> Output | None:
    """What is done to a machine waits until this process has seen who is in its place, until its
    address is shown, and until it has no second name under which users would meet it."""
    match wish:
        case RunStep() if not m.progress.unfinished and (other := second_name(ctx, m)):
            return _two_names(m, other)
        case RunStep() if not (m.progress.unfinished or ctx.is_pool_seen_since(at_rest_since(m))):
            return None
        case RunStep() | AskGuard() | AskQuestions() | Validate():
            return _where_it_is_shown(ctx, m, wish)
        case SetMember(setting=Setting.CHECK | Setting.PUT_BACK):
            return _where_it_is_shown(ctx, m, wish)
        case _:
            return wish


def at_rest_since(m: MemberState) -> Instant:
    """Since when it has been quiet wherever it is, and no step of it has run: another name that has
    come to lead to its machine since then is not known before a look at the whole pool. ORIGIN
    where it is not taken out."""
    quiet_since = m.draining.quiet_since
    return ORIGIN if quiet_since is None else max(quiet_since, m.progress.step_ended or ORIGIN)


def _where_it_is_shown(ctx: Context, m: MemberState, wish: Output) -> Output | None:
    if not ctx.has_seen_all:
        return None
    instance = hidden_at(ctx, m)
    if instance is None:
        return wish
    if not _is_overdue(ctx, m):
        return None
    seen = unresolved_at(ctx, m) or f"{instance} has shown no address of it for {_patience(ctx)}"
    return failed(ctx, m, seen, f"return.within is {_patience(ctx)}")


def _two_names(m: MemberState, other: str) -> Halted:
    seen = f"{other} leads to the same machine as {m.name}"
    return Halted(Cause.OCCUPANT, seen, ONE_NAME, m.name)


def _is_lost(ctx: Context, m: MemberState) -> bool:
    """Whether it is in rotation at no known address: one that is out is not begun anyway."""
    return hidden_at(ctx, m) is not None and not any(one.line.is_out for _, one in ctx.visible(m))


def _is_overdue(ctx: Context, m: MemberState) -> bool:
    """Whether its lines have shown what they show for as long as a return may take."""
    since = max((one.since for _, one in ctx.state.lines_of(m.name)), default=ctx.now)
    return ctx.seen_for(since) >= ctx.plan.policies.comeback.within


def _patience(ctx: Context) -> str:
    return span(ctx.plan.policies.comeback.within)
