"""Up to the point where something could be touched: reach the pool, lock it, and find out how
to begin: anew, or where a former run was left."""

from secrets import token_hex

from controller.config import RolloutFile, fingerprint, masked
from controller.core.events import (
    Event,
    FileKept,
    MemberInherited,
    ResumeRequested,
    RunBegan,
)
from controller.core.phases import Phase
from controller.core.plan.plan import Plan, Purpose
from controller.core.state.state import State, initial
from controller.errors import Refused, UsageFault
from controller.journal.unfinished import Unfinished, unfinished
from controller.lifecycle.changes import choices, onward
from controller.lifecycle.gates import check_gates
from controller.lifecycle.options import Prepared, Wishes, World
from controller.lifecycle.resume import goes_on, refuse_changes, scope, undecided, unheard
from controller.ports import Hold, RolloutRow
from controller.preflight.guards import check_before_rehearsal, check_guards
from controller.preflight.programs import missing_programs
from controller.preflight.survey import Findings, reach, survey
from controller.report.run.next_commands import Onward
from controller.runner.watchers import heard


async def prepare(world: World, hold: Hold, file: RolloutFile, wishes: Wishes) -> Prepared:
    """Inside the lock on the name: reach the pool, lock it, and find out how to begin.

    Raises Refused, PoolHeld, ConfigurationError, UsageFault, StateError.
    """
    _check_overrides(file, wishes)
    reached = await reach(world.balancer, file.settings.selection)
    await hold.add(reached.keys)
    former = await unfinished(world.journal, file.settings.name)
    found = await survey(file, reached, world.journal, wishes.purpose)
    if former is not None:
        ways = onward(world, former.row, former.plan)
        if goes_on(ways, former, wishes):
            return await _taken_up(world, file, wishes, former, found, ways)
    plan = found.proposal.plan
    if plan is None:
        raise Refused(*found.proposal.refusals)
    _check_programs(world, file, plan, initial(plan))
    if wishes.purpose is Purpose.REHEARSAL:
        await check_before_rehearsal(found, world.validator)
    intervals = await check_gates(world, file, plan, wishes)
    begins = began(world, plan, wishes)
    await check_guards(file, plan, world.tasks, begins.only)
    row = _row(world, file)
    inherited = [MemberInherited(name, how) for name, how in found.ours.items() if _has(plan, name)]
    return Prepared(
        row,
        plan,
        initial(plan),
        (
            FileKept(fingerprint(file.text, file.sets, row.id)),
            *inherited,
            begins,
        ),
        found,
        is_new=True,
        abandoned=former.row if former is not None else None,
        intervals=intervals,
    )


def _has(plan: Plan, name: str) -> bool:
    return any(member.name == name for member in plan.members)


def _check_programs(world: World, file: RolloutFile, plan: Plan, state: State) -> None:
    """For the members that are not begun yet. Raises Refused."""
    untouched = [one for one in plan.members if state.members[one.name].phase is Phase.WAITING]
    missing, _ = missing_programs(file, untouched, plan.purpose, world.tasks)
    if missing:
        raise Refused(*missing)


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
    """Raises Refused where the command line leaves nobody to touch."""
    only = scope(plan, wishes)
    return RunBegan(world.by, only, wishes.stepwise, dict(wishes.overrides))


async def _taken_up(
    world: World,
    file: RolloutFile,
    wishes: Wishes,
    former: Unfinished,
    found: Findings,
    ways: Onward,
) -> Prepared:
    """Go on, unless the file has changed or a halt wants a decision."""
    refuse_changes(ways, former, file)
    pending = await unheard(former, world.requests)
    first: list[Event] = [heard(request) for request in pending]
    if (halt := undecided(former, pending)) is not None:
        reason = wishes.overrides.get(halt.gate or "")
        if reason is None:
            raise Refused(*choices(former, ways))
        first.append(ResumeRequested(world.by, f"override of gate {halt.gate!r}: {reason}"))
    _check_programs(world, file, former.plan, former.state)
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
    )
