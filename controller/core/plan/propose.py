"""How a plan is made: the members, their order, the floor; or every reason to refuse."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from controller.core.gates.gate import CounterGate, Gate
from controller.core.plan.abilities import Abilities, ByHand
from controller.core.plan.plan import CourseShape, Plan, Purpose
from controller.core.pool import InstanceView, Line, Member
from controller.core.settings import OnTimeout, Policies, Settings
from controller.core.snapshot import Snapshot, capacity, looked


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan, or the reasons to refuse; and what an operator should know either way."""

    plan: Plan | None
    refusals: tuple[str, ...]
    notes: tuple[str, ...]


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
) -> Proposal:
    """Make the plan from what was asked for and what was seen.

    `members`: every server of the pool by name, backups left out, in the load balancer's order.
    `ours`: those that poolroll itself took out earlier and has not returned (S8).
    """
    chosen = _chosen(settings, members)
    backends = tuple(dict.fromkeys(backend for view in views for backend in view.backends))
    refusals = _selection_refusals(settings, members, chosen)
    refusals += _absences(chosen, backends, views)
    refusals += _beyond(settings.policies, abilities)
    left = {name: how for name in chosen if name not in ours if (how := _found_out(name, views))}
    turn = [name for name in chosen if name not in left]
    if chosen and not turn:
        every = "; ".join(f"{name} {how}" for name, how in left.items())
        refusals.append(f"every selected member was found out of rotation: {every}")
    limits = settings.policies
    max_unavailable = max(1, limits.max_unavailable.rounded_down(len(chosen)))
    serving, where = _serving(views, ours)
    largest = _largest(members, views)
    if limits.min_available is None:
        min_available = max(1, serving - max_unavailable)
    else:
        min_available = limits.min_available.rounded_up(largest)
    raised = abilities.floor if (abilities.floor or 0) > min_available else None
    if turn and not refusals and serving - 1 < max(min_available, raised or 0):
        rule = f"min_available is {min_available}"
        refusals.append(
            f"the floor does not hold: {serving} serve ({where}), one less would be "
            f"{serving - 1}, and "
            + (f"{_ITS_OWN} is {raised} ({rule})" if raised is not None else rule)
        )
    if purpose is Purpose.REHEARSAL and not abilities.holds_out:
        refusals.append(
            "a rehearsal takes every member out and upgrades nothing; here only an upgrade takes a "
            "member out"
        )
    plan = Plan(
        name=settings.name,
        members=tuple(members[name] for name in _in_order(turn, settings, ours)),
        canaries=tuple(name for name in settings.selection.canaries if name in turn),
        instances=tuple(view.instance for view in views),
        backends=backends,
        max_unavailable=max_unavailable,
        min_available=max(min_available, raised or 0),
        serving=serving,
        policies=limits,
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
        include=settings.selection.include,
        exclude=settings.selection.exclude,
        by_hand=by_hand,
    )
    notes = tuple(f"{name} {how}: left out, not upgraded" for name, how in left.items())
    if limits.min_available is None and serving < largest:
        notes += (_sunken(largest - serving, largest, min_available),)
    if raised is not None:
        notes += (f"{_ITS_OWN} is {raised}: above min_available, which is {min_available}",)
    notes += tuple(_sick(turn, views))
    return Proposal(None if refusals else plan, tuple(refusals), notes)


_ITS_OWN: Final = "the floor that the pool itself sets"


def _beyond(policies: Policies, abilities: Abilities) -> list[str]:
    """What is asked for and cannot be had from these load balancers."""
    reasons = []
    if not abilities.counts:
        reasons += [_uncounted(gate) for gate in policies.gates if isinstance(gate, CounterGate)]
    if policies.drain.on_timeout is OnTimeout.CUT and not abilities.cuts:
        reasons.append(
            "drain.on_timeout is cut, and sessions of this pool cannot be closed; set it to halt"
        )
    return reasons


def _uncounted(gate: Gate) -> str:
    return (
        f"gate {gate.name!r} judges by requests that load balancers count, and none counts them "
        "here; use a gate that asks a metrics system"
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
    if not chosen:
        reasons.append(
            f"no member left: include {list(globs.include)}, exclude {list(globs.exclude)} "
            f"choose none of: {known}"
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


def _absences(
    chosen: Sequence[str], backends: Sequence[str], views: Sequence[InstanceView]
) -> list[str]:
    """Members that some backend or instance lacks: taking them out everywhere would fail."""
    missing = []
    for view in views:
        for backend in backends:
            there = {line.member for line in view.lines if line.backend == backend}
            missing += [
                f"member {name!r} is not in backend {backend!r} at {view.instance}; exclude it, "
                "or give that backend a rollout of its own"
                for name in chosen
                if name not in there
            ]
    return missing


def _lines(name: str, views: Sequence[InstanceView]) -> list[tuple[InstanceView, Line]]:
    return [(view, line) for view in views for line in view.of(name)]


def _found_out(name: str, views: Sequence[InstanceView]) -> str:
    """How a member was found out of rotation; empty when it was in rotation everywhere."""
    for view, line in _lines(name, views):
        if line.is_out:
            how = f"is {line.admin}" if line.weight or line.admin != "ready" else "has weight 0"
            return f"{how} ({line.backend} at {view.instance})"
    return ""


def _sick(turn: Sequence[str], views: Sequence[InstanceView]) -> list[str]:
    return [
        f"{name} fails its health check ({line.backend} at {view.instance})"
        for name in turn
        for view, line in _lines(name, views)
        if line.health == "failing" and not line.is_out
    ]


def _serving(views: Sequence[InstanceView], ours: Collection[str]) -> tuple[int, str]:
    """How many serve, and where the fewest do. Our own that are out count: they come back first."""
    snapshots = [looked(Snapshot(view.instance), view) for view in views]
    fewest = capacity(snapshots)
    out = sum(1 for name in ours if _found_out(name, views))
    return fewest.serving + out, fewest.where


def _sunken(idle: int, members: int, floor: int) -> str:
    return (
        f"{idle} of {members} members {'does' if idle == 1 else 'do'} not serve; the floor is "
        f"{floor}, counted from those that serve now: set pool.min_available"
    )


def _largest(members: Collection[str], views: Sequence[InstanceView]) -> int:
    """How many members the largest backend has: what a percentage of the pool means, whoever is
    down or out just now. A floor that sank with every member lost would be none."""
    of = Counter(
        (view.instance, line.backend)
        for view in views
        for line in view.lines
        if line.member in members
    )
    return max(of.values(), default=0)


def _in_order(turn: Sequence[str], settings: Settings, ours: Collection[str]) -> list[str]:
    """Ours that are still out come first (they use up max_unavailable), then the canaries as
    listed, then the load balancer's own order."""
    canaries = settings.selection.canaries

    def rank(name: str) -> tuple[int, int]:
        if name in ours:
            return 0, turn.index(name)
        return (1, canaries.index(name)) if name in canaries else (2, turn.index(name))

    return sorted(turn, key=rank)
