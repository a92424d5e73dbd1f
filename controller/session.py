"""One run of a rollout: begun, or taken up again where it was left.

Holds the lock, finds out from the journal what there is to go on with, refuses what needs a
decision of the operator, and hands over to the loop.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from typing import Final

from controller.config import (
    SECRET_CHANGED,
    RolloutFile,
    changes,
    fingerprint,
    load,
    masked,
    parse,
)
from controller.core.events import (
    AbortRequested,
    Course,
    Event,
    FileKept,
    MemberInherited,
    ResumeRequested,
    RunBegan,
)
from controller.core.plan import Plan, Purpose
from controller.core.rollout import State, initial
from controller.core.settings import Gate, MetricQuery
from controller.core.work import HttpProbe, Validation, Work
from controller.errors import ConfigurationError, Refused, UsageFault
from controller.evidence import ask_gates
from controller.ports import (
    Clock,
    Commands,
    Journal,
    LoadBalancer,
    Lock,
    Request,
    RolloutRow,
    Validator,
)
from controller.preflight import Survey, check_before_rehearsal, reach, survey
from controller.report.halt import halt_message
from controller.report.summary import contact
from controller.runner.codec import encode
from controller.runner.loop import Narrator, Prober, Runner, heard
from controller.runner.perform import Performer, Questions
from controller.runner.replay import replay
from controller.runner.sample import Sampler, Sources

ENDING: Final = frozenset({"done", "refused", "aborted"})
"""Outcomes after which the next run begins a new rollout."""


@dataclass(frozen=True, slots=True)
class World:
    """The ports of one run."""

    balancer: LoadBalancer
    commands: Commands
    validator: Validator
    journal: Journal
    lock: Lock
    clock: Clock
    sources: Sources
    by: str


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asks for, beyond the file."""

    only: tuple[str, ...] = ()
    canaries_only: bool = False
    stepwise: bool = False
    overrides: Mapping[str, str] = field(default_factory=dict)
    new: bool = False
    purpose: Purpose = Purpose.UPGRADE


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A rollout of this name that the journal has not seen end."""

    row: RolloutRow
    plan: Plan
    state: State


@dataclass(frozen=True, slots=True)
class Prepared:
    """Ready to run; nothing was touched yet."""

    row: RolloutRow
    plan: Plan
    state: State
    first: tuple[Event, ...]
    found: Survey
    is_new: bool
    abandoned: RolloutRow | None
    heard: tuple[Request, ...] = ()


def unfinished(journal: Journal, name: str) -> Unfinished | None:
    """What there is to go on with. Raises StateError."""
    row = journal.latest(name)
    if row is None or row.outcome is not None:
        return None
    records = journal.records(row.id)
    if not records:  # killed between its row and its plan: nothing was touched
        return None
    plan, state = replay(records)
    return Unfinished(row, plan, state)


async def prepare(world: World, file: RolloutFile, wishes: Wishes) -> Prepared:
    """Inside the lock on the name: reach the pool, lock it, and find out how to begin.

    Raises Refused, PoolHeld, ConfigurationError, UsageFault, StateError.
    """
    _check_overrides(file, wishes)
    reached = await reach(world.balancer)
    world.lock.hold_pool(reached.keys)
    former = unfinished(world.journal, file.settings.name)
    found = survey(file, reached, world.journal, wishes.purpose)
    if former is not None and _goes_on(former, wishes):
        return _taken_up(world, file, wishes, former, found)
    plan = found.proposal.plan
    if plan is None:
        raise Refused(*found.proposal.refusals)
    if wishes.purpose is Purpose.REHEARSAL:
        await check_before_rehearsal(found, world.validator)
    await _check_gates(world, file, plan, wishes)
    row = _row(world, file)
    inherited = [MemberInherited(name, how) for name, how in found.ours.items() if _has(plan, name)]
    return Prepared(
        row,
        plan,
        initial(plan),
        (
            FileKept(fingerprint(file.text, file.sets, row.id)),
            *inherited,
            _began(world, plan, wishes),
        ),
        found,
        is_new=True,
        abandoned=former.row if former is not None else None,
    )


def _goes_on(former: Unfinished, wishes: Wishes) -> bool:
    """Whether the unfinished rollout is taken up. `--new` and `rollback` leave it behind, unless a
    step of it may be running still: that one must be joined, never doubled (S7)."""
    name, purpose = former.plan.name, former.plan.purpose
    is_left = wishes.new or (wishes.purpose is Purpose.ROLLBACK is not purpose)
    if is_left:
        busy = [m.name for m in former.state.members.values() if m.unfinished]
        if busy:
            raise Refused(
                f"a step of rollout {name!r} may still be running on {', '.join(busy)}: go on with "
                f"it first, or end it: poolroll abort {name}"
            )
        return False
    if wishes.purpose is not purpose:
        raise Refused(
            f"an unfinished {purpose} of {name!r} stands in the way: go on with it, or end it: "
            f"poolroll abort {name} --restore"
        )
    return True


async def _check_gates(world: World, file: RolloutFile, plan: Plan, wishes: Wishes) -> None:
    """Ask every gate on a metrics system once, before anything is touched. Raises UsageFault for
    a query that can never work, Refused for evidence that cannot be had."""
    gates = [gate for gate in plan.policies.gates if gate.name not in wishes.overrides]
    sampler = sampler_of(world.sources, file, plan, "check")
    try:
        found = await ask_gates(gates, plan.members[0].name, sampler)
    finally:
        await sampler.aclose()
    faults = [f"gate {one.gate.name!r}: {fault}" for one in found for fault in one.faults]
    if faults:
        raise UsageFault("\n".join(faults))
    if refusals := [one.refusal for one in found if one.refusal is not None]:
        raise Refused(*refusals)


def sampler_of(sources: Sources, file: RolloutFile, plan: Plan, rollout: str) -> Sampler:
    """Asks the metrics systems of `file`, templates filled for the members of `plan`."""
    members = {member.name: member for member in plan.members}

    def queries(gate: Gate, member: str | None, window: timedelta) -> MetricQuery:
        about = members[member] if member is not None else None
        return file.queries(gate, about, rollout, window)

    return Sampler(sources, queries)


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


def _began(world: World, plan: Plan, wishes: Wishes) -> RunBegan:
    only = wishes.only or (plan.canaries if wishes.canaries_only else ())
    return RunBegan(world.by, tuple(only), wishes.stepwise, dict(wishes.overrides))


def _taken_up(
    world: World, file: RolloutFile, wishes: Wishes, former: Unfinished, found: Survey
) -> Prepared:
    """Go on, unless the file has changed or a halt wants a decision."""
    name = file.settings.name
    differences = _differences(former, file)
    if differences:
        raise Refused(
            f"rollout {name!r} is unfinished, and the rollout file is not what it was begun with:",
            *differences,
            f"put it back to go on; or begin anew with --new; or: poolroll abort {name}",
        )
    pending = tuple(world.journal.requests(name))
    first: list[Event] = [heard(request) for request in pending]
    halt = former.state.halt
    has_ended = former.state.finished is not None
    decided = any(isinstance(event, ResumeRequested | AbortRequested) for event in first)
    if halt is not None and has_ended and not decided:
        reason = wishes.overrides.get(halt.gate or "")
        if reason is None:
            raise Refused(*ways_on(name, halt.seen))
        first.append(ResumeRequested(world.by, f"override of gate {halt.gate!r}: {reason}"))
    # The run begins first: a request then acts on it, an abort too.
    first.insert(0, _began(world, former.plan, wishes))
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


def _differences(former: Unfinished, file: RolloutFile) -> list[str]:
    """What has changed since the rollout was begun; empty when both mean the same."""
    if fingerprint(file.text, file.sets, former.row.id) == former.state.fingerprint:
        return []
    shown = changes(former.row.file, former.row.sets, *masked(file.text, file.sets))
    return shown or [SECRET_CHANGED]


def as_it_was_run(former: Unfinished) -> RolloutFile:
    """The rollout file of a rollout, secrets included: from its path where there are any.

    Raises Refused when that file is not what was run any more.
    """
    row = former.row
    kept = without_secrets(former)
    if fingerprint(row.file, row.sets, row.id) == former.state.fingerprint:
        return kept
    try:
        there = load(Path(row.path), row.sets)
    except ConfigurationError:
        there = kept
    if fingerprint(there.text, there.sets, row.id) == former.state.fingerprint:
        return there
    raise Refused(
        f"the rollout file holds secrets, which the journal does not keep, and {row.path} is not "
        "what was run any more: put it back, or abort without --restore"
    )


def without_secrets(former: Unfinished) -> RolloutFile:
    """The rollout file as the journal has it."""
    return parse(former.row.file, former.row.path, former.row.sets)


def ways_on(name: str, seen: str) -> list[str]:
    """What to do about a halted rollout."""
    return [
        f"rollout {name!r} halted: {seen}",
        f"to go on:      poolroll resume {name} --reason '…', then poolroll run again",
        f"to end it:     poolroll abort {name} (--restore puts back what passes its validation)",
        "to start over: poolroll run with --new",
    ]


async def carry_out(
    world: World,
    prepared: Prepared,
    narrators: Sequence[Narrator],
    questions: Questions | None,
    on_start: Callable[[Runner], None],
) -> State:
    """Run until finished, and say in the journal how it ended."""
    row, journal = prepared.row, world.journal
    plan = _with_gates_of(prepared.found.file, prepared.plan)
    if prepared.is_new:
        if prepared.abandoned is not None:
            journal.end(prepared.abandoned.id, "abandoned", 7)
        journal.begin(row)
        journal.append(row.id, world.clock.now(), *encode(plan))
    sampler = sampler_of(world.sources, prepared.found.file, plan, row.id)
    runner = Runner(
        row.id,
        plan,
        prepared.state,
        balancer=world.balancer,
        performer=Performer(
            row.id,
            world.balancer,
            world.commands,
            world.validator,
            _work(prepared.found.file, plan, row.id),
            questions,
        ),
        journal=journal,
        clock=world.clock,
        narrators=narrators,
        sampler=sampler,
        prober=_prober(world, prepared),
        halt_told=_halt_told(world, prepared),
    )
    on_start(runner)
    try:
        state = await runner.run(prepared.first)
    finally:
        await sampler.aclose()
    for request in prepared.heard:
        journal.acknowledge(request)
    finished = state.finished
    if finished is not None and finished.outcome in ENDING:
        journal.end(row.id, finished.outcome, finished.exit_code)
    return state


def _with_gates_of(file: RolloutFile, plan: Plan) -> Plan:
    """A plan from the journal knows no secrets (S12); the file, which is the same, does."""
    return replace(plan, policies=replace(plan.policies, gates=file.settings.policies.gates))


PROBE_HEADER: Final = "X-Poolroll-Probe"


def _prober(world: World, prepared: Prepared) -> Prober:
    """What a probe meets does not matter: the metrics tell, as they do for users."""
    members = {member.name: member for member in prepared.plan.members}
    file, rollout = prepared.found.file, prepared.row.id

    async def probe(gate: Gate, member: str) -> None:
        traffic = file.probe(gate, members[member], rollout)
        marked = HttpProbe(traffic.url, headers={PROBE_HEADER: rollout, **traffic.headers})
        once = Validation(marked, within=traffic.every, every=traffic.every)
        await world.validator.validate((once,))

    return probe


def _halt_told(world: World, prepared: Prepared) -> Callable[[State], Sequence[str]]:
    settings, path = prepared.found.file.settings, prepared.row.path

    def told(state: State) -> Sequence[str]:
        now, wall = world.clock.now(), world.clock.wall()
        about = contact(settings)
        return halt_message(prepared.plan, state, now, wall, file=path, contact=about)

    return told


def _work(file: RolloutFile, plan: Plan, rollout: str) -> Callable[[str, Course], Work]:
    members = {member.name: member for member in plan.members}

    def work(member: str, course: Course) -> Work:
        if plan.purpose is Purpose.ROLLBACK:
            return file.work("rollback", members[member], rollout)
        whole = file.work(course.value, members[member], rollout)
        is_rehearsal = plan.purpose is Purpose.REHEARSAL
        return replace(whole, steps=(), guard=None) if is_rehearsal else whole

    return work


async def abort_at_rest(
    world: World,
    former: Unfinished,
    restore: bool,
    narrators: Sequence[Narrator],
    on_start: Callable[[Runner], None],
) -> State:
    """End a rollout for good that no process has in hand, from the file as it was run."""
    file = as_it_was_run(former) if restore else without_secrets(former)
    reached = await reach(world.balancer)
    world.lock.hold_pool(reached.keys)
    found = survey(file, reached, None, former.plan.purpose)
    began = _began(world, former.plan, Wishes())
    prepared = Prepared(
        former.row,
        former.plan,
        former.state,
        (began, AbortRequested(world.by, restore)),
        found,
        is_new=False,
        abandoned=None,
    )
    return await carry_out(world, prepared, narrators, None, on_start)


async def run(
    world: World,
    file: RolloutFile,
    wishes: Wishes,
    *,
    confirm: Callable[[Prepared], Awaitable[bool]],
    narrators: Sequence[Narrator],
    questions: Questions | None,
    on_start: Callable[[Runner], None],
) -> tuple[Prepared, State] | None:
    """The whole of `poolroll run`; None when the operator said no. Raises as `prepare` does."""
    with world.lock.hold_name(file.settings.name):
        prepared = await prepare(world, file, wishes)
        if not await confirm(prepared):
            return None
        return prepared, await carry_out(world, prepared, narrators, questions, on_start)
