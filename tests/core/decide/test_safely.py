"""After an error of our own: what raises is passed over, and everything else is decided as ever."""

from dataclasses import replace
from typing import Any

import pytest

from controller.core.decide import safely
from controller.core.decide.bug import watch_bug
from controller.core.decide.context import Context, Output
from controller.core.decide.decide import decide
from controller.core.decide.safely import END, Spoiled, decide_safely, forced, of
from controller.core.events import BugSeen, Cause, Finished, Halted, SightLost
from controller.core.outcome import ExitCode, Outcome
from controller.core.phases import Phase
from controller.core.state.apply import apply
from controller.core.state.state import Mode
from controller.core.steps import Course, RunStep, SetMember, Setting
from tests.support.contexts import FOUND, HALT, HALTED, NOW, STOPPED, a_context, ago, standing

BUG: dict[str, Any] = {"bug": "ValueError: 5000 digits (in a look at lb1)"}
SEEN = "a bug in poolroll: ValueError: 5000 digits (in a look at lb1)"
STEP = RunStep("web1", Course.UPGRADE, 0, 0)


def decided(ctx: Context, spoiled: Spoiled | None = None) -> tuple[str, Output | None]:
    return decide_safely(ctx.plan, ctx.state, ctx.now, {} if spoiled is None else spoiled)


def raises(ctx: Context) -> Output | None:
    raise OverflowError("int too large")


def test_a_bug_halts() -> None:
    halt = watch_bug(a_context(**BUG))
    assert isinstance(halt, Halted)
    assert (halt.cause, halt.seen) == (Cause.BUG, SEEN)
    assert watch_bug(a_context()) is None
    assert watch_bug(a_context(**BUG, **HALTED)) is None
    assert watch_bug(a_context(**BUG, **STOPPED)) is None
    assert decide(a_context(**BUG).plan, a_context(**BUG).state, NOW) == halt


def test_the_first_bug_stands() -> None:
    ctx = a_context(**BUG)
    after = apply(ctx.plan, ctx.state, BugSeen("another one"), NOW)
    assert after.bug == BUG["bug"]


@pytest.mark.parametrize("mode", [HALTED, STOPPED], ids=["halted", "stopped"])
def test_a_bug_decides_the_exit_code(mode: dict[str, Any]) -> None:
    long_ago = {"halted_at": ago(9)} if mode is HALTED else {}
    ctx = a_context(standing(Phase.WAITING), touched=True, **BUG, **mode | long_ago)
    _, output = decided(ctx)
    assert isinstance(output, Finished)
    assert output.exit_code == ExitCode.BUG


def test_what_raises_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A member that drains goes back all the same, and what raised is not asked again."""
    monkeypatch.setattr(safely, "WATCHES", (raises,))
    ctx = a_context(standing(Phase.DRAINING), **BUG, **HALTED)
    spoiled: Spoiled = {}
    for _ in range(2):
        name, output = decided(ctx, spoiled)
        assert (name, output) == (of("web1"), SetMember("web1", Setting.RESTORE, FOUND))
    assert list(spoiled) == ["raises"]


def test_a_member_that_cannot_be_decided_about(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is left, and keeps the rollout from its end no longer; others are waited for."""
    spoiled: Spoiled = {of("web1"): ValueError(), END: ValueError()}
    ctx = a_context(standing(Phase.DRAINING), **BUG, **HALTED)
    name, output = decided(ctx, spoiled)
    assert (name, output) == (END, Finished(Outcome.HALTED, ExitCode.BUG, HALT.seen))
    other = standing(Phase.UPGRADING, "web2", begun=True, work=replace(STEP, member="web2"))
    waiting = a_context(standing(Phase.DRAINING), other, **BUG, **HALTED)
    assert decided(waiting, spoiled) == (END, None)


def test_nothing_follows_the_end() -> None:
    ctx = a_context(**BUG)
    for event in (Finished(Outcome.HALTED, ExitCode.BUG), HALT):
        state = forced(ctx.state, event, NOW)
        assert state.halt is not None
        if isinstance(event, Finished):
            assert (state.mode, state.finished, state.halt.seen) == (Mode.FINISHED, event, SEEN)
            assert decide_safely(ctx.plan, state, NOW, {}) == (END, None)
        else:
            assert (state.mode, state.halt, state.halted_at) == (Mode.HALTED, HALT, NOW)
    assert decided(a_context(standing(Phase.SOAKING), **BUG, **HALTED))[1] is None


def test_a_step_out_of_sight() -> None:
    """It halts and is left, still open for the next run to join."""
    ctx = a_context(standing(Phase.UPGRADING, begun=True, unfinished=True, work=STEP))
    lost = apply(ctx.plan, ctx.state, SightLost("web1", "it may still run"), NOW)
    m = lost.members["web1"]
    assert (m.progress.work, m.progress.unfinished) == (None, True)
    halt = decide(ctx.plan, lost, NOW)
    assert isinstance(halt, Halted)
    assert (halt.cause, halt.seen) == (Cause.MEMBER, "web1: it may still run")
    halted = apply(ctx.plan, lost, halt, NOW)
    left = decide(ctx.plan, halted, NOW)
    assert left is not None
    failed = apply(ctx.plan, halted, left, NOW)  # type: ignore[arg-type]
    assert failed.members["web1"].why == "it may still run"
    assert failed.members["web1"].progress.unfinished
