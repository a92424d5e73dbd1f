"""Before anything is touched: reach everything that can be reached, and say what speaks against.

Reads only. What it finds becomes a proposal of the core; nothing is decided here but which
questions are asked.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from typing import Final

from controller.config import RolloutFile
from controller.core.plan.plan import CourseShape, Purpose
from controller.core.plan.propose import Proposal, is_selected, propose
from controller.core.plan.ramp import slope_notes, without_ramp
from controller.core.pool import Found, InstanceView, Line, Member
from controller.errors import BalancerError, Refused
from controller.ports import Features, Journal, LoadBalancer
from controller.report.remarks import backup_remarks, line_remarks, mode_remarks

NO_WINDOW: Final = timedelta(seconds=1)
"""For `${window}`, where it only matters that every template can be filled."""

PoolKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Survey:
    """All that was found."""

    file: RolloutFile
    views: tuple[InstanceView, ...]
    features: tuple[Features, ...]
    members: Mapping[str, Member]
    ours: Mapping[str, Found]
    """Members that we took out in an earlier rollout → how they were found then."""
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class Reached:
    """Every load balancer answered."""

    views: tuple[InstanceView, ...]
    features: tuple[Features, ...]

    @property
    def keys(self) -> frozenset[PoolKey]:
        """What makes this pool the same pool for everybody (S10)."""
        return frozenset(
            (line.backend, f"{line.address}:{line.port}")
            for view in self.views
            for line in view.lines
        )


async def reach(balancer: LoadBalancer) -> Reached:
    """Ask every instance. Raises Refused with a reason for each that did not answer as it must."""

    async def one(instance: str) -> tuple[InstanceView, Features]:
        features = await balancer.survey(instance)
        return await balancer.look(instance, None), features

    found = await asyncio.gather(
        *(one(instance) for instance in balancer.instances), return_exceptions=True
    )
    reasons, views, features = [], [], []
    for answer in found:
        if isinstance(answer, BalancerError):
            reasons.append(str(answer))
        elif isinstance(answer, BaseException):
            raise answer
        else:
            views.append(answer[0])
            features.append(answer[1])
    reasons += [
        f"{one.instance}: this door has level {one.level!r}; taking members out needs `level admin`"
        for one in features
        if one.level != "admin"
    ]
    if reasons:
        raise Refused(*reasons)
    return Reached(tuple(views), tuple(features))


async def survey(
    file: RolloutFile,
    reached: Reached,
    journal: Journal | None,
    purpose: Purpose = Purpose.UPGRADE,
) -> Survey:
    """Make the proposal. Raises ConfigurationError when a member's templates cannot be filled."""
    settings = file.settings
    members = _members(file, reached.views)
    ours = await _ours(settings.name, reached, journal) if journal is not None else {}
    selected = [name for name in members if _is_chosen(file, name)]
    upgrade, rollback = _shapes(file, [members[name] for name in selected])
    if purpose is Purpose.ROLLBACK:
        if rollback is None:
            raise Refused("the rollout file has no `rollback`: there is no way back to run")
        upgrade, rollback = rollback, None
    elif purpose is Purpose.REHEARSAL:
        upgrade, rollback = CourseShape(0), None
    proposal = propose(
        settings,
        members,
        reached.views,
        ours=ours,
        upgrade=upgrade,
        rollback=rollback,
        purpose=purpose,
        sticky={backend: kind for one in reached.features for backend, kind in one.sticky.items()},
    )
    refusals = proposal.refusals + tuple(_strangers_lead(file, selected, reached.features))
    static = _static(file, reached)
    notes = proposal.notes + tuple(_features_notes(file, selected, reached))
    notes += tuple(slope_notes(settings.policies.comeback.ramp, static, _chosen(selected, reached)))
    plan = without_ramp(proposal.plan) if proposal.plan is not None and static else proposal.plan
    proposal = Proposal(None if refusals else plan, refusals, notes)
    return Survey(file, reached.views, reached.features, members, ours, proposal)


def _static(file: RolloutFile, reached: Reached) -> frozenset[str]:
    """Backends of the pool that some instance takes only 0 and 100 % of a weight for."""
    backends = frozenset(file.settings.pool.backends)
    return frozenset(backend for one in reached.features for backend in one.static) & backends


def _chosen(selected: Sequence[str], reached: Reached) -> list[Line]:
    return [line for view in reached.views for line in view.lines if line.member in selected]


def _is_chosen(file: RolloutFile, name: str) -> bool:
    selection = file.settings.selection
    return is_selected(name, selection.include, selection.exclude)


