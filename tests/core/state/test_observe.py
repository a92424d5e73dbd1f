"""What a look changes, and what it must not."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core.events import Looked, LookFailed, UseSeen, Verdict
from controller.core.gates.evidence import Query
from controller.core.gates.gate import MetricGate, Scope
from controller.core.phases import Phase
from controller.core.pool import (
    Admin,
    Counters,
    Health,
    Incarnation,
    InstanceView,
    Line,
    LineKey,
    Occupant,
    Seat,
)
from controller.core.state.apply import apply
from controller.core.state.counts import counted, peers_counted, pool_counted, pool_watched
from controller.core.state.observe import flowed, observe
from controller.core.state.state import State, initial
from controller.core.state.use import used
from tests.core.test_properties import PLAN
from tests.core.test_snapshot import line
from tests.support.contexts import FOUND
from tests.support.members import changed

OUT = line("web1", admin=Admin.OUT)
HERE, ELSEWHERE = (Occupant(f"10.0.0.{n}:80", f"10.0.0.{n}", 80) for n in (1, 9))


def at(milliseconds: int) -> timedelta:
    return timedelta(milliseconds=milliseconds)


def seen(
    state: State, when: int, *lines: Line, pool: Counters | None = None, instance: str = "lb1"
) -> State:
    backends = {} if pool is None else {"web": pool}
    view = InstanceView(instance, at(when), Incarnation("1", 1), lines, True, backends)
    return observe(PLAN, state, Looked(view))


def with_web1(**changes: Any) -> State:
    state = initial(PLAN)
    member = changed(state.members["web1"], **changes)
    return replace(state, members={**state.members, "web1": member})


def test_quiet_is_counted_from_the_first_of_the_looks_in_a_row() -> None:
    """The span of quiet looks grows, and begins anew after one that was not quiet (S3)."""
    state = with_web1(phase=Phase.OUT, set_at=at(5))
    for when in (10, 20, 30):
        state = seen(state, when, OUT)
    assert state.members["web1"].draining.quiet == {"lb1": (at(10), at(30))}
    state = seen(state, 40, replace(OUT, in_flight=1))
    assert state.members["web1"].draining.quiet == {}
    state = seen(seen(state, 50, replace(OUT, in_flight=2)), 60, OUT)
    assert state.members["web1"].draining.quiet == {"lb1": (at(60), at(60))}


@pytest.mark.parametrize("admin", [Admin.READY, Admin.DRAINING])
def test_only_what_is_out_is_quiet(admin: Admin) -> None:
    """Nothing in flight at a member that may get something is not quiet."""
    state = seen(with_web1(phase=Phase.OUT), 10, replace(OUT, admin=admin))
    assert state.members["web1"].draining.quiet == {}


def test_looks_from_before_the_setting_say_nothing() -> None:
    """A look that was begun before the setting was confirmed does not count (S3)."""
    state = seen(with_web1(phase=Phase.OUT, set_at=at(50)), 40, OUT)
    assert state.members["web1"].draining.quiet == {}


def test_arrivals_while_draining_mean_persistence() -> None:
    """Sessions that still arrive tell of clients that nobody told of."""
    state = with_web1(phase=Phase.DRAINING, set_at=at(0))
    draining = line("web1", admin=Admin.DRAINING, arrivals=7)
    state = seen(seen(state, 10, draining), 20, draining)
    assert not state.members["web1"].draining.persistent
    state = seen(state, 30, replace(draining, arrivals=8))
    assert state.members["web1"].draining.persistent


def test_arrivals_that_nobody_counts() -> None:
    """Nothing is known of clients then."""
    state = with_web1(phase=Phase.DRAINING, set_at=at(0))
    state = seen(state, 10, line("web1", admin=Admin.DRAINING, arrivals=None))
    assert state.members["web1"].draining.arrivals is None


def test_arrivals_of_before_the_drain_say_nothing() -> None:
    """One load balancer was last looked at before the member was set: its count is not taken."""
    draining = line("web1", admin=Admin.DRAINING, arrivals=7)
    before = initial(replace(PLAN, instances=("lb1", "lb2")))
    before = seen(before, 40, draining, instance="lb2")
    web1 = changed(before.members["web1"], phase=Phase.DRAINING, set_at=at(50))
    state = seen(replace(before, members={**before.members, "web1": web1}), 60, draining)
    assert state.members["web1"].draining.arrivals is None
    state = seen(state, 70, draining, instance="lb2")
    assert state.members["web1"].draining.arrivals == 14


def test_a_soak_begins_when_the_warm_up_has_ended() -> None:
    """A share of the traffic proves little."""
    state = seen(with_web1(phase=Phase.SOAKING), 10, line("web1", is_warming=True))
    assert state.members["web1"].trial.warmed_at is None
    assert seen(state, 20, line("web1")).members["web1"].trial.warmed_at == at(20)


OWN = MetricGate("oom", Scope.MEMBER, {Query.VALUE: "oom"}, maximum=0, is_own=True)


@pytest.mark.parametrize("gates", [(), (OWN,)])
def test_who_fails_its_check_is_remembered(gates: tuple[MetricGate, ...]) -> None:
    """Where a gate may say why: it may be well again before that. Who is taken away is not ill."""
    plan = replace(PLAN, policies=replace(PLAN.policies, gates=gates))
    state = with_web1(phase=Phase.SOAKING)
    shown = [(10, False, True), (20, True, False), (30, False, False), (40, False, False)]
    for when, is_ill, is_going in shown:
        health = Health.FAILING if is_ill or is_going else Health.PASSING
        one = line("web1", health=health, is_going=is_going)
        view = InstanceView("lb1", at(when), Incarnation("1", 1), (one,), True)
        state = observe(plan, state, Looked(view))
    assert state.members["web1"].trial.ailing_since == (at(20) if gates else None)


def came(state: State) -> int:
    return state.members["web1"].draining.intruders


def test_arrivals_while_out_are_counted() -> None:
    """From the first look that shows it out: once it is in rotation somewhere, or its sessions are
    not counted, that begins anew, and so it does where the count does."""
    state = with_web1(phase=Phase.OUT, set_at=at(0))
    out = line("web1", admin=Admin.OUT, arrivals=7)
    state = seen(state, 10, out)
    assert came(state) == 0
    state = seen(state, 20, replace(out, arrivals=9))
    assert came(state) == 2
    assert came(seen(state, 30, replace(out, arrivals=10))) == 3
    assert came(seen(state, 30, replace(out, arrivals=0))) == 0
    for other in (replace(out, admin=Admin.READY, arrivals=10), replace(out, arrivals=None)):
        again = seen(state, 30, other)
        assert came(again) == 0
        assert came(seen(again, 40, replace(out, arrivals=11))) == 0


def test_flows_of_backends_and_frontends() -> None:
    """Each place has its own; nothing is compared across a reload, or where nothing is counted."""
    state = initial(PLAN)
    for second, worker in ((0, "1"), (1, "1"), (2, "2")):
        view = InstanceView(
            *("lb1", at(1000 * second), Incarnation(worker, 1), (OUT,), True),
            backends={"web": Counters(0, 10 * second), "api": None},
            rates={"web": 7},
            frontends={"front": Counters(1, 20 * second)},
        )
        state = observe(PLAN, state, Looked(view))
        if second == 1:
            assert state.flows["lb1", "web"].between(at(0), at(1000)).total == 10
            assert state.fronts["lb1", "front"].between(at(0), at(1000)).total == 20
            assert (state.flows["lb1", "web"].rate, state.fronts["lb1", "front"].rate) == (7, None)
    assert [one.begins for one in (*state.flows.values(), *state.fronts.values())] == [at(2000)] * 2


def look(when: int, instance: str = "lb1") -> InstanceView:
    return InstanceView(
        *(instance, at(when), Incarnation("1", 1), (OUT,), True),
        backends={"web": Counters(0, when)},
        frontends={"front": Counters(0, when)},
    )


@pytest.mark.parametrize(
    ("before", "begins"),
    [
        ((0, 100, 200), 0),
        ((0, 250, 300), 0),
        ((0, 251, 300), 251),
        ((0, 100, 149), 400),
        ((), 400),
    ],
)
def test_traffic_from_before_the_run(before: tuple[int, ...], begins: int) -> None:
    """It counts as far as it was watched without a gap, up to the first look of the run; nothing
    else of those looks does."""
    state = flowed(initial(PLAN), [look(when) for when in before])
    assert state.snapshots == initial(PLAN).snapshots
    assert not state.members["web1"].draining.quiet
    state = observe(PLAN, state, Looked(look(400)))
    for when in (700, 1100):  # later gaps end nothing
        state = observe(PLAN, state, Looked(look(when)))
    for flow in (state.flows["lb1", "web"], state.fronts["lb1", "front"]):
        assert (flow.begins, flow.ends) == (at(begins), at(1100))


def test_traffic_from_before_the_run_at_another_balancer() -> None:
    """Each has its own first look."""
    plan = replace(PLAN, instances=("lb1", "lb2"))
    state = flowed(initial(plan), [look(0), look(100, "lb2")])
    state = observe(plan, state, Looked(look(300)))
    assert state.flows["lb1", "web"].begins == at(300)
    assert state.flows["lb2", "web"].begins == at(100)


@pytest.mark.parametrize(("ago", "kept"), [(None, 6), (20, 26), (40, 6)])
def test_flows_are_kept_from_before_the_drain(ago: int | None, kept: int) -> None:
    """Five seconds of before, for as long as what follows is compared with it."""
    since = at(1000 * (60 - ago)) if ago is not None else None
    state = with_web1(phase=Phase.OUT, drain_since=since)
    for second in range(61):
        state = seen(state, 1000 * second, OUT, pool=Counters(0, second))
    assert len(state.flows["lb1", "web"].points) == kept


def test_counts_begin_at_the_mark() -> None:
    """A member's gate counts from its return, its peers' from the same moment, and a peer that
    was not there then counts for nothing."""
    state = seen(with_web1(phase=Phase.SOAKING), 10, line("web1"), line("web2"))
    soaking = changed(
        state.members["web1"], mark=Counters(1, 10), peers_mark={"web2": Counters(0, 0)}
    )
    assert counted(state, "web1") == Counters(0, 0)
    state = replace(state, members={**state.members, "web1": soaking})
    counts = Counters(3, 30)
    state = seen(state, 20, *(line(name, counters=counts) for name in ("web1", "web2", "web3")))
    assert counted(state, "web1") == Counters(2, 20)
    assert peers_counted(state, "web1") == Counters(3, 30)


def test_pool_is_counted_over_the_window() -> None:
    """A pool gate looks back over its window, or to the first look where that is shorter."""
    state = initial(PLAN)
    for second in range(8):
        state = seen(state, 1000 * second, OUT, pool=Counters(second, 100 * second))
    assert pool_counted(state, at(5000)) == Counters(2, 200)
    assert pool_counted(state, at(-9000)) == Counters(7, 700)
    assert pool_counted(initial(PLAN), at(0)) == Counters(0, 0)


def test_no_more_fail_than_were_there() -> None:
    """Errors of requests that began before the mark, and of several tries of one, never make more
    failures than requests."""
    state = seen(with_web1(phase=Phase.SOAKING), 10, line("web1"), line("web2"))
    soaking = changed(
        state.members["web1"], mark=Counters(0, 9), peers_mark={"web2": Counters(1, 9)}
    )
    state = replace(state, members={**state.members, "web1": soaking})
    state = seen(state, 20, line("web1"), line("web2"), pool=Counters(0, 50))
    counts = Counters(7, 10)
    state = seen(
        state,
        1020,
        line("web1", counters=counts),
        line("web2", counters=counts),
        pool=Counters(12, 51),
    )
    assert counted(state, "web1") == Counters(7, 7)
    assert peers_counted(state, "web1") == Counters(6, 6)
    assert pool_counted(state, at(20)) == Counters(12, 12)


def test_watched_span_is_the_real_one() -> None:
    """Over how long the pool was watched: since the first look, and at most the window."""
    state = initial(PLAN)
    assert pool_watched(state, at(5000), at(0)) == at(0)
    for second in range(8):
        state = seen(state, 1000 * second, OUT)
    assert pool_watched(state, at(5000), at(7100)) == at(5000)
    assert pool_watched(state, at(9000), at(7100)) == at(7100)


def test_past_of_the_pool_is_bounded() -> None:
    """Only as much of the past is kept as the longest window needs."""
    state = initial(PLAN)
    for count in range(1000):
        state = seen(state, 100 * count, OUT, pool=Counters(0, count))
    spans = [when for when, _ in state.points]
    assert at(60_000) <= spans[-1] - spans[0] <= at(60_400)
    assert len(spans) < 310


def test_how_long_a_balancer_was_not_seen() -> None:
    """From its first look that failed to the one that did not: no deadline runs meanwhile."""
    state = observe(PLAN, seen(initial(PLAN), 10, OUT), LookFailed("lb1", at(20), "refused"))
    state = observe(PLAN, state, LookFailed("lb1", at(30), "refused"))
    assert (state.unseen, state.unseen_since) == ((), at(20))
    state = seen(state, 90, OUT)
    assert (state.unseen, state.unseen_since) == (((at(20), at(90)),), None)


def test_all_must_be_seen_again() -> None:
    """One that answers is not enough."""
    state = initial(replace(PLAN, instances=("lb1", "lb2")))
    for instance in ("lb1", "lb2"):
        state = observe(PLAN, state, LookFailed(instance, at(20), "refused"))
    assert seen(state, 90, OUT).unseen_since == at(20)


@pytest.mark.parametrize(
    ("looks", "unseen"),
    [
        ((10, 2010), ()),
        ((10, 2011), ((2010, 2011),)),
        ((10, 60_010, 61_000), ((2010, 60_010),)),
        ((10, 60_010, 90_000), ((2010, 60_010), (62_010, 90_000))),
    ],
)
def test_how_long_nobody_looked(looks: Sequence[int], unseen: Sequence[tuple[int, int]]) -> None:
    """The process or the machine was stopped: no deadline ran, and no soak."""
    state = initial(PLAN)
    for when in looks:
        state = seen(state, when, OUT)
    assert state.unseen == tuple((at(start), at(end)) for start, end in unseen)


def test_a_stop_is_one_for_all() -> None:
    """Each instance is asked again; that counts once. An outage is counted as such."""
    both = initial(replace(PLAN, instances=("lb1", "lb2")))
    views = [
        InstanceView(one, at(when), Incarnation("1", 9), (OUT,), True, {})
        for when in (10, 60_010)
        for one in ("lb1", "lb2")
    ]
    for view in views:
        both = observe(PLAN, both, Looked(view))
    assert both.unseen == ((at(2010), at(60_010)),)
    lost = observe(PLAN, seen(initial(PLAN), 10, OUT), LookFailed("lb1", at(20), "refused"))
    assert seen(lost, 60_000, OUT).unseen == ((at(20), at(60_000)),)


def after_a_reload(state: State, *lines: Line, is_full: bool = True, pid: str = "2") -> str:
    """Where web1 is noted to be out anew once another worker has shown these lines."""
    state = seen(state, 10, line("web1"))
    view = InstanceView("lb1", at(20), Incarnation(pid, 9), lines, is_full, {})
    return observe(PLAN, state, Looked(view)).members["web1"].placement.relapsed_at


RETURNED: dict[str, Any] = {"phase": Phase.DONE, "former": FOUND}


@pytest.mark.parametrize(
    ("state", "lines", "more", "noted"),
    [
        (RETURNED, [OUT], {}, "lb1"),
        (RETURNED, [line("web1", admin=Admin.DRAINING)], {}, "lb1"),
        ({**RETURNED, "phase": Phase.WAITING}, [OUT], {}, "lb1"),
        (RETURNED, [line("web1")], {}, ""),
        (RETURNED, [replace(OUT, is_configured_out=True)], {}, ""),
        (RETURNED, [line("web1", is_unresolved=True)], {}, ""),
        (RETURNED, [OUT], {"is_full": False}, ""),
        (RETURNED, [], {}, ""),
        ({**RETURNED, "former": None}, [OUT], {}, ""),
        ({**RETURNED, "found": FOUND}, [OUT], {}, ""),
        ({**RETURNED, "phase": Phase.KEPT}, [OUT], {}, ""),
        ({**RETURNED, "phase": Phase.SOAKING}, [OUT], {"is_full": False}, "lb1"),
        ({**RETURNED, "phase": Phase.SOAKING}, [line("web1")], {"is_full": False}, ""),
        ({"phase": Phase.RAMPING, "found": FOUND}, [OUT], {"is_full": False}, "lb1"),
        ({"phase": Phase.RAMPING, "found": FOUND, "set_at": at(30)}, [OUT], {}, ""),
    ],
)
def test_what_a_new_worker_shows_first(
    state: dict[str, Any], lines: list[Line], more: dict[str, Any], noted: str
) -> None:
    """What we had out and put back, and a new worker shows out at once, was restored by its
    reload; what was never ours was not."""
    assert after_a_reload(with_web1(**state), *lines, **more) == noted


def test_what_the_same_worker_shows_is_not_restored() -> None:
    """Nor is what shows later, or the first time that anything is seen (S14)."""
    state = seen(seen(with_web1(**RETURNED), 10, line("web1")), 20, OUT)
    assert state.members["web1"].placement.relapsed_at == ""
    assert seen(with_web1(**RETURNED), 10, OUT).members["web1"].placement.relapsed_at == ""


@pytest.mark.parametrize(
    ("state", "shown", "is_full", "noted"),
    [
        ({}, ELSEWHERE, True, True),
        ({"phase": Phase.SKIPPED}, ELSEWHERE, True, True),
        ({}, ELSEWHERE, False, False),
        ({}, HERE, True, False),
        ({}, None, True, False),
        ({"seats": ()}, ELSEWHERE, True, False),
        ({"phase": Phase.SOAKING}, ELSEWHERE, True, False),
    ],
)
def test_another_one_where_a_member_is_done(
    state: dict[str, Any], shown: Occupant | None, is_full: bool, noted: bool
) -> None:
    """What is not asked for in every look is noted when the whole pool is looked at."""
    seat = Seat(LineKey("lb1", "web"), HERE)
    before = with_web1(**{"phase": Phase.DONE, "seats": (seat,)} | state)
    lines = (replace(line("web1"), occupant=shown),)
    view = InstanceView("lb1", at(20), Incarnation("1", 1), lines, is_full, {})
    for _ in range(2):  # once noted, it stays so
        before = observe(PLAN, before, Looked(view))
        assert before.members["web1"].placement.astray is noted


def test_use_is_of_a_member_that_is_out_and_quiet() -> None:
    """What a metric says of it is kept from the first quiet look to the last."""
    use = UseSeen("web1", at(15), Verdict.PASS, "0")
    state = apply(PLAN, seen(with_web1(phase=Phase.OUT, set_at=at(5)), 10, OUT), use, at(16))
    assert state.members["web1"].draining.use == use
    assert state.members["web1"].draining.quiet_since == at(10)
    state = seen(state, 20, OUT)
    assert state.members["web1"].draining.use == use
    state = seen(state, 30, replace(OUT, in_flight=1))
    assert state.members["web1"].draining.use is None
    assert state.members["web1"].draining.quiet_since is None
    elsewhere = with_web1(phase=Phase.DRAINING, set_at=at(5))
    assert used(elsewhere, use) == elsewhere
