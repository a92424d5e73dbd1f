"""Up to the point where something could be touched: reach the pool, lock it, and find out how
to begin: anew, or where a former run was left."""

from secrets import token_hex

from controller.config import RolloutFile, fingerprint, masked
from controller.core.events import (
    AbortRequested,
    Event,
    FileKept,
    MemberInherited,
    ResumeRequested,
    RunBegan,
)
from controller.core.plan import Plan, Purpose
from controller.core.rollout import initial
from controller.errors import Refused, UsageFault
from controller.ports import RolloutRow
from controller.preflight import Survey, check_before_rehearsal, reach, survey
from controller.runner.loop import heard
from controller.session.metrics import check_gates
from controller.session.past import differences, onward, unfinished, ways_on
from controller.session.values import Prepared, Unfinished, Wishes, World


async def prepare(world: World, file: RolloutFile, wishes: Wishes) -> Prepared:
    """Inside the lock on the name: reach the pool, lock it, and find out how to begin.

    Raises Refused, PoolHeld, ConfigurationError, UsageFault, StateError.
    """
    _check_overrides(file, wishes)
    reached = await reach(world.balancer)
    world.lock.hold_pool(reached.keys)
    former = unfinished(world.journal, file.settings.name)
    found = survey(file, reached, world.journal, wishes.purpose)
    if former is not None and goes_on(world, former, wishes):
        return _taken_up(world, file, wishes, former, found)
    plan = found.proposal.plan
    if plan is None:
        raise Refused(*found.proposal.refusals)
    if wishes.purpose is Purpose.REHEARSAL:
        await check_before_rehearsal(found, world.validator)
    intervals = await check_gates(world, file, plan, wishes)
    row = _row(world, file)
    inherited = [MemberInherited(name, how) for name, how in found.ours.items() if _has(plan, name)]
    return Prepared(
        row,
        plan,
        initial(plan),
        (
            FileKept(fingerprint(file.text, file.sets, row.id)),
            *inherited,
            began(world, plan, wishes),
        ),
        found,
        is_new=True,
        abandoned=former.row if former is not None else None,
        intervals=intervals,
    )


def goes_on(world: World, former: Unfinished, wishes: Wishes) -> bool:
    """Whether the unfinished rollout is taken up. `--new` and `rollback` leave it behind, unless a
    step of it may be running still: that one must be joined, never doubled (S7)."""
    name, purpose = former.plan.name, former.plan.purpose
    ways = onward(world, former.row, former.plan)
    is_left = wishes.new or (wishes.purpose is Purpose.ROLLBACK is not purpose)
    if is_left:
        busy = [m.name for m in former.state.members.values() if m.unfinished]
        if busy:
            raise Refused(
                f"a step of rollout {name!r} may still be running on {', '.join(busy)}: go on with "
                f"it first ({ways.run}), or end it: {ways.abort}"
            )
        return False
    if wishes.purpose is not purpose:
        raise Refused(
            f"an unfinished {purpose} of {name!r} stands in the way: go on with it: {ways.run}; "
            f"or end it: {ways.abort_and_restore}"
        )
    return True


def _has(plan: Plan, name: str) -> bool:
    return any(member.name == name for member in plan.members)


def _check_overrides(file: RolloutFile, wishes: Wishes) -> None:
    known = [gate.name for gate in file.settings.policies.gates]
    for name in wishes.overrides:
        if name not in known:
            raise UsageFault(
                f"--override {name}: no such gate; the file has: {', '.join(known) or 'none'}"
            )


def _row(world: World, file: RolloutFile) -> RolloutRow:
    """The journal keeps the file without its secrets (S12)."""
    wall = world.clock.wall()
    name = file.settings.name
    text, sets = masked(file.text, file.sets)
    return RolloutRow(
        id=f"{name}-{wall:%Y%m%d-%H%M%S}-{token_hex(2)}",
        name=name,
        file=text,
        path=str(file.path.absolute()),
        sets=sets,
        started=wall,
        by=world.by,
    )


def began(world: World, plan: Plan, wishes: Wishes) -> RunBegan:
    only = wishes.only or (plan.canaries if wishes.canaries_only else ())
    return RunBegan(world.by, tuple(only), wishes.stepwise, dict(wishes.overrides))


def _taken_up(
    world: World, file: RolloutFile, wishes: Wishes, former: Unfinished, found: Survey
) -> Prepared:
    """Go on, unless the file has changed or a halt wants a decision."""
    name = file.settings.name
    ways = onward(world, former.row, former.plan)
    changed = differences(former, file)
    if changed:
        raise Refused(
            f"rollout {name!r} is unfinished, and the rollout file is not what it was begun with:",
            *changed,
            f"put it back to go on; or begin anew with --new; or: {ways.abort}",
        )
    pending = tuple(world.journal.requests(name))
    first: list[Event] = [heard(request) for request in pending]
    halt = former.state.halt
    has_ended = former.state.finished is not None
    decided = any(isinstance(event, ResumeRequested | AbortRequested) for event in first)
    if halt is not None and has_ended and not decided:
        reason = wishes.overrides.get(halt.gate or "")
        if reason is None:
            raise Refused(*ways_on(ways, halt.seen))
        first.append(ResumeRequested(world.by, f"override of gate {halt.gate!r}: {reason}"))
    # The run begins first: a request then acts on it, an abort too.
    first.insert(0, began(world, former.plan, wishes))
    return Prepared(
        former.row,
        former.plan,
        former.state,
        tuple(first),
        found,
        is_new=False,
        abandoned=None,
        heard=pending,
    )
