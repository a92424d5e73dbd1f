"""What is at stake: bounds that hold, and words that say when there is none."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from controller.core.metrics import MetricsServer
from controller.core.outlook import Traffic
from controller.core.settings import (
    AlertQuery,
    Gate,
    MetricQuery,
    Policies,
    ReturnPolicy,
    Scope,
)
from controller.core.settings import Test as Kind
from controller.core.stake import Loss, stake
from controller.core.statistics import is_unexplained

SECOND = timedelta(seconds=1)
EXACT = Gate("errors", Scope.MEMBER, 0.01, every=timedelta(milliseconds=200))
BARE = replace(EXACT, test=Kind.THRESHOLD)
POOL = replace(EXACT, scope=Scope.POOL)
SERVERS = (MetricsServer("http://127.0.0.1:9"),)
VALUE = replace(EXACT, metric=MetricQuery(SERVERS, query="q", maximum=0.01))
COUNTS = replace(
    EXACT, metric=MetricQuery(SERVERS, errors="e", requests="r", traffic="t", maximum=0.01)
)
NOW = Traffic(200, 50)


def at_stake(
    *gates: Gate, ratio: float = 1.0, now: Traffic = NOW, soak: float = 10, **ways: timedelta
) -> Loss:
    return stake(Policies(gates=gates, soak=SECOND * soak), now, ratio, ways or None)


def lost(loss: Loss) -> tuple[int, float]:
    assert loss.requests is not None
    assert loss.duration is not None
    return loss.requests, loss.duration.total_seconds()


def test_without_a_gate_nothing_stops_it() -> None:
    """No gate, no bound: each second the whole pool may fail."""
    assert at_stake() == Loss(1.0, per_second=200)
    assert at_stake(ratio=0.1) == Loss(0.1, per_second=20)


def test_without_traffic_nothing_is_lost() -> None:
    """At a rate of nought the bound is nought."""
    assert at_stake(EXACT, now=Traffic(0, 0)) == Loss(1.0, requests=0, duration=timedelta(0))


@pytest.mark.parametrize("rate", [2.0, 8.0, 50.0, 700.0])
@pytest.mark.parametrize("ratio", [0.08, 0.1, 0.5, 1.0])
def test_bound_holds(rate: float, ratio: float) -> None:
    """Rollouts played request by request stay within the bound, 96 of 100 of them at least."""
    loss = at_stake(EXACT, ratio=ratio, now=Traffic(4 * rate, rate), soak=300)
    requests, seconds = lost(loss)
    random, beyond, plays = Random(4711), 0, 300
    for _ in range(plays):
        errors, total, look = 0, 0, 0
        while not is_unexplained(errors, total, 0.01, confidence=0.995, min_errors=3):
            look += 1
            for _ in range(int(rate * 0.2 * look + 1e-9) - total):
                total += 1
                errors += random.random() < ratio
        errors += sum(random.random() < ratio for _ in range(int(rate * 0.2)))
        beyond += errors > requests or look * 0.2 + 0.2 - 1e-9 > seconds
    assert beyond <= plays * 0.04
    assert loss.per_second == pytest.approx(ratio * rate)


def test_a_gate_that_may_miss_it_is_no_bound() -> None:
    """A soak too short for the traffic, or a failing share that the gate allows, is said so."""
    assert at_stake(EXACT, ratio=0.1, soak=1).requests is None
    assert at_stake(EXACT, ratio=0.01, now=Traffic(40_000, 10_000), soak=400).requests is None
    assert at_stake(replace(EXACT, maximum=1.0), ratio=1.0, soak=1).requests is None


def test_a_quiet_member_is_held() -> None:
    """When every request fails, the soak lasts until three came; never longer than `hold`."""
    requests, seconds = lost(at_stake(EXACT, now=Traffic(4, 0.1)))
    assert requests == 4
    assert 30 < seconds < 31
    assert at_stake(EXACT, now=Traffic(4, 0.01)).requests is None
    never = replace(EXACT, maximum=1.0)
    assert at_stake(never, now=Traffic(4, 0.1)).requests is None


def test_the_first_gate_to_stop_it_counts() -> None:
    """Of several gates the bound is that of the one with which the fewest fail."""
    slow = replace(EXACT, name="slow", every=5 * SECOND)
    one, two = at_stake(slow, EXACT), at_stake(EXACT, slow)
    assert one == two == at_stake(EXACT)
    assert one.gate == "errors"
    assert lost(at_stake(slow))[0] > lost(one)[0]


def test_samples_in_a_row_and_the_ramp_take_time() -> None:
    """More failing samples, or a ramp on the way back, put the end off."""
    patient = replace(EXACT, failures=3)
    requests, seconds = lost(at_stake(EXACT))
    assert lost(at_stake(patient))[0] > requests
    ramp = ReturnPolicy(ramp=(10, 50), hold=SECOND)
    slowly = stake(Policies(gates=(EXACT,), soak=10 * SECOND, comeback=ramp), NOW, 1.0)
    assert lost(slowly) == (requests, seconds + 2)


def test_members_in_hand_together_fail_together() -> None:
    """Two at a time lose twice as much."""
    alone, both = at_stake(EXACT), at_stake(EXACT, now=Traffic(200, 50, 2))
    assert lost(both)[0] == 2 * lost(alone)[0]
    assert both.per_second == 2 * alone.per_second


def test_threshold() -> None:
    """The bare ratio trips at `min_requests`, not before."""
    requests, seconds = lost(at_stake(BARE))
    assert 20 <= requests <= 45
    assert lost(at_stake(replace(BARE, min_requests=200)))[0] >= 200
    assert seconds < 2


def test_pool_gate() -> None:
    """The pool's good past hides a bad member, and only errors that are surely its own count."""
    assert lost(at_stake(POOL))[0] > lost(at_stake(EXACT))[0]
    assert at_stake(POOL, ratio=0.01).requests is None
    assert at_stake(POOL, now=Traffic(50, 50)).requests is None


def test_metrics_gate() -> None:
    """Scrapes put the end off by two intervals; without a known one a common one is taken."""
    for gate in (VALUE, COUNTS):
        quick = at_stake(gate, errors=timedelta(milliseconds=500))
        slow = at_stake(gate)
        assert 1 < lost(quick)[1] < 3
        assert 30 < lost(slow)[1] < 33
        assert lost(quick)[0] < lost(slow)[0]


def test_what_cannot_be_foretold_is_no_bound() -> None:
    """Alerts, limits that are no error ratio, and a metrics system's view of the pool."""
    value = VALUE.metric
    assert value is not None
    for gate in (
        replace(EXACT, alerts=AlertQuery(SERVERS)),
        replace(VALUE, metric=replace(value, is_ratio=False)),
        replace(VALUE, metric=replace(value, maximum=None)),
        replace(VALUE, scope=Scope.POOL),
    ):
        assert at_stake(gate).requests is None


def test_it_is_quick_even_where_it_is_hopeless() -> None:
    """A failing share close to the limit is given up, not followed for ever."""
    close = replace(EXACT, maximum=0.1, every=SECOND)
    assert at_stake(close, ratio=0.1001, now=Traffic(4e5, 1e5), soak=30).requests is None
