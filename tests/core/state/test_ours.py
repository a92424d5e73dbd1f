"""Requests of our own that load balancers count: how many, when, and whether users came besides."""

from dataclasses import replace
from typing import Any

import pytest

from controller.core.events import Looked, ProbeSeen, ProbeSent
from controller.core.gates.gate import CounterGate, Scope
from controller.core.gates.quiet import Quiet
from controller.core.phases import Phase
from controller.core.pool import Counters, InstanceView
from controller.core.state.apply import apply
from controller.core.state.baseline import marked
from controller.core.state.ours import Ours, without
from controller.core.state.probed import DOUBT
from controller.core.state.state import State
from tests.core.gates.slow import GATE, INCARNATION, Averaged
from tests.support.contexts import a_context, a_plan, ago, seconds, standing
from tests.support.lines import a_line

GATES = (CounterGate("errors", Scope.MEMBER, 0.01), GATE)
THROUGH = a_plan(gates=GATES, quiet=Quiet.THROUGH, instances=("lb1",))
STRAIGHT = a_plan(gates=GATES, quiet=Quiet.PROBE, instances=("lb1",))


def test_how_many_were_sent_and_when() -> None:
    """At most so many: those of a short while are noted as one. What is long ago is let go."""
    ours, keep = Ours(), seconds(10)
    for tenth in range(10):
        ours = ours.sent(seconds(tenth / 10), keep)
    assert (ours.total, len(ours.lately)) == (10, 5)
    assert ours.between(seconds(-9), seconds(9)) == 10
    assert ours.between(seconds(0.5), seconds(9)) == 6
    assert ours.between(seconds(-9), seconds(0.45)) == 6
    assert ours.between(seconds(2), seconds(9)) == 0
    later = ours.sent(seconds(10.5), keep)
    assert (later.total, [count for _, count in later.lately]) == (11, [2, 2, 1])
    assert Ours().between(seconds(-9), seconds(9)) == 0


def test_what_users_have_met_at_the_worst() -> None:
    assert without(Counters(2, 50), 40) == Counters(2, 10)
    assert without(Counters(2, 50), 49) == Counters(2, 2)
    assert without(Counters(0, 50), 60) == Counters()


def soaking(**trial: Any) -> State:
    return a_context(standing(Phase.SOAKING, **trial), plan=THROUGH).state


def test_each_is_noted_before_it_is_sent() -> None:
    state = apply(THROUGH, soaking(), ProbeSent("web1"), ago(0))
    assert (state.ours.total, state.members["web1"].trial.own) == (1, Counters())
    returned_at = state.members["web1"].trial.returned_at
    for passed, failed in ((True, 0), (False, 1)):
        seen = ProbeSeen("web1", passed, "status 500", returned_at)
        state = apply(THROUGH, state, seen, ago(0))
        assert state.ours.failed == failed
    assert state.members["web1"].trial.own == Counters(1, 2)
    late = apply(THROUGH, state, ProbeSeen("web1", False, "of a former return"), ago(0))
    assert (late.ours.failed, late.members) == (2, state.members), "balancers have counted it"
    straight = apply(STRAIGHT, soaking(), ProbeSeen("web1", False, "status 500"), ago(0))
    assert straight.ours == Ours()


def looked(state: State, counts: Counters, *, through: bool = True) -> State:
    line = a_line("web1", counters=counts, timing=Averaged().timing)
    view = InstanceView("lb1", ago(0), INCARNATION, (line,), is_full=False)
    return apply(THROUGH if through else STRAIGHT, state, Looked(view), ago(0))


@pytest.mark.parametrize(
    ("counts", "sent", "came"),
    [
        (Counters(0, DOUBT), 0, False),
        (Counters(0, DOUBT + 1), 0, True),
        (Counters(0, 40 + DOUBT), 40, False),
        (Counters(0, 41 + DOUBT), 40, True),
        (Counters(90, 100), 40, False),  # each of ours may have failed more than once
    ],
)
def test_users_came(counts: Counters, sent: int, came: bool) -> None:
    """It takes more good answers than all of ours can have made, and some more: a process before
    may have sent a few. What is sure once stays so."""
    state = looked(soaking(), Counters())
    state = replace(state, ours=Ours(sent))
    state = looked(state, counts)
    assert state.members["web1"].trial.met_users is came
    state = looked(replace(state, ours=Ours(900)), counts)
    assert state.members["web1"].trial.met_users is came


def test_elsewhere_it_is_not_asked() -> None:
    state = looked(soaking(), Counters())
    assert not looked(state, Counters(0, 99), through=False).members["web1"].trial.met_users
    out = a_context(standing(Phase.RETURNING), plan=THROUGH).state
    seen = looked(looked(out, Counters()), Counters(0, 99))
    assert not seen.members["web1"].trial.met_users


def test_a_return_begins_anew() -> None:
    state = replace(soaking(), ours=Ours(40))
    former = standing(Phase.SOAKING, own=Counters(1, 9), own_fault="late", met_users=True)
    kept = marked(state, former)
    assert kept is former
    again = marked(state, replace(former, trial=replace(former.trial, mark=None)))
    trial = again.trial
    assert (trial.own, trial.own_fault, trial.met_users) == (Counters(), "", False)
    assert trial.ours_mark == 40


def test_how_long_they_take_is_no_evidence_of_users() -> None:
    """What we ask for may be faster than what users do: it is compared with nothing."""
    state = looked(soaking(), Counters())
    assert state.races
    state = looked(replace(state, ours=Ours(1)), Counters(0, 1))
    assert not state.races
    state = looked(state, Counters(0, 2 + DOUBT))  # the look that shows it comes too soon
    assert looked(state, Counters(0, 3 + DOUBT)).races
