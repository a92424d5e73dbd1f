"""The state of the rollout in one line, and why it waits if it does."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from controller.core.decide.context import Context
from controller.core.decide.gates import gate_holds, hold_left
from controller.core.decide.schedule import in_scope
from controller.core.events import Verdict
from controller.core.gates.figures import span, whole
from controller.core.gates.gate import Gate, Scope, Then
from controller.core.phases import OVER, Phase
from controller.core.state.parts import MemberState
from controller.core.state.state import Mode, State
from controller.report.words import names

RUNNING, PAUSED, HOLDING = "RUNNING", "PAUSED", "HOLDING"
ROLLING_BACK: Final = "ROLLING BACK"
HALTED: Final = "HALTED"
SECOND: Final = timedelta(seconds=1)
GRACE: Final = timedelta(seconds=2)
"""How late the verdict of a gate may be before that is shown as holding."""


@dataclass(frozen=True, slots=True)
class StateLine:
    word: str
    why: str = ""

    @property
    def is_running(self) -> bool:
        return self.word == RUNNING

    @property
    def is_ending(self) -> bool:
        return self.word not in (RUNNING, PAUSED, HOLDING, ROLLING_BACK)


def state_line(ctx: Context) -> StateLine:
    state = ctx.state
    if state.finished is not None:
        return StateLine(state.finished.outcome.upper(), state.finished.why)
    if state.mode is Mode.STOPPING:
        return _stopping(state)
    if state.halt is not None and state.mode is Mode.ROLLING_BACK:
        return StateLine(ROLLING_BACK, f"{names(state.rolling)}, after the halt: {state.halt.seen}")
    if state.halt is not None:
        rest = (
            "members in progress come to rest"
            if state.in_progress
            else "no further member is touched"
        )
        return StateLine(HALTED, f"{state.halt.seen}; {rest}")
    reason = next(_reasons(ctx), None)
    if state.paused:
        go_on = f"poolroll resume {ctx.plan.name} --reason '…'"
        held = f"; {reason}" if reason is not None else ""
        rest = f"members in progress finish, no further member starts; to go on: {go_on}"
        return StateLine(PAUSED, f"{rest}{held}")
    if reason is not None:
        return StateLine(HOLDING, reason)
    return StateLine(RUNNING)


def _stopping(state: State) -> StateLine:
    running = [
        m.name
        for m in state.in_progress
        if m.phase is Phase.UPGRADING and m.progress.work is not None
    ]
    rest = "members in progress are brought to a safe state"
    if running:
        rest = f"waiting for the upgrade step of {names(running)}, which is never cut"
    if state.abort is not None:
        return StateLine("STOPPING", f"aborted by {state.abort.by}; {rest}")
    why = state.stop.why if state.stop is not None else ""
    return StateLine("STOPPING", f"{why}; {rest}")


def _reasons(ctx: Context) -> Iterator[str]:
    if ctx.state.journal.is_silent:
        why = ctx.state.journal.why
        what = f"cannot be written ({why})" if why else "does not answer"
        yield f"the journal {what}, and each step is written in it first"
    if ctx.state.unheard:
        yield f"the journal cannot be read ({ctx.state.unheard}), so nobody could pause it"
    yield from _unseen(ctx)
    yield from _lingering(ctx)
    yield from _short(ctx)
    yield from _gates(ctx)


def _unseen(ctx: Context) -> Iterator[str]:
    for instance, snapshot in ctx.state.snapshots.items():
        if snapshot.lost_since is not None:
            silent = ctx.now - snapshot.lost_since
            left = ctx.plan.policies.lost_after - silent
            yield (
                f"{instance} has not answered for {span(whole(silent))}, {_end(left)}: "
                f"{snapshot.lost_why}"
            )
        elif snapshot.at is None:
            yield f"{instance} has not answered yet"


def _lingering(ctx: Context) -> Iterator[str]:
    held_up = (Phase.DUE, Phase.OUT, Phase.UPGRADING)
    waiting = [m for m in ctx.state.in_progress if m.phase in held_up]
    if not any(m.progress.work is None for m in waiting):
        return
    if ctx.lingering is not None:
        yield f"a lingering worker of {ctx.lingering} may still serve its last connections"


def _short(ctx: Context) -> Iterator[str]:
    since = ctx.state.short_since
    if since is None:
        return
    due = [m.name for m in ctx.state.in_progress if m.phase is Phase.DUE]
    serving = ctx.without(*due).serving
    left = ctx.plan.policies.wait_for_capacity - ctx.seen_for(since)
    yield (
        f"waiting for capacity: only {serving} would serve without {names(due)}, the floor is "
        f"{ctx.plan.min_available}; {_end(left)}"
    )


def _gates(ctx: Context) -> Iterator[str]:
    """Gates that keep a member from starting, or from ending its soak."""
    over = [m for m in ctx.state.in_progress if is_soaked(ctx, m)]
    is_idle = not ctx.state.in_progress and ctx.now - ctx.state.began_at >= GRACE
    begins = is_idle and any(m.phase is Phase.WAITING for m in in_scope(ctx))
    for gate in ctx.plan.policies.gates:
        if gate.scope is Scope.MEMBER:
            for m in over:
                if not gate_holds(ctx, gate, m.name):
                    yield f"the soak of {m.name} is over, but {_says(ctx, gate, m)}"
        elif (over or begins) and not gate_holds(ctx, gate, None):
            yield _says(ctx, gate, None)


def is_soaked(ctx: Context, m: MemberState) -> bool:
    """Whether its soak time is over and only its gates keep it, for more than a moment."""
    if m.phase is not Phase.SOAKING or m.trial.warmed_at is None:
        return False
    return ctx.seen_for(m.trial.warmed_at) >= ctx.plan.policies.soak + GRACE


def _says(ctx: Context, gate: Gate, m: MemberState | None) -> str:
    last = ctx.state.gate(gate.name, m.name if m is not None else None)
    if last is None:
        return f"gate {gate.name!r} has no verdict yet"
    if last.verdict is Verdict.FAIL:
        of = f", {last.failures} of {gate.failures} in a row" if gate.failures > 1 else ""
        return f"gate {gate.name!r} fails: {last.reason}{of}"
    said = f"gate {gate.name!r} is inconclusive"
    left = hold_left(ctx, gate, m.name if m is not None else None)
    if left is None:
        return f"{said}: {last.reason}"
    end = "counts as passed" if gate.then is Then.PASS else "halts"
    return f"{said}, {_end(left, end)}: {last.reason}"


def _end(left: timedelta, end: str = "halts") -> str:
    return f"{end} in {span(whole(left))}" if left >= SECOND else f"{end} now"


def is_at_the_end(ctx: Context) -> bool:
    """Whether no member is left to do."""
    return all(m.phase in OVER for m in in_scope(ctx))
