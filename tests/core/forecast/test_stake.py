"""What is at stake: bounds that hold, and words that say when there is none."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core.forecast.stake import Loss, Stop, stake, stop
from controller.core.forecast.thresholds import Unpredictable
from controller.core.forecast.traffic import Traffic
from controller.core.gates.evidence import Query
from controller.core.gates.gate import AlertGate, CounterGate, ErrorGate, MetricGate, Scope
from controller.core.gates.gate import Test as Kind
from controller.core.settings import Policies, ReturnPolicy

SECOND = timedelta(seconds=1)
EXACT = CounterGate("errors", Scope.MEMBER, 0.01, every=timedelta(milliseconds=200))
BARE = replace(EXACT, test=Kind.THRESHOLD)
POOL = replace(EXACT, scope=Scope.POOL)
QUICK = timedelta(milliseconds=200)
VALUE = MetricGate(
    "errors",
    Scope.MEMBER,
    {Query.VALUE: "rate(e[${window}]) / rate(r[${window}])"},
    maximum=0.01,
    every=QUICK,
)
COUNTS = MetricGate(
    "errors",
    Scope.MEMBER,
    {Query.ERRORS: "increase(e[${window}])", Query.REQUESTS: "increase(r[${window}])"},
    maximum=0.01,
    every=QUICK,
)
NOW = Traffic(200, 50, peers=150)


def at_stake(
    *gates: ErrorGate, ratio: float = 1.0, now: Traffic = NOW, soak: float = 10, **ways: timedelta
) -> Loss:
    return stake(Policies(gates=gates, soak=SECOND * soak), now, ratio, ways or None)


def asking(query: str) -> MetricGate:
    return replace(VALUE, queries={Query.VALUE: query})


def lost(loss: Loss) -> tuple[int, float]:
    assert loss.requests is not None
    assert loss.duration is not None
    return loss.requests, loss.duration.total_seconds()


def test_without_a_gate_nothing_stops_it() -> None:
    """No gate, no bound: at first the upgraded member fails, in the end the whole pool."""
    assert at_stake() == Loss(1.0, per_second=200, at_first=50)
    assert at_stake(ratio=0.1) == Loss(0.1, per_second=20, at_first=5)


def test_without_traffic_nothing_is_lost() -> None:
    """At a rate of nought the bound is nought."""
    assert at_stake(EXACT, now=Traffic(0, 0)) == Loss(1.0, requests=0, duration=timedelta(0))


@pytest.mark.untraced
@pytest.mark.parametrize(
    ("gate", "ratio", "now", "soak"),
    [
        (EXACT, 0.1, NOW, 1),
        (EXACT, 0.01, Traffic(40_000, 10_000), 400),
        (replace(EXACT, maximum=1.0), 1.0, NOW, 1),
        (POOL, 0.01, NOW, 10),
    ],
)
def test_a_gate_that_may_miss_it_is_no_bound(
    gate: ErrorGate, ratio: float, now: Traffic, soak: float
) -> None:
    """A soak too short for the traffic, or a failing share that the gate allows, is said so."""
    loss = at_stake(gate, ratio=ratio, now=now, soak=soak)
    assert loss.requests is None
    assert loss.why == ("gate 'errors' may not see enough errors in the soak",)


def test_a_long_soak_is_not_followed_for_ever() -> None:
    """After some thousand samples of a member that hardly anybody asks, no bound is given; nor
    when scrapes end with the soak."""
    quiet = Traffic(0.04, 0.01)
    assert at_stake(EXACT, ratio=0.1, now=quiet, soak=1000).requests is None
    often = timedelta(milliseconds=50)
    assert at_stake(COUNTS, ratio=0.1, now=quiet, soak=1000, errors=often).requests is None
    assert at_stake(COUNTS, ratio=0.1, now=quiet, soak=10, errors=SECOND).requests is None


def test_a_quiet_member_is_held() -> None:
    """When every request fails, the soak lasts until three came; never longer than `hold`."""
    requests, seconds = lost(at_stake(EXACT, now=Traffic(4, 0.1)))
    assert requests <= 10
    assert 30 < seconds < 150
    assert at_stake(EXACT, now=Traffic(4, 0.01)).requests is None


def test_the_first_gate_to_stop_it_counts() -> None:
    """Of several gates the bound is that of the one with which the fewest fail."""
    slow = replace(EXACT, name="slow", every=5 * SECOND)
    one, two = at_stake(slow, EXACT), at_stake(EXACT, slow)
    assert one == two == at_stake(EXACT)
    assert one.gate == "errors"
    assert lost(at_stake(slow))[0] > lost(one)[0]


def test_samples_in_a_row_take_time() -> None:
    """More failing samples put the end off by as many samples."""
    requests, seconds = lost(at_stake(EXACT))
    later = lost(at_stake(replace(EXACT, failures=3)))
    assert requests + 15 < later[0] < requests + 35
    assert later[1] == pytest.approx(seconds + 0.5)


STEPS = (4 * 50 * 0.1 / 3.1, 4 * 50 * 0.5 / 3.5)


def test_a_ramp_spares_users() -> None:
    """At a tenth of its weight a member gets a tenth of the users until its gate has seen enough;
    never more fail than without a ramp, and the shorter a step the more."""
    bounds = []
    for hold in (10, 1, 0):
        policies = Policies(
            gates=(EXACT,),
            soak=30 * SECOND,
            comeback=ReturnPolicy(ramp=(10, 50), hold=hold * SECOND),
        )
        ramped = replace(NOW, steps=STEPS)
        every, tenth = (stake(policies, ramped, ratio) for ratio in (1.0, 0.1))
        assert lost(every)[0] <= 9 < lost(at_stake(EXACT))[0] / 2
        assert lost(every)[1] > lost(at_stake(EXACT))[1]
        bounds.append(lost(tenth)[0])
    assert bounds == sorted(bounds)
    assert bounds[-1] <= lost(at_stake(EXACT, ratio=0.1))[0] + 1


def test_another_silent_gate_holds_the_steps() -> None:
    """A gate that says nothing for its `hold` keeps the member at its first step: not more fail,
    but it may be seen later."""
    silent = AlertGate("pages", Scope.POOL, hold=60 * SECOND)
    comeback = ReturnPolicy(ramp=(10, 50), hold=SECOND)
    ramped = Traffic(40, 10, peers=30, steps=(1.3, 5.7))
    alone, both = (
        stake(Policies(gates=gates, soak=300 * SECOND, comeback=comeback), ramped, 0.1)
        for gates in ((EXACT,), (EXACT, silent))
    )
    assert lost(both)[0] <= lost(alone)[0] + 1
    assert lost(both)[1] > 1.5 * lost(alone)[1]


def test_members_in_hand_together_fail_together() -> None:
    """Each of those in hand fails until the first has tripped its gate."""
    large = Traffic(3200, 50, peers=3150)
    bounds = [lost(at_stake(EXACT, now=replace(large, together=n))) for n in (1, 2, 4, 8)]
    for (fewer, sooner), (more, later) in pairwise(bounds):
        assert fewer * 1.5 < more <= fewer * 2 + 1
        assert sooner == later
    assert at_stake(now=replace(NOW, together=2)).at_first == 100


def test_threshold() -> None:
    """The bare ratio trips at `min_requests`, not before."""
    requests, seconds = lost(at_stake(BARE))
    assert 25 <= requests <= 60
    assert lost(at_stake(replace(BARE, min_requests=200)))[0] >= 200
    assert seconds < 2


def test_pool_gate() -> None:
    """The pool's good past hides a bad member, and only errors that are surely its own count:
    without members to compare it with, nobody is taken out."""
    assert lost(at_stake(POOL, soak=60))[0] > lost(at_stake(EXACT))[0]
    two = replace(NOW, together=2, peers=100)
    assert lost(at_stake(POOL, soak=60, now=two))[0] > lost(at_stake(POOL, soak=60))[0]
    alone = at_stake(POOL, soak=60, now=replace(NOW, peers=0.0))
    assert alone.why == ("gate 'errors' may not see which member the errors are from",)


@pytest.mark.parametrize("gate", [VALUE, COUNTS])
def test_metrics_gate(gate: ErrorGate) -> None:
    """Two scrapes must have passed, and the first sees nothing; where the interval is not known a
    common one is taken, and said."""
    quick = at_stake(gate, errors=timedelta(milliseconds=500))
    slow = at_stake(gate)
    assert 1 < lost(quick)[1] < 3
    assert 30 < lost(slow)[1] < 33
    assert lost(quick)[0] * 10 < lost(slow)[0]
    assert (quick.assumed, slow.assumed) == (None, 15 * SECOND)


def test_several_metrics_systems_may_see_a_part_each() -> None:
    """Of two servers each may scrape its own balancers: it takes longer to see as much."""
    both = replace(COUNTS, servers=2)
    known = timedelta(milliseconds=500)
    assert lost(at_stake(both, errors=known))[0] > lost(at_stake(COUNTS, errors=known))[0]


def test_a_fixed_range_sees_the_good_past() -> None:
    """`[5m]` at the return is full of the old version's good answers."""
    known = timedelta(milliseconds=500)
    past = at_stake(asking("rate(e[5m]) / rate(r[5m])"), soak=60, errors=known)
    assert lost(past)[0] > 150
    assert lost(past)[0] > lost(at_stake(VALUE, soak=60, errors=known))[0]


