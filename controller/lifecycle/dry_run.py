"""What a run would do, and every reason for which it would refuse. Reads only, and takes nothing:
no lock, no member.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from controller.config import RolloutFile
from controller.core.events import Answer
from controller.core.phases import Phase
from controller.core.plan.plan import Plan
from controller.core.pool import Member
from controller.core.state.remaining import left_aside, remaining
from controller.core.state.state import initial
from controller.errors import BalancerError, Refused, StateError, UsageFault
from controller.journal.unfinished import Unfinished, unfinished
from controller.lifecycle.changes import choices, onward_in
from controller.lifecycle.gates import sampler_of
from controller.lifecycle.options import Wishes
from controller.lifecycle.resume import goes_on, refuse_changes, scope, undecided, unheard
from controller.ports import Clock, Journal, LoadBalancer, Lock, Requests, Tasks
from controller.preflight.forecast import Prospect, last_commands, look_ahead
from controller.preflight.gates import GateNow, ask_gates, gates_now, intervals_of
from controller.preflight.guards import ask_guards
from controller.preflight.programs import missing_programs
from controller.preflight.survey import Findings, Reached, reach, survey
from controller.runner.sampler import Sources


@dataclass(frozen=True, slots=True)
class Lookout:
    """The ports of somebody who only looks."""

    balancer: LoadBalancer
    tasks: Tasks
    clock: Clock
    sources: Sources
    lock: Lock
    journal: Journal | None
    """None: nothing was ever run with this state folder."""
    requests: Requests | None
    """None likewise."""
    folder: str = ""
    """The state folder, where commands would not look there by themselves."""


@dataclass(slots=True)
class Foreseen:
    """What was found out; empty where something stood in the way of asking."""

    plan: Plan | None = None
    """What is left to do; None where a rollout could not be begun."""
    whole: Plan | None = None
    """Of which it is a part."""
    aside: tuple[str, ...] = ()
    """Members that are left for another run."""
    former: Unfinished | None = None
    """The unfinished rollout that a run would go on with."""
    refusals: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    gates: dict[str, str] = field(default_factory=dict)
    unless: dict[str, tuple[Answer, str]] = field(default_factory=dict)
    ahead: Prospect | None = None

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """What stands in the way of the block is a reason to refuse."""
        try:
            yield
        except Refused as refused:
            self.refusals += refused.reasons
        except BalancerError as error:
            self.refusals.append(str(error))


async def foresee(lookout: Lookout, file: RolloutFile, wishes: Wishes) -> Foreseen:
    """Raises ConfigurationError and UsageFault for what can never work, StateError."""
    seen = Foreseen()
    reached: Reached | None = None
    with seen.refusing():
        reached = await reach(lookout.balancer, file.settings.selection)
    await _who_holds(seen, lookout, file.settings.name, reached)
    await _what_stands(seen, lookout, file, wishes)
    if reached is None:
        return seen
    with seen.refusing():
        found = await survey(file, reached, lookout.journal, wishes.purpose)
        _choose(seen, found, wishes)
        if seen.plan is not None and seen.plan.members:
            await _ask(seen, found, seen.plan, lookout, wishes)
    return seen


async def _who_holds(seen: Foreseen, lookout: Lookout, name: str, reached: Reached | None) -> None:
    try:
        held = await lookout.lock.refusal(name, reached.keys if reached is not None else ())
    except StateError as error:
        seen.notes.append(f"whether another run holds this pool cannot be seen: {error}")
    else:
        seen.refusals += [held] if held is not None else []


async def _what_stands(seen: Foreseen, lookout: Lookout, file: RolloutFile, wishes: Wishes) -> None:
    """The unfinished rollout of this name, if there is one, and what it stands in the way of."""
    if lookout.journal is None or lookout.requests is None:
        return
    former = await unfinished(lookout.journal, file.settings.name)
    if former is None:
        return
    ways = onward_in(lookout.folder, former.row, former.plan)
    with seen.refusing():
        if goes_on(ways, former, wishes):
            refuse_changes(ways, former, file)
            seen.former = former
            if undecided(former, await unheard(former, lookout.requests)) is not None:
                raise Refused(*choices(former, ways))


def _choose(seen: Foreseen, found: Findings, wishes: Wishes) -> None:
    """What a run would go on with, or begin. Raises Refused."""
    proposal = found.proposal
    if seen.former is None:
        seen.refusals += proposal.refusals
        seen.notes += proposal.notes
        whole = proposal.plan
    else:
        anew = (f"to begin anew (--new) would be refused: {one}" for one in proposal.refusals)
        seen.notes += anew
        whole = seen.former.plan
        if proposal.plan is not None:
            whole = replace(whole, serving=proposal.plan.serving)
    if whole is None:
        return
    state = initial(whole) if seen.former is None else seen.former.state
    seen.whole = whole
    seen.plan = remaining(whole, state.members, scope(whole, wishes))
    seen.aside = left_aside(whole, state.members, seen.plan)


async def _ask(
    seen: Foreseen, found: Findings, plan: Plan, lookout: Lookout, wishes: Wishes
) -> None:
    untouched = _untouched(seen, plan)
    missing, later = missing_programs(found.file, untouched, plan.purpose, lookout.tasks)
    seen.refusals += missing
    seen.notes += later
    gates = plan.policies.gates
    seen.unless, counted, asked = await asyncio.gather(
        ask_guards(found.file, [] if missing else untouched, lookout.tasks),
        gates_now(gates, found.views, lookout.balancer, lookout.clock),
        _metric_gates(found.file, plan, lookout.sources),
    )
    now = [*counted, *asked]
    seen.gates = {one.gate.name: one.words for one in now}
    refused = (one.refusal for one in now if one.gate.name not in wishes.overrides)
    seen.refusals += filter(None, refused)
    seen.refusals += [
        f"{name}: {detail}"
        for name, (answer, detail) in seen.unless.items()
        if answer is Answer.REFUSED
    ]
    commands = None
    if lookout.journal is not None:
        commands = await last_commands(lookout.journal, plan.name, plan.purpose)
    seen.ahead = await look_ahead(
        found,
        plan,
        lookout.balancer,
        lookout.clock,
        commands=commands,
        intervals=intervals_of(asked),
        without=wishes.overrides,
    )


def _untouched(seen: Foreseen, plan: Plan) -> list[Member]:
    """Whom a run would ask `unless` about first."""
    if seen.former is None:
        return list(plan.members)
    standing = seen.former.state.members
    return [one for one in plan.members if standing[one.name].phase is Phase.WAITING]


async def _metric_gates(file: RolloutFile, plan: Plan, sources: Sources) -> list[GateNow]:
    """Raises UsageFault for a query that can never work."""
    sampler = sampler_of(sources, file, plan, "plan")
    try:
        asked = await ask_gates(plan.policies.gates, plan.members[0].name, sampler)
    finally:
        await sampler.aclose()
    faults = [f"gate {one.gate.name!r}: {fault}" for one in asked for fault in one.faults]
    if faults:
        raise UsageFault("\n".join(faults))
    return asked
