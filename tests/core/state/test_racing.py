"""Members under judgement beside the others: who is compared with whom, and since when."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from controller.core.decide.context import Context
from controller.core.decide.gates import watch_gates
from controller.core.events import GateSampled, Looked, Verdict
from controller.core.phases import Phase
from controller.core.pool import Counters, Incarnation, InstanceView
from controller.core.state.observe import observe
from controller.core.state.racing import races_of
from controller.core.state.state import State, initial
from tests.core.gates.slow import GATE, INCARNATION, Averaged
from tests.support.contexts import a_plan, seconds
from tests.support.lines import a_line
from tests.support.members import changed

PLAN = a_plan(gates=(GATE,), instances=("lb1",))


def state_with(**phases: Phase) -> State:
    state = initial(PLAN)
    members = dict(state.members)
    for name, phase in phases.items():
        mark = Counters() if phase is Phase.SOAKING else None
        members[name] = changed(members[name], phase=phase, mark=mark)
    return replace(state, members=members)


def seen(
    state: State,
    at: float,
    so: Mapping[str, Averaged | None],
    incarnation: Incarnation = INCARNATION,
) -> State:
    """After a look at those members; all of them make it a full one."""
    lines = tuple(
        a_line(
            name,
            timing=one.timing if one else None,
            counters=Counters(0, one.requests if one else 0),
        )
        for name, one in so.items()
    )
    view = InstanceView("lb1", timedelta(seconds=at), incarnation, lines, len(so) == 3)
    return observe(PLAN, state, Looked(view))


def servers() -> dict[str, Averaged]:
    return {name: Averaged() for name in ("web1", "web2", "web3")}


def served(those: dict[str, Averaged], **milliseconds: float) -> None:
    for name, each in milliseconds.items():
        for _ in range(20):
            those[name].add(each)


def test_those_not_yet_upgraded_are_the_others() -> None:
    """As long as there are any; then those that are proven."""
    for phase, others in ((Phase.WAITING, {"web3"}), (Phase.DONE, {"web2", "web3"})):
        state = state_with(web1=Phase.SOAKING, web2=Phase.DONE, web3=phase)
        (race,) = races_of(seen(state, 1, servers()), "web1", GATE)
        assert race.others.keys() == others


def test_it_ends_with_the_judgement() -> None:
    """And begins with the next look at a member that is back."""
    state = seen(state_with(web1=Phase.SOAKING), 1, servers())
    assert races_of(state, "web1", GATE)
    assert not races_of(state, "web2", GATE)
    done = changed(state.members["web1"], phase=Phase.DONE)
    state = replace(state, members={**state.members, "web1": done})
    assert not seen(state, 2, servers()).races
    unmarked = changed(done, phase=Phase.SOAKING, mark=None)
    state = replace(state, members={**state.members, "web1": unmarked})
    assert not seen(state, 3, servers()).races


def test_counts_begin_anew_at_another_worker() -> None:
    """What was compared before stays; a place that measures nothing is no place."""
    those, state = servers(), state_with(web1=Phase.SOAKING)
    state = seen(state, 1, those)
    served(those, web1=4, web2=4, web3=4)
    state = seen(state, 2, {"web1": those["web1"]})
    state = seen(state, 3, those)
    (race,) = races_of(state, "web1", GATE)
    assert len(race.compared) == 1
    reloaded = Incarnation("2", 2)
    state = seen(state, 4, servers(), reloaded)
    (race,) = races_of(state, "web1", GATE)
    assert (race.incarnation, len(race.compared), race.batches) == (reloaded, 1, ())
    assert not seen(state, 5, {"web1": None}).races


def test_without_such_a_gate_nothing_is_kept() -> None:
    state = state_with(web1=Phase.SOAKING)
    view = InstanceView("lb1", seconds(1), INCARNATION, (a_line(timing=Averaged().timing),), True)
    assert not observe(a_plan(instances=("lb1",)), state, Looked(view)).races


def test_sample_says_what_the_others_take() -> None:
    """The value, theirs, and from where on it is too much."""
    those, state = servers(), state_with(web1=Phase.SOAKING)
    state = seen(state, 1, those)
    for at in (2, 3, 4, 5, 6, 7, 8, 9):
        served(those, web1=400, web2=4, web3=4)
        state = seen(state, at, those)
    sampled = watch_gates(Context(PLAN, state, seconds(9.01)))
    assert isinstance(sampled, GateSampled)
    assert (sampled.verdict, sampled.member) == (Verdict.FAIL, "web1")
    assert sampled.value is not None
    assert abs(sampled.value - 0.4) < 0.01
    assert sampled.baseline is not None
    assert sampled.limit is not None
    assert 0.1 < sampled.limit < 0.12


def test_waiting_is_compared_beside_the_time_that_requests_take() -> None:
    """Each by the gate that asks for it, and by none that does not."""
    queue = replace(GATE, name="queue", measure="queue")
    so = servers()
    for gates, kept in (((queue,), (0, 1)), ((GATE, queue), (1, 1)), ((), (0, 0))):
        plan = a_plan(gates=gates, instances=("lb1",))
        state = state_with(web1=Phase.SOAKING)
        for at in (1, 2):
            lines = tuple(
                a_line(name, timing=one.timing, waiting=one.timing, counters=Counters(0, 9))
                for name, one in so.items()
            )
            view = InstanceView("lb1", timedelta(seconds=at), INCARNATION, lines, True)
            state = observe(plan, state, Looked(view))
        found = (races_of(state, "web1", GATE), races_of(state, "web1", queue))
        assert tuple(map(len, found)) == kept