def test_requests_that_take_long_are_lost_too() -> None:
    """What is under way when the gate trips is lost, and evidence comes as late."""
    requests, seconds = lost(at_stake(EXACT))
    slow = lost(at_stake(EXACT, now=replace(NOW, takes=SECOND)))
    assert slow[0] >= requests + 50
    assert slow[1] > seconds + 1


@pytest.mark.untraced
@pytest.mark.parametrize("gate", [EXACT, BARE])
def test_less_traffic_loses_hardly_more(gate: ErrorGate) -> None:
    """Around the traffic at which a gate sees enough one sample later, the greater loss counts."""
    rates = (*range(5, 50), *range(50, 200, 3))
    bounds = [lost(at_stake(gate, now=Traffic(4 * r, r, peers=3 * r)))[0] for r in rates]
    assert all(more >= fewer * 0.75 for fewer, more in pairwise(bounds))
    assert bounds[-1] > 2 * bounds[0]


LOSSES = st.builds(
    lambda rate, k, every, failures: (
        Traffic(rate * k, rate, peers=rate * (k - 1)),
        replace(EXACT, every=timedelta(milliseconds=every), failures=failures),
    ),
    st.floats(0.5, 500),
    st.integers(2, 12),
    st.integers(50, 5000),
    st.integers(1, 3),
)


