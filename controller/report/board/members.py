"""Members as rows: which ones are shown, and what each one is doing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from controller.core.decide.context import Context
from controller.core.decide.drain import awaits_clients
from controller.core.decide.unresolved import unresolved_at
from controller.core.events import Verdict
from controller.core.gates.figures import span, whole
from controller.core.phases import FIVE, GRAVE, UPGRADED, Phase
from controller.core.state.counts import counted
from controller.core.state.parts import MemberState
from controller.core.state.state import State
from controller.core.steps import AskQuestions
from controller.report.board.outage import time_left
from controller.report.board.recent import Recent
from controller.report.board.segments import Tone
from controller.report.words import count, names

LAST_DONE: Final = 2
"""How many of the members done last are shown before the waiting ones."""


@dataclass(frozen=True, slots=True)
class Row:
    """One member."""

    member: str
    phase: str
    age: str
    limit: str
    """`of 30s`: it lasts that long; `max 5m`: at most."""
    in_flight: str
    history: tuple[int, ...]
    """Recent numbers of requests in flight, the newest last; empty unless it is in progress."""
    doing: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class MemberRows:
    rows: tuple[Row, ...]
    """In order of their turn; members that are left out come last."""
    rest: str
    """Members without a row: `986 waiting, 12 done`."""


def members(ctx: Context, recent: Recent, room: int) -> MemberRows:
    """As many members as fit. The rest are counted in a row of their own, unless there is room for
    one row only."""
    every = ctx.state.members
    names = [*every, *ctx.plan.left]
    is_cut = len(names) > room
    if is_cut:
        names = _by_weight(ctx)[: max(room - 1, min(room, 1))]
    chosen = set(names)
    rows = [_row(ctx, recent, m) for m in every.values() if m.name in chosen]
    rows += [_left(ctx.state, name, how) for name, how in ctx.plan.left.items() if name in chosen]
    others = [m.phase for m in every.values() if m.name not in chosen]
    others += [Phase.LEFT for name in ctx.plan.left if name not in chosen]
    return MemberRows(tuple(rows), _counts(others) if room > 1 else "")


def needed(ctx: Context) -> int:
    """Rows for the members that must be shown, and one for the others."""
    every = ctx.state.members.values()
    shown = sum(_is_busy(m) or m.phase in GRAVE for m in every)
    return min(shown + 1, len(ctx.state.members) + len(ctx.plan.left))


def _in_flight(state: State, member: str) -> str:
    """Empty where it is not known."""
    count = state.in_flight(member)
    return "" if count is None else str(count)


def _is_busy(m: MemberState) -> bool:
    return m.is_in_progress or m.phase is Phase.ASKING


def _by_weight(ctx: Context) -> list[str]:
    """In progress first, then failed ones, then those done last and those that come next."""
    every = list(ctx.state.members.values())
    done = sorted((m for m in every if m.phase in UPGRADED), key=lambda m: -m.finished_turn)
    groups: tuple[Sequence[MemberState], ...] = (
        [m for m in every if _is_busy(m)],
        [m for m in every if m.phase in GRAVE],
        [m for m in every if m.is_unreached],
        done[:LAST_DONE],
        [m for m in every if m.phase is Phase.WAITING],
        done[LAST_DONE:],
    )
    order = dict.fromkeys(m.name for group in groups for m in group)
    return [*order, *(name for name in ctx.state.members if name not in order), *ctx.plan.left]


def _counts(phases: Sequence[Phase]) -> str:
    words = Counter("in progress" if p in FIVE or p is Phase.DUE else str(p) for p in phases)
    return ", ".join(f"{number} {word}" for word, number in words.most_common())


def tally(ctx: Context) -> str:
    """Progress: `3 of 8 done, 1 in progress, 4 waiting`."""
    every = ctx.state.members.values()
    in_progress = sum(_is_busy(m) for m in every)
    parts = [
        f"{sum(m.phase in UPGRADED for m in every)} of {len(every)} done",
        *([f"{in_progress} in progress"] if in_progress else []),
    ]
    counts = Counter(m.phase for m in every)
    skipped = [m.name for m in every if m.is_unreached]
    counts[Phase.LEFT] += len(ctx.plan.left) - len(skipped)
    parts += [f"not reached: {names(skipped)}"] if skipped else []
    for phase in (Phase.FAILED, Phase.STUCK, Phase.KEPT, Phase.LEFT, Phase.WAITING):
        parts += [f"{counts[phase]} {phase}"] if counts[phase] else []
    return ", ".join(parts)


def _left(state: State, name: str, how: str) -> Row:
    in_flight = _in_flight(state, name)
    return Row(name, str(Phase.LEFT), "", "", in_flight, (), f"left as found: {how}", Tone.DIM)


def _row(ctx: Context, recent: Recent, m: MemberState) -> Row:
    is_busy = _is_busy(m)
    since = (
        m.trial.warmed_at if m.phase is Phase.SOAKING and m.trial.warmed_at is not None else m.since
    )
    return Row(
        member=m.name,
        phase=FIVE.get(m.phase, str(m.phase)),
        age=span(whole(ctx.now - since)) if is_busy else "",
        limit=_limit(ctx, m),
        in_flight=_in_flight(ctx.state, m.name),
        history=recent.in_flight.get(m.name, ()) if m.is_in_progress else (),
        doing=time_left(ctx, m) + _doing(ctx, m),
        tone=_tone(m),
    )


def _tone(m: MemberState) -> Tone:
    if m.phase in GRAVE:
        return Tone.BAD
    if _is_busy(m):
        return Tone.ACTIVE
    return Tone.GOOD if m.phase in UPGRADED else Tone.DIM


def _limit(ctx: Context, m: MemberState) -> str:
    policies = ctx.plan.policies
    match m.phase:
        case Phase.DRAINING if awaits_clients(ctx, m):
            return f"of {span(policies.drain.sticky)}"
        case Phase.DRAINING:
            return f"max {span(policies.drain.timeout)}"
        case Phase.CHECKING | Phase.RETURNING:
            return f"max {span(policies.comeback.within)}"
        case Phase.SOAKING:
            return f"of {span(policies.soak)}"
        case _:
            return ""


_DOING: Final = {
    Phase.ASKING: "asking `unless`",
    Phase.DUE: "its turn now",
    Phase.HOLDING: "being taken out",
    Phase.PROVING: "asking `unless` for proof",
    Phase.VALIDATING: "validated from outside",
    Phase.CHECKING: "its health check must pass",
    Phase.RETURNING: "going back into rotation",
    Phase.RESTORING: "going back as it was",
    Phase.SKIPPED: "was already there",
}


NEEDS_A_NAME: Final = {
    *(Phase.WAITING, Phase.DUE, Phase.OUT, Phase.UPGRADING),
    *(Phase.PROVING, Phase.VALIDATING, Phase.CHECKING, Phase.RETURNING),
}
"""What comes next is done to whoever has its address."""


def _use(ctx: Context, m: MemberState) -> str:
    """What says that a member that is out is in use, or that it is not known."""
    use = m.draining.use
    if ctx.plan.policies.drain.idle is None or use is None or use.verdict is Verdict.PASS:
        return ""
    return use.detail


def _doing(ctx: Context, m: MemberState) -> str:
    if m.phase in NEEDS_A_NAME and m.progress.work is None and unresolved_at(ctx, m):
        return "waiting for its name"
    match m.phase:
        case Phase.DRAINING if awaits_clients(ctx, m):
            return "sticky clients may still come"
        case Phase.DRAINING:
            return "waiting for work in flight"
        case Phase.DUE if isinstance(m.progress.work, AskQuestions):
            return "asking `preflight` once more"
        case Phase.OUT:
            is_busy = (ctx.state.in_flight(m.name) or 0) > 0
            if is_busy:
                return "out, waiting for work in flight"
            return f"out, still in use: {use}" if (use := _use(ctx, m)) else "out, and quiet"
        case Phase.UPGRADING if m.progress.work is not None:
            number, most = m.progress.step + 1, ctx.shape(m).steps
            step = f"step {number} of {most}" if number else "its snapshot"
            held_up = ctx.state.held_up(m.name)
            return f"{step} waits: {held_up}" if held_up else f"{step} runs"
        case Phase.UPGRADING:
            return "between two steps"
        case Phase.RAMPING:
            return f"{m.placement.share} % of its weight; {_served(ctx.state, m)}"
        case Phase.SOAKING if m.trial.warmed_at is None:
            return f"warms up; {_served(ctx.state, m)}"
        case Phase.SOAKING:
            return _served(ctx.state, m)
        case Phase.WAITING if m.placement.found and m.placement.former:
            return "OUT, to be proven anew"
        case Phase.WAITING if m.placement.found is not None:
            return "OUT since an earlier rollout"
        case Phase.WAITING:
            return "canary" if m.name in ctx.plan.canaries else ""
        case _:
            return _DOING.get(m.phase, m.why)


def _served(state: State, m: MemberState) -> str:
    counts = counted(state, m.name)
    ours = m.trial.own.total if state.ours.total else 0
    whose = f", {min(ours, counts.total)} of them our own" if ours and counts.total else ""
    return f"{count(counts.total, 'request')}{whose}, {counts.errors or 'none'} failed"
