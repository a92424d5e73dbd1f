"""Preflight: everything that a run would find now, and every reason to refuse.

One function for `plan`, which shows the findings, and for `run`, which refuses because of them.
Read-only.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from controller.config import RolloutFile
from controller.core.events import Answer
from controller.core.forecast.patience import cannot_pass, passes_from, sampled_too_seldom
from controller.core.gates.evidence import Query
from controller.core.gates.figures import span
from controller.core.gates.gate import Gate, MetricGate, Scope
from controller.core.phases import Phase
from controller.core.plan.budget import budget_of
from controller.core.plan.marks import UNKNOWN, marks_in
from controller.core.plan.plan import Plan, Purpose
from controller.core.plan.propose import Proposal
from controller.core.pool.copies import replace
from controller.core.settings import Policies
from controller.core.state.remaining import left_aside, remaining
from controller.errors import Refused, StateError, UsageFault
from controller.journal.unfinished import unfinished
from controller.lifecycle.before import look_before
from controller.lifecycle.changes import choices, next_commands
from controller.lifecycle.findings import Findings
from controller.lifecycle.gates import metric_gates_now
from controller.lifecycle.hosts import look_at_hosts, refuse_this_machine
from controller.lifecycle.namesakes import look_for_namesake
from controller.lifecycle.options import ReadPorts, RunOptions
from controller.lifecycle.prepared import look_at_prepared
from controller.lifecycle.resume import (
    goes_on,
    refuse_changes,
    refuse_held,
    refuse_to_double,
    scope,
    undecided,
    unheard,
)
from controller.lifecycle.way_back import WayBack, way_back
from controller.lifecycle.windows import look_at_windows
from controller.ports import Hold
from controller.preflight.gates import GateNow, gates_now, intervals_of
from controller.preflight.guards import ask_guards, failing_validations, refused_guards, unreached
from controller.preflight.programs import missing_programs, unusable_validations
from controller.preflight.questions import ask_questions, not_reached, refused_questions
from controller.preflight.survey import PoolSurvey, Reached, reach, survey
from controller.report.run.about import about
from controller.report.words import count, names
from controller.runner.task_group import task_group


async def preflight(
    ports: ReadPorts, file: RolloutFile, options: RunOptions, hold: Hold | None
) -> Findings:
    """`hold`: the lock on the name, to which the pool is added. None for `plan`: the holder of the
    pool is then a finding, and all hosts and gates are asked whatever was found before.

    Raises ConfigurationError and UsageFault for what can never work, StateError; with a `hold`
    PoolHeld and LeaseLost.
    """
    _check_overrides(file, options)
    seen = Findings()
    reached: Reached | None = None
    with seen.refusing():
        reached = await reach(ports.balancer, file.settings.selection)
    if hold is None:
        await _look_for_holder(seen, ports, file.settings.name, reached)
    elif reached is not None:
        await hold.add(reached.keys)
    marks = UNKNOWN
    if reached is not None:
        marks = marks_in(reached.views)
    with seen.refusing():
        name = file.settings.name
        seen.notes += await look_for_namesake(ports, name, marks, is_new=options.new)
        await _look_for_former(seen, ports, file, options)
    if reached is None:
        return seen
    with seen.refusing():
        back = WayBack()
        if options.purpose is Purpose.ROLLBACK and seen.former is None:
            back = await way_back(
                ports.journal, file, options.only, is_of_all=options.is_of_all, marks=marks
            )
            seen.notes += back.notes
            seen.refusals += back.refusals
        found = seen.survey = await survey(
            file, reached, ports.journal, options.purpose, back.upgraded
        )
        _choose(seen, found.proposal, options)
        await look_at_windows(seen, ports, file, options)
        if seen.whole is not None:
            _look_for_programs(seen, file, seen.whole, ports)
        await look_before(seen, ports.journal, file, options.purpose, marks)
        # A run that is refused asks no host; one that resumes asks each when its turn comes.
        is_needless = hold is not None and (seen.refusals or seen.former is not None)
        if seen.left is not None and seen.left.members and not is_needless:
            await _ask(seen, found, seen.left, ports, options, is_shown=hold is None)
            await look_at_prepared(seen, file, seen.left, ports, options)
        elif hold is not None and seen.former is not None:
            await refuse_this_machine(seen, file, ports, options)
    return seen


def _check_overrides(file: RolloutFile, options: RunOptions) -> None:
    known = [gate.name for gate in file.settings.policies.gates]
    for name in options.overrides:
        if name not in known:
            raise UsageFault(
                f"--override {name}: no such gate; the file has: {', '.join(known) or 'none'}"
            )


async def _look_for_holder(
    seen: Findings, ports: ReadPorts, name: str, reached: Reached | None
) -> None:
    try:
        held = await ports.lock.refusal(name, reached.keys if reached is not None else ())
    except StateError as error:
        seen.notes.append(f"cannot tell whether another run holds this pool: {error}")
    else:
        seen.refusals += [held] if held is not None else []


async def _look_for_former(
    seen: Findings, ports: ReadPorts, file: RolloutFile, options: RunOptions
) -> None:
    """The unfinished rollout of this name, if any: a run continues it, abandons it, or refuses
    because of it."""
    if ports.journal is None or ports.requests is None:
        return
    former = await unfinished(ports.journal, file.settings.name)
    if former is None:
        return
    commands = next_commands(ports.folder, former.row, former.plan, former.state)
    with seen.refusing():
        pending = await unheard(former, ports.requests)
        if not goes_on(commands, former, options):
            refuse_to_double(commands, former, pending)
            seen.abandoned = former
            return
        refuse_changes(commands, former, file, ports.secrets)
        seen.former = former
        seen.pending = pending
        halt, policy = undecided(former, seen.pending), file.rollout.resume_policy
        is_overridden = halt is not None and (halt.gate or "") in options.overrides
        if halt is not None and not is_overridden and policy != "resume":
            raise Refused(*choices(former, commands, about(file.settings, former.plan)))
        if policy == "hold":
            refuse_held(commands, former, seen.pending)
        refuse_to_double(commands, former, seen.pending)
        seen.overridden = halt if is_overridden else None
        seen.is_resumed = halt is not None and not is_overridden


def _choose(seen: Findings, proposal: Proposal, options: RunOptions) -> None:
    """The plan that a run would continue, or begin. Raises Refused where no member is left."""
    seen.notes += proposal.notes
    whole = proposal.plan
    if seen.former is None:
        seen.refusals += proposal.refusals
    else:
        refusals = proposal.refusals
        seen.notes += (f"starting over (--new) would be refused: {one}" for one in refusals)
        whole = seen.former.plan
    if whole is None:
        return
    seen.whole = whole
    members = seen.state.members
    seen.left = remaining(whole, members, scope(whole, options))
    seen.aside = left_aside(whole, members, seen.left)
    if seen.former is not None and proposal.plan is not None:
        seen.left = replace(seen.left, serving=proposal.plan.serving)


def _look_for_programs(seen: Findings, file: RolloutFile, whole: Plan, ports: ReadPorts) -> None:
    """Programs and files for members that have not begun yet."""
    members = seen.state.members
    untouched = [one for one in whole.members if members[one.name].phase is Phase.WAITING]
    missing, later = missing_programs(file, untouched, whole.purpose, ports.tasks)
    seen.refusals += missing
    seen.refusals += unusable_validations(file, untouched, whole.purpose, ports.validator)
    seen.notes += later
    seen.is_startable = not missing


async def _ask(
    seen: Findings,
    found: PoolSurvey,
    left: Plan,
    ports: ReadPorts,
    options: RunOptions,
    *,
    is_shown: bool,
) -> None:
    """Ask the hosts and the gates. `is_shown`: gates on counters too, which a run samples itself
    before it touches a member. Raises UsageFault, BalancerError."""
    file, members = found.file, seen.state.members
    gates = [gate for gate in left.policies.gates if gate.name not in options.overrides]
    untouched = [one for one in left.members if members[one.name].phase is Phase.WAITING]
    hosts = await look_at_hosts(seen, file, left, untouched, ports, options)
    left = seen.left or left
    there = [one for one in untouched if one.name not in hosts.away]
    guarded = there if left.upgrade.has_guard and seen.is_startable else []
    asked_of = there if left.upgrade.has_questions and seen.is_startable else []
    validated = found.proposal.plan if options.purpose is Purpose.REHEARSAL else None
    async with task_group() as group:
        unless = group.create_task(
            ask_guards(file, guarded, ports.tasks, left.purpose, clock=ports.clock, tell=ports.tell)
        )
        replied = group.create_task(
            ask_questions(file, asked_of, ports.tasks, clock=ports.clock, tell=ports.tell)
        )
        counted = group.create_task(
            gates_now(gates if is_shown else (), found.views, ports.balancer, ports.clock)
        )
        asked = group.create_task(metric_gates_now(ports.sources, file, left, gates))
        failing = group.create_task(
            failing_validations(file, validated.members if validated else (), ports.validator)
        )
    now = [*counted.result(), *asked.result()]
    faults = [f"gate {one.gate.name!r}: {fault}" for one in now for fault in one.faults]
    intervals = intervals_of(now)
    answers, seen.replies = {**unless.result(), **hosts.away}, replied.result()
    refused = [
        *hosts.refusals,
        *failing.result(),
        *(_too_slow(left.policies, gates, intervals)),
        *filter(None, (one.refusal for one in now)),
        *_refused_by_members(seen, seen.whole or left, answers),
    ]
    seen.refusals += hosts.own
    if seen.former is None:
        if faults:
            raise UsageFault("\n".join(faults))
        seen.refusals += refused
    else:
        seen.notes += (f"a run would still go on: {one}" for one in (*faults, *refused))
    seen.unless = answers if left.upgrade.has_guard or seen.skipped else {}
    if seen.skipped:
        of = f"{len(seen.skipped)} of at most {budget_of(seen.whole or left)}"
        seen.notes.append(f"not reached, would be skipped ({of}): {names(seen.skipped)}")
    seen.gates = {one.gate.name: one.words + _scraped(one) + _not_noticed(one.gate) for one in now}
    seen.intervals = intervals
    seen.is_asked = True


def _refused_by_members(
    seen: Findings, whole: Plan, answers: Mapping[str, tuple[Answer, str]]
) -> list[str]:
    """Reasons to refuse, one of each member. To one that is already there nothing is done."""
    by = {answer: [n for n, (one, _) in answers.items() if one is answer] for answer in Answer}
    there = by[Answer.PRESENT]
    silent = [name for name in not_reached(seen.replies) if name not in there]
    seen.skipped, too_many = unreached(whole, answers, silent)
    refused = refused_questions(seen.replies, {*there, *seen.skipped, *by[Answer.UNREACHED]})
    if seen.replies and not refused:
        of = count(len(seen.replies), "member")
        seen.notes.append(f"`preflight` holds now, asked of {of}")
    return [*too_many, *refused_guards(answers, seen.skipped), *refused]


def _too_slow(
    policies: Policies, gates: Sequence[Gate], intervals: Mapping[str, timedelta]
) -> Iterator[str]:
    """Gates whose evidence comes so seldom that they would halt every rollout."""
    for gate in gates:
        why = sampled_too_seldom(gate, policies)
        if gate.name in intervals:
            why = cannot_pass(gate, policies, intervals[gate.name])
        if why is not None:
            yield f"gate {gate.name!r} {why}"


def _not_noticed(gate: Gate) -> str:
    """A member that is upgraded may be a target that is down: only the file can say which must not
    be."""
    if not isinstance(gate, MetricGate) or gate.scope is Scope.MEMBER:
        return ""
    if Query.EVIDENCE in gate.queries:
        return ""
    return "; without `evidence` a target that is down is not noticed while others answer"


def _scraped(one: GateNow) -> str:
    needed = None if one.interval is None else passes_from(one.gate, one.interval)
    if one.interval is None or needed is None:
        return ""
    return f"; scraped every {span(one.interval)}: a pass counts from {span(needed)} after a return"
