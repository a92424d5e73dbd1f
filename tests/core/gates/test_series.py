"""Which samples of a gate get a record."""

from datetime import timedelta
from itertools import pairwise

import pytest

from controller.core.events import GateSampled, Verdict
from controller.core.gates.series import Series
from controller.core.pool import Instant

SECOND = timedelta(seconds=1)


def sample(
    verdict: Verdict = Verdict.PASS,
    reason: str = "0 % of 40 requests failed",
    value: float | None = 0.0,
    **more: object,
) -> GateSampled:
    event = GateSampled("errors", "web1", verdict, reason, 0, 0, value, 0.01)
    return GateSampled(**{**{f: getattr(event, f) for f in event.__slots__}, **more})


def written(samples: list[GateSampled], in_a_row: int = 1) -> list[int]:
    """The numbers of those that are, with one sample each second."""
    series: Series | None = None
    found = []
    for number, event in enumerate(samples):
        now: Instant = number * SECOND
        if series is None:
            series = Series.begun(event, now)
        elif series.wants(event, now, in_a_row):
            series = series.written(event, now)
        else:
            continue
        found.append(number)
    return found


def later(*samples: GateSampled, quiet: int = 1000) -> list[int]:
    """Which of `samples` are written after a long quiet time."""
    return [n - quiet for n in written([sample()] * quiet + list(samples)) if n >= quiet]


def test_a_short_soak_is_written_whole() -> None:
    assert written([sample()] * 50) == list(range(50))


@pytest.mark.untraced
def test_a_long_one_costs_a_record_a_minute() -> None:
    """And before that, fifty over the time so far, so that a plot of any length has its points."""
    gaps = written([sample()] * 4 * 3600)
    hour = sum(number < 3600 for number in gaps)
    assert hour < 260
    assert len(gaps) - hour == 3 * 60
    assert all(b - a <= max(1, b / 50 + 1) for a, b in pairwise(gaps))


@pytest.mark.parametrize(
    "event",
    [
        sample(Verdict.INCONCLUSIVE, "stale: no fresh look", None),
        sample(Verdict.FAIL, value=0.2),
        sample(reason="0 % of 40 requests failed (too few to tell)"),
        sample(alerts=("Down",)),
        sample(baseline=0.5),
    ],
    ids=["verdict", "fail", "reason", "alerts", "baseline"],
)
def test_what_says_something_new_is_written(event: GateSampled) -> None:
    assert later(event) == [0]


def test_other_figures_say_nothing_new() -> None:
    """Nor do other units."""
    same = [f"{n} % of {n * 1000}.5 requests failed, {n} ms old" for n in (1, 2)]
    again = [sample(reason=reason) for reason in (*same, "3 % of 1e-05 requests failed, 4 s old")]
    assert later(*again) == [0]


def test_each_failing_sample_that_trips_its_gate() -> None:
    """A gate that is overridden fails for hours, and says nothing new."""
    fail = sample(Verdict.FAIL, value=0.2)
    assert written([sample(), *[fail] * 500], in_a_row=3)[:4] == [0, 1, 2, 3]
    assert [n for n in written([sample()] * 1000 + [fail] * 20, in_a_row=3) if n >= 1000] == [
        1000,
        1001,
        1002,
    ]


def test_peaks_are_written_noise_is_not() -> None:
    noise = [sample(value=0.0005), sample(value=0.0002), sample(value=0.0009)]
    assert later(*noise) == []
    assert later(*noise, sample(value=0.006), sample(value=0.0055), sample(value=0.008)) == [3, 5]
    assert later(sample(value=-0.5)) == [0]


def test_a_value_that_only_rises_is_no_flood() -> None:
    rising = [sample(value=0.001 * n, limit=None) for n in range(1, 10_000)]
    assert len(later(*rising)) < 320


def test_values_that_come_and_go() -> None:
    without = sample(value=None)
    assert later(without, sample(value=0.001), sample(value=0.5)) == [2]
    assert [n for n in written([without] * 1000 + [sample(value=0.5)]) if n >= 1000] == [1000]
