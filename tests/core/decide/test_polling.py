"""How closely the load balancers are watched: what is awaited soon, and what costs little."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core.decide.polling import Attention, attention, until_due
from controller.core.events import Verdict
from controller.core.gates.gate import CounterGate, Scope, TimingGate
from controller.core.phases import Phase
from controller.core.pool import Admin, Incarnation, InstanceView
from controller.core.settings import DrainPolicy, Policies
from controller.core.snapshot import Snapshot, looked, lost
from controller.core.state.state import GateState, Mode, State, initial
from tests.core.test_properties import PLAN
from tests.core.test_snapshot import line
from tests.support.members import changed

CALM = replace(PLAN, policies=Policies(gates=()))


def at(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def seen(full: float, last: float) -> Snapshot:
    """An instance whose whole pool was seen at `full`, and somebody of it at `last`."""
    worker, lines = Incarnation("1", 1), (line("web1", admin=Admin.OUT), line("web2"), line("web3"))
    snapshot = looked(Snapshot("lb1"), InstanceView("lb1", at(full), worker, lines, True))
    return looked(snapshot, InstanceView("lb1", at(last), worker, lines[:1], False))


def state(phase: Phase, snapshot: Snapshot, **changes: Any) -> State:
    start = initial(CALM)
    values = {"phase": phase, "begun": True, "since": at(0)} | changes
    web1 = changed(start.members["web1"], **values)
    return replace(start, members={**start.members, "web1": web1}, snapshots={"lb1": snapshot})


@pytest.mark.parametrize(
    ("phase", "now", "members", "wait"),
    [
        (Phase.DRAINING, 10.0, ("web1",), 0.1),
        (Phase.DRAINING, 4.0, ("web1",), 0.02),
        (Phase.CHECKING, 4.0, ("web1",), 0.02),
        (Phase.UPGRADING, 4.0, ("web1",), 0.25),
        (Phase.SOAKING, 4.0, ("web1",), 0.25),
        (Phase.DONE, 4.0, None, 0.1),
    ],
)
def test_pace(phase: Phase, now: float, members: tuple[str, ...] | None, wait: float) -> None:
    """What is about to happen is awaited in small steps, for a while; a long step calmly; and
    between two members the whole pool is looked at often."""
    due = attention(CALM, state(phase, seen(now, now)), "lb1", at(now))
    assert due.members == members
    assert due.wait == at(wait)


def test_balancer_whose_looks_are_dear_is_asked_less_often() -> None:
    """What a balancer says of its looks counts where they would come faster."""
    dear = replace(CALM, pace=at(0.15))
    for phase, wait in ((Phase.DRAINING, 0.15), (Phase.SOAKING, 0.25)):
        assert attention(dear, state(phase, seen(4.0, 4.0)), "lb1", at(4.0)).wait == at(wait)


def test_however_dear_a_look_is_what_we_did_is_looked_at() -> None:
    """After a setting or a step of ours, what came of it; and whether a member that is out has been
    quiet for as long as it must."""
    dear = replace(CALM, pace=at(5), settle=at(0.6))
    for phase, changes in (
        (Phase.RETURNING, {"set_at": at(4.01)}),
        (Phase.UPGRADING, {"step_ended": at(4.01)}),
    ):
        due = attention(dear, state(phase, seen(4.0, 4.0), **changes), "lb1", at(4.01))
        assert due.wait == at(0.01)
    quiet = state(Phase.OUT, seen(4.0, 4.0), quiet={"lb1": (at(3.5), at(4.0))})
    assert attention(dear, quiet, "lb1", at(4.0)).wait == at(0.1)
    over = state(Phase.OUT, seen(4.0, 4.0), quiet={"lb1": (at(3.4), at(4.0))})
    assert attention(dear, over, "lb1", at(4.0)).wait == at(1)


def test_where_looks_are_dear_each_is_at_the_whole_pool() -> None:
    """All members cost no more than some; and nobody who waits is looked at ten times a second."""
    dear = replace(CALM, pace=at(0.5))
    for phase, wait in ((Phase.UPGRADING, 0.5), (Phase.DUE, 0.5), (Phase.DONE, 0.5)):
        due = attention(dear, state(phase, seen(3.0, 3.0)), "lb1", at(3.0))
        assert (due.members, due.wait) == (None, at(wait))
    late = attention(dear, state(Phase.DONE, seen(3.0, 3.0)), "lb1", at(9.0))
    assert (late.members, late.wait) == (None, at(0))
    lazy = replace(CALM, pace=at(5))
    assert attention(lazy, state(Phase.DONE, seen(3.0, 3.0)), "lb1", at(3.0)).wait == at(1)


def test_pool_is_seen_once_a_second() -> None:
    """A look at the members in hand becomes one at all when the last of those is a second old."""
    due = attention(CALM, state(Phase.UPGRADING, seen(3.0, 3.9)), "lb1", at(3.9))
    assert due.members is None
    assert due.wait == at(0.1)


@pytest.mark.parametrize(
    ("since", "ended", "members"),
    [
        ({"lb1": 4.0}, None, None),
        ({"lb1": 3.9}, None, ("web1",)),
        ({"lb1": 3.9, "lb2": 3.96}, None, None),
        ({"lb1": 2.0}, 3.96, None),
        ({"lb1": 2.0}, 3.9, ("web1",)),
    ],
)
def test_before_a_step_there_is_a_look_at_the_whole_pool(
    since: dict[str, float], ended: float | None, members: tuple[str, ...] | None
) -> None:
    """Another name may have come to lead to its machine: one look is enough since it was quiet
    everywhere and since its last step, which may have moved it."""
    quiet = {instance: (at(then), at(4.0)) for instance, then in since.items()}
    step_ended = at(ended) if ended is not None else None
    out = state(Phase.OUT, seen(3.95, 4.0), begun=False, quiet=quiet, step_ended=step_ended)
    assert attention(CALM, out, "lb1", at(4.0)) == Attention(members, at(0.02))


def test_partners_are_watched_while_ours_only_drains() -> None:
    """While a member may have to go back at once, the pool is seen four times a second."""
    only_draining = state(Phase.DRAINING, seen(3.0, 3.24), begun=False)
    assert attention(CALM, only_draining, "lb1", at(3.24)).members is None
    winding_down = replace(only_draining, mode=Mode.HALTED)
    assert attention(CALM, winding_down, "lb1", at(3.24)).members == ("web1",)


def test_called_member_makes_for_a_look_at_once() -> None:
    """A take-out is decided on a look begun after the member was called."""
    due = attention(CALM, state(Phase.DUE, seen(3.0, 3.0), since=at(3.05)), "lb1", at(3.05))
    assert (due.members, due.wait) == (None, at(0))
    seen_since = attention(CALM, state(Phase.DUE, seen(3.1, 3.1), since=at(3.05)), "lb1", at(3.1))
    assert seen_since.wait == at(0.1)


def test_half_way_back_when_all_ends_makes_for_a_look_at_once() -> None:
    """Whether it may be taken out again waits for a look at the whole pool since it was set."""
    going = state(Phase.RETURNING, seen(3.0, 3.0), set_at=at(3.02))
    for mode in (Mode.STOPPING, Mode.HALTED):
        ends = replace(going, mode=mode)
        assert attention(CALM, ends, "lb1", at(3.02)).members is None
    assert attention(CALM, going, "lb1", at(3.02)).members == ("web1",)


def test_stop_ends_with_a_look_at_the_pool() -> None:
    """How many serve is said of what was seen after the last setting."""
    stopping = replace(state(Phase.WAITING, seen(3.0, 3.0), set_at=at(3.02)), mode=Mode.STOPPING)
    assert attention(CALM, stopping, "lb1", at(3.02)).wait == at(0)


def test_condemned_member_makes_for_a_look_at_once() -> None:
    """Before a member is taken out again, the whole pool is seen anew."""
    soaking = state(Phase.SOAKING, seen(3.0, 3.0), condemned=True)
    halted = replace(soaking, mode=Mode.HALTED, halted_at=at(3.05))
    assert attention(CALM, halted, "lb1", at(3.05)).wait == at(0)


def test_gates_set_the_pace_of_a_soak() -> None:
    """A gate that is sampled often has fresh counts each time, within reason."""
    for every, wait in ((0.1, 0.05), (0.001, 0.02), (60, 0.25)):
        gates = (CounterGate("errors", Scope.MEMBER, 0.01, every=at(every)),)
        plan = replace(CALM, policies=Policies(gates=gates))
        assert attention(plan, state(Phase.SOAKING, seen(3, 3)), "lb1", at(3)).wait == at(wait)


def test_members_are_compared_twice_in_a_sample() -> None:
    """Where a gate compares them, all are seen every half second while one is judged, and its own
    requests ten times in a sample."""
    plan = replace(CALM, policies=Policies(gates=(TimingGate("latency", Scope.MEMBER),)))
    soaking = state(Phase.SOAKING, seen(3, 3))
    assert attention(plan, soaking, "lb1", at(3)) == Attention(("web1",), at(0.1))
    soaking = state(Phase.SOAKING, seen(3, 3.45))
    assert attention(plan, soaking, "lb1", at(3.45)) == Attention(None, at(0.05))
    upgrading = state(Phase.UPGRADING, seen(3, 3.45))
    assert attention(plan, upgrading, "lb1", at(3.45)).members is not None


def test_first_look_is_at_once_and_a_lost_one_is_asked_again_soon() -> None:
    """One never asked is asked now; one that failed, a tenth of a second after it was asked."""
    new = state(Phase.WAITING, Snapshot("lb1"))
    assert attention(CALM, new, "lb1", at(3)).wait == at(0)
    for snapshot in (lost(Snapshot("lb1"), at(3), "refused"), lost(seen(1, 1), at(3), "refused")):
        due = attention(CALM, state(Phase.WAITING, snapshot), "lb1", at(3.04))
        assert (due.members, due.wait) == (None, at(0.06))
        assert attention(CALM, state(Phase.WAITING, snapshot), "lb1", at(9)).wait == at(0)


def test_pool_is_compared_closely_after_a_halt() -> None:
    """While a member in rotation is judged on after a halt, all are seen ten times a second."""
    halted = replace(state(Phase.SOAKING, seen(3.0, 3.2)), mode=Mode.HALTED, halted_at=at(2))
    assert attention(CALM, halted, "lb1", at(3.2)).members is None


def test_member_is_looked_at_when_its_step_has_ended() -> None:
    """Who is in its place comes first."""
    ended = state(Phase.UPGRADING, seen(3.0, 3.0), step_ended=at(3.01))
    assert attention(CALM, ended, "lb1", at(3.01)).wait == at(0.01)


SOAK = replace(PLAN, policies=replace(PLAN.policies, soak=at(3), drain=DrainPolicy(sticky=at(2))))


@pytest.mark.parametrize(
    ("phase", "changes", "sampled", "due"),
    [
        (Phase.DONE, {}, None, 0.05),
        (Phase.DRAINING, {}, None, 0.05),
        (Phase.DRAINING, {"set_at": at(8.01)}, None, 0.01),
        (Phase.DRAINING, {"set_at": at(7.99)}, None, 0.05),
        (Phase.OUT, {"set_at": at(8.01)}, None, 0.05),
        (Phase.SOAKING, {}, None, 0.05),
        (Phase.SOAKING, {"warmed_at": at(7.02)}, None, 0.02),
        (Phase.SOAKING, {"warmed_at": at(7)}, None, 0.05),
        (Phase.SOAKING, {"warmed_at": at(7.5)}, 9.03, 0.03),
        (Phase.SOAKING, {"warmed_at": at(7.02)}, 9.03, 0.02),
        (Phase.SOAKING, {"warmed_at": at(7.5)}, 8.9, 0.05),
    ],
)
def test_until_due(
    phase: Phase, changes: dict[str, Any], sampled: float | None, due: float
) -> None:
    """What only time ends is decided in time: the time for sticky clients, a soak, and the pause
    between two samples. What is late already waits for something else."""
    now = state(phase, seen(10, 10), **changes)
    if sampled is not None:
        last = GateState(at(sampled), Verdict.PASS, "none failed")
        now = replace(now, gates={("errors", "web1"): last})
    left = until_due(SOAK, now, at(10), at(0.05))
    assert left.total_seconds() == pytest.approx(due)