def _members(file: RolloutFile, views: Sequence[InstanceView]) -> dict[str, Member]:
    """Every server but the backups, in the load balancer's own order."""
    members: dict[str, Member] = {}
    for view in views:
        for line in view.lines:
            if line.backup or line.member in members:
                continue
            if _is_chosen(file, line.member):
                members[line.member] = file.member(line.member, line.address, line.port)
            else:
                members[line.member] = Member(line.member, line.address, line.port)
    return members


def _shapes(file: RolloutFile, members: Sequence[Member]) -> tuple[CourseShape, CourseShape | None]:
    """Fill every template once, so that no member is found wanting half-way."""
    shapes: list[CourseShape | None] = [CourseShape(0), None]
    metrics = [gate for gate in file.settings.policies.gates if gate.metric is not None]
    for member in members:
        for gate in metrics:
            file.queries(gate, member, "check", NO_WINDOW)
        work = file.work("upgrade", member, "check")
        shapes[0] = CourseShape(len(work.steps), work.guard is not None)
        if file.has_rollback:
            back = file.work("rollback", member, "check")
            shapes[1] = CourseShape(len(back.steps), back.guard is not None)
    return shapes[0] or CourseShape(0), shapes[1]


async def _ours(name: str, reached: Reached, journal: Journal) -> dict[str, Found]:
    """What we have out still. Raises Refused when an unfinished rollout of another name has."""
    ours: dict[str, Found] = {}
    ended = {row.id: (row.name, row.ended is not None) for row in await journal.rollouts()}
    for taken in await journal.taken(reached.keys):
        lines = [line for view in reached.views for line in view.of(taken.member)]
        if not any(line.is_out for line in lines):
            continue  # somebody returned it meanwhile
        other, is_over = ended.get(taken.rollout, (name, True))
        if other != name and not is_over:
            raise Refused(
                f"rollout {other!r} is unfinished and has {taken.member} of this pool out; "
                f"go on with it, or: poolroll abort {other} --restore"
            )
        ours[taken.member] = taken.found
    return ours


def _strangers_lead(
    file: RolloutFile, selected: Sequence[str], features: Sequence[Features]
) -> list[str]:
    """A line whose health follows a server outside the pool cannot be returned safely: its
    health check cannot be started anew."""
    backends = file.settings.pool.backends
    reasons = []
    for one in features:
        for follower, leader in one.trackers:
            backend, _, name = follower.partition("/")
            if backend not in backends or name not in selected:
                continue
            led_by, _, leading = leader.partition("/")
            if led_by not in backends:
                reasons.append(
                    f"{one.instance}: {follower} follows the health of {leader} (track); add "
                    f"{led_by!r} to pool.haproxy.backends, so that it is taken out there too"
                )
            elif leading != name:
                reasons.append(
                    f"{one.instance}: {follower} follows the health of another member, {leader} "
                    "(track); a member can only be returned by its own health"
                )
    return reasons


def _features_notes(file: RolloutFile, selected: Sequence[str], reached: Reached) -> list[str]:
    backends = file.settings.pool.backends
    notes = [*_probe_notes(file), *_stray_vars(file, reached)]
    for one in reached.features:
        if one.doubt is not None:
            notes.append(f"{one.instance}: {one.doubt}")
        for follower, leader in one.trackers:
            if leader.partition("/")[0] in backends and follower.partition("/")[0] not in backends:
                notes.append(f"{follower} follows {leader} (track): it goes out with it")
    for backend in backends:
        there = [line for view in reached.views for line in view.lines if line.backend == backend]
        lines = [line for line in there if line.member in selected and not line.backup]
        notes += line_remarks(backend, lines)
        notes += backup_remarks(backend, there)
        notes += mode_remarks(backend, reached.features)
    return list(dict.fromkeys(notes))


def _stray_vars(file: RolloutFile, reached: Reached) -> list[str]:
    """Variables of a member that is none: a mistyped name, or a server that is gone."""
    known = list(dict.fromkeys(line.member for view in reached.views for line in view.lines))
    notes = []
    for name in file.rollout.pool.members.vars:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            mend = f"; did you mean {close[0]!r}?" if close else ""
            notes.append(f"pool.members.vars: {name!r} is no server of this pool{mend}")
    return notes


def _probe_notes(file: RolloutFile) -> list[str]:
    return [
        f"gate {gate.name!r}: nothing in its probe names the member in hand (a cookie or header "
        "with ${member.…}), so its requests reach whichever member the balancer picks"
        for gate in file.settings.policies.gates
        if gate.probe is not None
        and not any("${member." in text for text in (gate.probe.url, *gate.probe.headers.values()))
    ]
