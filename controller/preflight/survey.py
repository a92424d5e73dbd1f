"""Survey of the pool: reaches every load balancer and makes the proposal of a plan.

Read-only; the core decides what the findings mean.
"""

import asyncio
from collections import ChainMap
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from operator import or_

from controller.config import RolloutFile
from controller.config.text.nearest import did_you_mean
from controller.core.plan.abilities import Abilities, ByHand
from controller.core.plan.marks import keys_in
from controller.core.plan.plan import CourseShape, Purpose
from controller.core.plan.propose import Proposal, is_selected, propose
from controller.core.plan.ramp import ramp_notes, without_ramp
from controller.core.pool import Found, InstanceView, Line, Member, PoolKey
from controller.core.pool.copies import replace
from controller.core.settings import Selection
from controller.errors import BalancerError, Refused
from controller.ports import Journal, LoadBalancer
from controller.preflight.memory import out_because_of_us
from controller.preflight.shapes import shapes
from controller.records import Survey


@dataclass(frozen=True, slots=True)
class PoolSurvey:
    """The pool as found, with the proposal."""

    file: RolloutFile
    views: tuple[InstanceView, ...]
    abilities: Abilities
    members: Mapping[str, Member]
    ours: Mapping[str, Found]
    """Members that an earlier rollout took out → how they were found then."""
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class Reached:
    """Every load balancer answered."""

    views: tuple[InstanceView, ...]
    survey: Survey
    """The surveys of all of them, merged."""

    @property
    def keys(self) -> frozenset[PoolKey]:
        """The identity of the pool, the same for every controller (S10)."""
        return keys_in(self.views)


async def reach(balancer: LoadBalancer, selection: Selection) -> Reached:
    """Ask every instance. Raises Refused with a reason for each that did not answer as it must."""

    async def one(instance: str) -> tuple[InstanceView, Survey]:
        view = await balancer.look(instance, None)
        members = {line.member for line in view.lines if line.may_be_member}
        selected = {name for name in members if _is_chosen(selection, name)}
        return view, await balancer.survey(view, selected)

    found = await asyncio.gather(
        *(one(instance) for instance in balancer.instances), return_exceptions=True
    )
    reasons, views, surveys = [], [], []
    for answer in found:
        if isinstance(answer, BalancerError):
            reasons.append(str(answer))
        elif isinstance(answer, BaseException):
            raise answer
        else:
            views.append(answer[0])
            surveys.append(answer[1])
    if reasons:
        raise Refused(*reasons)
    return Reached(tuple(views), _merged(surveys))


def _merged(surveys: Sequence[Survey]) -> Survey:
    """Merges surveys, each line once."""
    return Survey(
        _once(one.refusals for one in surveys),
        _once(one.notes for one in surveys),
        reduce(or_, (one.abilities for one in surveys)),
        ByHand(
            "; ".join(_once((one.by_hand.put_back,) for one in surveys)),
            "; ".join(_once((one.by_hand.take_out,) for one in surveys)),
            "; ".join(_once((one.by_hand.where,) for one in surveys)),
            dict(ChainMap(*(dict(one.by_hand.put_back_each) for one in surveys))),
            dict(ChainMap(*(dict(one.by_hand.take_out_each) for one in surveys))),
        ),
    )


def _once(lines: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(lines)))


async def survey(
    file: RolloutFile,
    reached: Reached,
    journal: Journal | None,
    purpose: Purpose = Purpose.UPGRADE,
    upgraded: Collection[str] | None = None,
) -> PoolSurvey:
    """Make the proposal. `upgraded`: see `propose`. Raises ConfigurationError when a member's
    templates cannot be filled."""
    settings, said = file.settings, reached.survey
    abilities = said.abilities
    members = _members(file, reached.views)
    ours = (
        await out_because_of_us(settings.name, reached.views, journal)
        if journal is not None
        else {}
    )
    selected = [name for name in members if _is_chosen(settings.selection, name)]
    lines = {line.member: line for view in reached.views for line in view.lines}
    placed = [name for name in selected if name in ours or not _is_nowhere(lines[name])]
    upgrade, rollback = shapes(file, [members[name] for name in placed], purpose)
    if purpose is Purpose.ROLLBACK:
        if rollback is None:
            raise Refused("the rollout file has no `rollback`: there is no way back to run")
        upgrade, rollback = rollback, None
    elif purpose is Purpose.REHEARSAL:
        upgrade, rollback = CourseShape(0, has_questions=upgrade.has_questions), None
    proposal = propose(
        settings,
        members,
        reached.views,
        ours=ours,
        upgrade=upgrade,
        rollback=rollback,
        purpose=purpose,
        abilities=abilities,
        by_hand=said.by_hand,
        upgraded=upgraded,
    )
    refusals = proposal.refusals + said.refusals
    notes = (*proposal.notes, *_probe_notes(file), *_stray_vars(file, reached), *said.notes)
    ramp = settings.policies.comeback.ramp
    notes += tuple(ramp_notes(ramp, abilities.unweighted, _chosen(selected, reached)))
    plan = proposal.plan
    if plan is not None and abilities.unweighted:
        plan = without_ramp(plan)
    if plan is not None:
        plan = replace(plan, collects=len(file.rollout.collect))
    proposal = Proposal(None if refusals else plan, refusals, tuple(dict.fromkeys(notes)))
    return PoolSurvey(file, reached.views, abilities, members, ours, proposal)


def _chosen(selected: Sequence[str], reached: Reached) -> list[Line]:
    return [line for view in reached.views for line in view.lines if line.member in selected]


def _is_chosen(selection: Selection, name: str) -> bool:
    return is_selected(name, selection.include, selection.exclude)


def _members(file: RolloutFile, views: Sequence[InstanceView]) -> dict[str, Member]:
    """Every server but backups and empty slots, in the load balancer's own order."""
    members: dict[str, Member] = {}
    for view in views:
        for line in view.lines:
            if not line.may_be_member or line.member in members:
                continue
            if _is_chosen(file.settings.selection, line.member) and not _is_nowhere(line):
                members[line.member] = file.member(line.member, *_address(line))
            else:
                members[line.member] = Member(line.member, *_address(line))
    return members


def _is_nowhere(line: Line) -> bool:
    """Its name has no address, which is for now: it is left out, and no template needs one."""
    return line.is_unresolved and line.occupant is None


def _address(line: Line) -> tuple[str, int]:
    """Address and port of its occupant; empty and 0 while it has none."""
    occupant = line.occupant
    return (occupant.address, occupant.port) if occupant is not None else ("", 0)


def _stray_vars(file: RolloutFile, reached: Reached) -> list[str]:
    """Variables of servers that do not exist: a typo, or a server that is gone."""
    known = list(dict.fromkeys(line.member for view in reached.views for line in view.lines))
    notes = []
    for name in file.rollout.pool.members.vars:
        if name not in known:
            hint = f"; {close}" if (close := did_you_mean(name, known)) else ""
            notes.append(f"pool.members.vars: {name!r} is not in this pool{hint}")
    return notes


def _probe_notes(file: RolloutFile) -> list[str]:
    return [
        f"gate {gate.name!r}: nothing in its probe names the member in progress (a cookie or "
        "header with ${member.…}), so its requests reach whichever member the balancer picks"
        for gate in file.rollout.gates
        if gate.probe is not None
        and not any("${member." in text for text in (gate.probe.url, *gate.probe.headers.values()))
    ]
