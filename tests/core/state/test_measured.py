"""What else is counted of members: since their return, and by the gates that ask for it alone."""

from dataclasses import replace
from datetime import timedelta

from controller.core.decide.context import Context
from controller.core.decide.gates import watch_gates
from controller.core.events import GateSampled, Looked, Verdict
from controller.core.gates.gate import CounterGate, Scope
from controller.core.phases import Phase
from controller.core.pool import Counters, Incarnation, InstanceView
from controller.core.state.baseline import marked
from controller.core.state.counts import measured
from controller.core.state.observe import observe
from controller.core.state.state import State, initial
from tests.support.contexts import a_plan
from tests.support.lines import a_line
from tests.support.members import changed

GATE = CounterGate("again", Scope.MEMBER, 0.01, measure="retries", happened="were tried again")
PLAN = a_plan(gates=(GATE,), instances=("lb1",))


def seen(state: State, at: int, counts: Counters | None, plan: object = PLAN) -> State:
    line = a_line(
        measures={} if counts is None else {"retries": counts}, counters=Counters(0, 10 * at)
    )
    view = InstanceView("lb1", timedelta(seconds=at), Incarnation("1", 1), (line,), True)
    return observe(PLAN if plan is PLAN else a_plan(instances=("lb1",)), state, Looked(view))


def back(state: State) -> State:
    web1 = marked(state, changed(state.members["web1"], phase=Phase.SOAKING))
    return replace(state, members={**state.members, "web1": web1})


def test_counts_since_the_return() -> None:
    """What was before is not counted; and the gate judges what came after."""
    state = seen(seen(initial(PLAN), 1, Counters(5, 50)), 2, Counters(7, 60))
    state = back(state)
    assert measured(state, "web1", "retries") == Counters()
    state = seen(state, 3, Counters(12, 80))
    assert measured(state, "web1", "retries") == Counters(5, 20)
    sample = watch_gates(Context(PLAN, state, timedelta(seconds=3)))
    assert isinstance(sample, GateSampled)
    assert (sample.verdict, sample.errors, sample.total) == (Verdict.FAIL, 5, 20)


def test_what_is_not_counted_is_no_evidence() -> None:
    """And nothing is kept that no gate asks for."""
    state = seen(back(seen(initial(PLAN), 1, None)), 2, None)
    assert measured(state, "web1", "retries") == Counters()
    sample = watch_gates(Context(PLAN, state, timedelta(seconds=2)))
    assert isinstance(sample, GateSampled)
    assert sample.verdict is Verdict.INCONCLUSIVE
    assert not seen(initial(PLAN), 1, Counters(1, 1), None).measured
