"""What a process finds that takes over in the midst of a halt."""

from dataclasses import replace
from datetime import timedelta

import pytest

from controller.core.decide.decide import decide
from controller.core.events import Cause, Finished, Halted, RunBegan, StopRequested, Verdict
from controller.core.outcome import ExitCode, Outcome
from controller.core.phases import Phase
from controller.core.pool import Counters, Found
from controller.core.state.apply import apply
from controller.core.state.state import GateState, Mode, State, initial
from tests.core.test_properties import PLAN
from tests.support.members import changed

NOW = timedelta(seconds=5)
ENDED = Finished(Outcome.STOPPED, ExitCode.STOPPED)
HALT = Halted(Cause.GATE, "seen", "limit", "web1", "errors", ("web1",))


def judged(phase: Phase, verdict: Verdict) -> State:
    """web1 has failed, and of web2 the gate said this last, much later by another clock."""
    state = initial(PLAN)
    web1 = changed(state.members["web1"], phase=Phase.FAILED, begun=True)
    found = Found(()) if phase is Phase.RAMPING else None
    web2 = changed(state.members["web2"], phase=phase, begun=True, found=found)
    said = GateState(timedelta(days=9), verdict, "4 of 9 failed", failures=int(verdict == "fail"))
    return replace(
        state,
        members={**state.members, "web1": web1, "web2": web2},
        gates={("errors", "web2"): said, ("pool", ""): said},
        mode=Mode.HALTED,
        halt=HALT,
        touched=True,
    )


@pytest.mark.parametrize("phase", [Phase.SOAKING, Phase.RAMPING])
def test_last_word_against_a_member_counts(phase: Phase) -> None:
    """Killed between a failing sample and what follows from it: it follows now, at once (S6)."""
    state = apply(PLAN, judged(phase, Verdict.FAIL), RunBegan("me"), NOW)
    assert state.mode is Mode.HALTED
    assert state.members["web2"].trial.mark == Counters()
    halt = decide(PLAN, state, NOW)
    assert isinstance(halt, Halted)
    assert (halt.member, halt.condemned) == ("web2", ("web2",))
    assert halt.seen == "gate 'errors': 4 of 9 failed since the return of web2"


@pytest.mark.parametrize("verdict", [Verdict.PASS, Verdict.INCONCLUSIVE])
def test_other_words_do_not(verdict: Verdict) -> None:
    """What speaks for a member, or not at all, is not carried over (S5)."""
    state = apply(PLAN, judged(Phase.SOAKING, verdict), RunBegan("me"), NOW)
    assert state.gates == {}
    assert decide(PLAN, state, NOW) is None


def test_a_process_that_left_no_end() -> None:
    """What it did last may be written nowhere; of members that it had not in hand that is sure."""
    state = apply(PLAN, initial(PLAN), RunBegan("me"), NOW)
    assert not any(m.placement.unsure for m in state.members.values())
    out = changed(state.members["web1"], phase=Phase.OUT, found=Found(()))
    cut = apply(PLAN, replace(state, members={**state.members, "web1": out}), RunBegan("you"), NOW)
    assert {name for name, m in cut.members.items() if m.placement.unsure} == {"web1"}
    stopped = apply(PLAN, replace(state, stop=StopRequested("SIGTERM")), ENDED, NOW)
    soaking = changed(stopped.members["web1"], phase=Phase.SOAKING, begun=True)
    next_one = replace(stopped, members={**stopped.members, "web1": soaking})
    assert not apply(PLAN, next_one, RunBegan("you"), NOW).members["web1"].placement.unsure