def stopped(gate: ErrorGate, now: Traffic, ratio: float) -> Stop | None:
    try:
        return stop(gate, Policies(gates=(gate,), soak=60 * SECOND), now, ratio, SECOND)
    except Unpredictable:
        return None


@pytest.mark.untraced
@settings(max_examples=25)
@given(LOSSES, st.sampled_from([0.1, 0.5, 1.0]), st.sampled_from([0.005, 0.02]))
def test_a_laxer_gate_loses_more(
    case: tuple[Traffic, CounterGate], ratio: float, maximum: float
) -> None:
    """What a gate lets pass never falls when `max` or `failures` rise, but for the rarest cases,
    left out of either; and what is likely is within it."""
    now, gate = case
    gate = replace(gate, maximum=maximum)
    known = stopped(gate, now, ratio)
    if known is not None:
        assert known.likely <= (known.errors, known.after)
    for laxer in (
        replace(gate, maximum=maximum * 2),
        replace(gate, failures=gate.failures + 1),
    ):
        other = stopped(laxer, now, ratio)
        assert other is None or (known is not None and other.errors >= known.errors * 0.95 - 1)


def test_what_cannot_be_foretold_is_no_bound() -> None:
    """Alerts, limits that are no error ratio, and a metrics system's view of the pool: with why."""
    for gate, why in (
        (AlertGate("pages", Scope.MEMBER), "alert"),
        (replace(VALUE, is_ratio=False), "no limit"),
        (replace(VALUE, maximum=None), "no limit"),
        (replace(VALUE, scope=Scope.POOL), "more than this pool"),
        (asking("job:errors:ratio"), "does not show its time window"),
        (asking("irate(e[1m])"), "single moments"),
        (asking("rate(e[1m] offset 5m)"), "another time"),
        (asking("rate(e[1m] @ 1)"), "another time"),
    ):
        loss = at_stake(gate)
        assert loss.requests is None
        assert why in loss.why[0]


def test_it_is_quick_even_where_it_is_hopeless() -> None:
    """A failing share close to the limit is given up, not followed for ever."""
    close = replace(EXACT, maximum=0.1, every=SECOND)
    assert at_stake(close, ratio=0.1001, now=Traffic(4e5, 1e5), soak=30).requests is None
