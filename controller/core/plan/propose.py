"""Makes the plan: members, order, floor; or every reason to refuse."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Final

from controller.core.gates.gate import CounterGate, Gate
from controller.core.plan.abilities import Abilities, ByHand
from controller.core.plan.floor import floor_of
from controller.core.plan.found import found_out, lines_of
from controller.core.plan.lingering import lingering_notes
from controller.core.plan.machines import seats_of, shared_machines, two_machines
from controller.core.plan.marks import keys_in
from controller.core.plan.measured import measured, unmeasured
from controller.core.plan.order import in_turn, out_of_order
from controller.core.plan.plan import CourseShape, Plan, Purpose
from controller.core.pool import InstanceView, Member
from controller.core.settings import OnTimeout, Policies, Settings

NO_MEMBERS: Final = (
    "nothing in the pool could be a member: backup servers and empty places never are"
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan or the reasons to refuse, and notes for the operator."""

    plan: Plan | None
    refusals: tuple[str, ...]
    notes: tuple[str, ...]


NOT_UPGRADED: Final = "was not upgraded, so it is not rolled back"


def is_selected(name: str, include: Sequence[str], exclude: Sequence[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in include) and not any(
        fnmatchcase(name, glob) for glob in exclude
    )


def propose(
    settings: Settings,
    members: Mapping[str, Member],
    views: Sequence[InstanceView],
    *,
    ours: Collection[str],
    upgrade: CourseShape,
    rollback: CourseShape | None,
    abilities: Abilities,
    by_hand: ByHand,
    purpose: Purpose = Purpose.UPGRADE,
    upgraded: Collection[str] | None = None,
) -> Proposal:
    """From the settings and what was seen. `members`: every server by name, backups left out, in
    the load balancer's order. `ours`: those that poolroll has out since earlier (S8). `upgraded`:
    on the way back, who was; None: unknown."""
    chosen = _chosen(settings, members)
    refusals = [*_selection_refusals(settings, members, chosen), *_missing_members(chosen, views)]
    refusals += [*two_machines(chosen, views), *_impossible(settings, views, abilities, purpose)]
    left = _left(chosen, ours, views)
    left |= dict.fromkeys(stay := _not_upgraded(chosen, {*left, *ours}, upgraded), NOT_UPGRADED)
    turn, cost = in_turn(chosen, left, settings, ours, views, abilities)
    shared = shared_machines(turn, views)
    refusals += [*shared.refusals, *(_nobody_left(left, stay) if chosen and not turn else [])]
    refusals += out_of_order(turn, settings.selection, abilities, purpose)
    max_unavailable = max(1, settings.policies.max_unavailable.rounded_down(len(chosen)))
    floor = floor_of(settings, members, views, ours, max_unavailable, abilities)
    refusals += floor.refusals(cost) if turn and not refusals else ()
    plan = Plan(
        name=settings.name,
        members=tuple(members[name] for name in turn),
        canaries=tuple(name for name in settings.selection.canaries if name in turn),
        instances=tuple(view.instance for view in views),
        backends=_backends_of(views),
        max_unavailable=max_unavailable,
        min_available=floor.value,
        serving=floor.serving,
        policies=replace(settings.policies, gates=measured(settings.policies.gates, views)),
        upgrade=upgrade,
        rollback=rollback,
        purpose=purpose,
        sticky=dict(abilities.sticky),
        left=left,
        settle=abilities.settle,
        pace=abilities.pace,
        holds_out=abilities.holds_out,
        opens=abilities.opens,
        joins=abilities.joins,
        retires=abilities.retires,
        remembers=abilities.remembers,
        leak=abilities.leak,
        include=settings.selection.include,
        exclude=settings.selection.exclude,
        by_hand=by_hand,
        seats={name: seats_of(name, views) for name in members},
        keys=tuple(sorted(keys_in(views))),
    )
    notes = _notes(left, turn, views, settings.policies, (*floor.notes, *shared.notes))
    return Proposal(None if refusals else plan, tuple(refusals), notes)


def _notes(
    left: Mapping[str, str],
    turn: Sequence[str],
    views: Sequence[InstanceView],
    policies: Policies,
    more: Sequence[str],
) -> tuple[str, ...]:
    left_out = [_left_note(name, how) for name, how in left.items()]
    return (*left_out, *more, *_failing_checks(turn, views), *lingering_notes(views, policies))


def _nobody_left(left: Mapping[str, str], stay: Sequence[str]) -> list[str]:
    """`stay`: those of them that the rollout to be undone has not changed."""
    if stay:
        return ["no member was upgraded: there is nothing to roll back"]
    every = "; ".join(f"{name} {how}" for name, how in left.items())
    return [f"every selected member was found out of rotation: {every}"]


def _left(
    chosen: Collection[str], ours: Collection[str], views: Sequence[InstanceView]
) -> dict[str, str]:
    """Members that somebody else has out → how they were found."""
    return {name: how for name in chosen if name not in ours if (how := found_out(name, views))}


def _backends_of(views: Sequence[InstanceView]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(backend for view in views for backend in view.backends))


def _not_upgraded(
    chosen: Sequence[str], others: Collection[str], upgraded: Collection[str] | None
) -> list[str]:
    """On the way back: who has nothing to go back from. `others`: those that have another part."""
    meant = chosen if upgraded is None else upgraded
    return [name for name in chosen if name not in meant and name not in others]


def _left_note(name: str, how: str) -> str:
    if how is NOT_UPGRADED:
        return f"{name} {how}: left as it is"
    return f"{name} {how}: left out, not upgraded"


def _impossible(
    settings: Settings, views: Sequence[InstanceView], abilities: Abilities, purpose: Purpose
) -> list[str]:
    """Settings that these load balancers cannot fulfil."""
    policies = settings.policies
    reasons = unmeasured(policies.gates, views)
    if not abilities.counts:
        reasons += [_uncounted(gate) for gate in policies.gates if isinstance(gate, CounterGate)]
    if purpose is Purpose.REHEARSAL and not abilities.holds_out:
        reasons.append(
            "a rehearsal takes every member out and upgrades nothing; here only an upgrade takes a "
            "member out"
        )
    if policies.drain.on_timeout is OnTimeout.CUT and not abilities.cuts:
        reasons.append(
            "drain.on_timeout is cut, and sessions of this pool cannot be closed; set it to halt"
        )
    return reasons


def _uncounted(gate: Gate) -> str:
    return (
        f"gate {gate.name!r} needs requests that load balancers count, and none counts them "
        "here; use a gate on metrics"
    )


def _chosen(settings: Settings, members: Mapping[str, Member]) -> list[str]:
    globs = settings.selection
    return [name for name in members if is_selected(name, globs.include, globs.exclude)]


def _selection_refusals(
    settings: Settings, members: Mapping[str, Member], chosen: Sequence[str]
) -> list[str]:
    globs = settings.selection
    known = ", ".join(members) or "none"
    reasons = []
    if not members:
        reasons.append(NO_MEMBERS)
    elif not chosen:
        reasons.append(
            f"no member is selected: include {list(globs.include)}, exclude {list(globs.exclude)} "
            f"match none of: {known}"
        )
    elif globs.expect is not None and len(chosen) != globs.expect:
        reasons.append(
            f"pool.members.expect is {globs.expect}, but {len(chosen)} were found: "
            + ", ".join(chosen)
        )
    for what, names in (("canary", globs.canaries), ("--only", globs.only)):
        reasons += [
            f"{what} {name!r} is not a selected member; they are: {', '.join(chosen) or 'none'}"
            for name in names
            if name not in chosen
        ]
    return reasons


def _missing_members(chosen: Sequence[str], views: Sequence[InstanceView]) -> list[str]:
    """Members missing in a backend or instance: they could not be taken out everywhere."""
    missing = []
    for view in views:
        for backend in _backends_of(views):
            there = {line.member for line in view.lines if line.backend == backend}
            missing += [
                f"member {name!r} is not in backend {backend!r} at {view.instance}; exclude it, "
                "or give that backend a rollout of its own"
                for name in chosen
                if name not in there
            ]
    return missing


def _failing_checks(turn: Sequence[str], views: Sequence[InstanceView]) -> list[str]:
    return [
        f"{name} fails its health check ({line.backend} at {view.instance})"
        for name in turn
        for view, line in lines_of(name, views)
        if line.health == "failing" and not line.is_out
    ]
