"""Places and widths: the time axis, the bars on it, the points of a plot."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core.events import GateSampled, MemberFailed, Verdict
from controller.core.gates.counters import judge
from controller.core.gates.evidence import Query
from controller.core.gates.gate import MetricGate, Scope
from controller.core.pool import Counters
from controller.core.settings import Policies
from controller.records import Record
from controller.report.page.builder import build
from controller.report.page.downsample import downsampled
from controller.report.page.gate_figures import trip_ratio
from controller.report.page.model import Run, Sample
from controller.report.page.plots import BOTTOM, HEIGHT, TOP, gate_plots
from controller.report.page.timeline import APART, Axis, timeline
from tests.report import journals


def test_the_axis_keeps_order_and_cuts_the_time_between_runs_short() -> None:
    """An hour between two runs of a minute takes 4 % of the time at work."""
    axis = Axis([Run(0, 60, journals.BEGAN), Run(3660, 3720, journals.BEGAN)])
    assert axis.x(0) == 0
    assert axis.x(3720) == pytest.approx(100)
    assert axis.x(3660) - axis.x(60) == pytest.approx(100 * 4.8 / 124.8)
    places = [axis.x(at) for at in (0, 30, 60, 2000, 3660, 3690, 3720)]
    assert places == sorted(places)


@pytest.mark.parametrize(
    "records", [journals.healthy(), journals.resumed(), journals.rolled_back(), journals.aborted()]
)
def test_bars_and_ticks_stay_within_the_drawing(records: list[Record]) -> None:
    """Nothing begins before 0 % or ends after 100 %, and labels leave each other room."""
    drawn = timeline(build(records))
    for row in drawn.rows:
        for bar in row.bars:
            assert bar.x >= 0
            assert bar.x + bar.width <= 100.001
    assert drawn.ticks
    places = sorted(tick.x for tick in drawn.ticks)
    assert all(b - a >= APART for a, b in pairwise(places))


def test_bars_follow_each_other_in_the_order_of_the_phases() -> None:
    """A member that went well has the five phases, one after the other."""
    (first, *_) = timeline(build(journals.healthy())).rows
    kinds = [bar.kind for bar in first.bars if bar.kind != "turn"]
    assert kinds == ["drain", "upgrade", "validate", "return", "soak"]
    starts = [bar.x for bar in first.bars]
    assert starts == sorted(starts)


def test_a_large_pool_shows_trouble_first_and_folds_the_rest() -> None:
    """The one member that failed, the last of sixty, is not folded away."""
    scribe = journals.Scribe(journals.plan(60))
    scribe.begin()
    scribe.drain("web60")
    scribe.upgrade("web60", passed=False)
    scribe.write(MemberFailed("web60", "its upgrade failed"))
    drawn = timeline(build(scribe.records))
    assert "web60" in [row.member for row in drawn.rows]
    assert len(drawn.rows) + len(drawn.folded) == 60
    assert len(drawn.folded) == 20


@given(st.integers(0, 3000))
def test_the_tripping_line_is_where_the_gate_trips(total: int) -> None:
    """At the line the judgement is a failure; with one error less it is none."""
    ratio = trip_ratio(journals.ERRORS, total)
    if ratio is None:
        assert judge(journals.ERRORS, Counters(total, total)).verdict is not Verdict.FAIL
        return
    errors = round(ratio * total)
    assert judge(journals.ERRORS, Counters(errors, total)).verdict is Verdict.FAIL
    assert judge(journals.ERRORS, Counters(errors - 1, total)).verdict is not Verdict.FAIL


@pytest.mark.parametrize(
    ("given", "limits", "values"),
    [
        ({"maximum": 0.01}, ["max 1 %"], "highest 2.5 %"),
        ({"maximum": 0.3, "is_ratio": False}, ["max 0.3"], "highest 0.025"),
        ({"minimum": 0.99}, ["min 99 %"], "-0.5 % to 2.5 %"),
        ({"max_increase": 0.05}, ["limit 5 %"], "highest 2.5 %"),
    ],
)
def test_a_metric_is_drawn_with_its_own_limits(
    given: dict[str, Any], limits: list[str], values: str
) -> None:
    """A maximum, a minimum or neither; a plain number is not made a percentage; negative values
    stay within the plot."""
    gate = MetricGate("ratio", Scope.POOL, {Query.VALUE: "q"}, **given)
    scribe = journals.Scribe(journals.plan(policies=Policies(gates=(gate,))))
    scribe.begin()
    for value in (None, -0.005, 0.025):
        scribe.write(GateSampled(gate.name, None, Verdict.PASS, "", 0, 0, value, gate.bound))
        scribe.wait(1)
    ((plot,),) = [each.plots for each in gate_plots(build(scribe.records))]
    assert [limit.words for limit in plot.limits] == limits
    assert plot.values == values
    assert plot.trips == ""
    assert all(TOP <= y <= HEIGHT - BOTTOM for y in [dot.y for dot in plot.dots])


def test_two_samples_draw_a_line() -> None:
    """The first of a member has mostly no value yet: the other is a short stroke, as is the line
    from which the gate would fail."""
    scribe = journals.Scribe(journals.plan())
    scribe.begin()
    scribe.sample(None, 0, 0, Verdict.INCONCLUSIVE)
    scribe.wait(1)
    scribe.sample(None, 2, 40, Verdict.PASS)
    (plot,) = (plot for group in gate_plots(build(scribe.records)) for plot in group.plots)
    (curve,) = plot.curves
    for drawn in (curve, plot.trips):
        (x1, y1), (x2, y2) = ((float(n) for n in point.split(",")) for point in drawn.split())
        assert (x1 < x2, y1 == y2) == (True, True)


def test_a_second_return_is_called_that() -> None:
    """And a second run of the pool's gate too."""
    titles = [plot.title for group in gate_plots(build(journals.resumed())) for plot in group.plots]
    assert "web2, return 2" in titles
    assert "the pool, run 2" in titles


def sampled(values: list[tuple[float | None, Verdict]]) -> list[Sample]:
    return [
        Sample(
            float(i),
            journals.BEGAN + timedelta(seconds=i),
            GateSampled("errors", None, verdict, "", 0, 0, value, 0.01),
        )
        for i, (value, verdict) in enumerate(values)
    ]


@given(
    st.lists(st.tuples(st.none() | st.floats(0, 1), st.sampled_from(list(Verdict))), max_size=300),
    st.integers(4, 50),
)
def test_thinning_keeps_the_ends_the_highest_and_a_failure(
    values: list[tuple[float | None, Verdict]], most: int
) -> None:
    """However much is left out, no failure and no peak vanishes, and the order stays."""
    samples = sampled(values)
    kept = downsampled(samples, most)
    assert len(kept) <= most
    assert [sample.at for sample in kept] == sorted(sample.at for sample in kept)
    if samples:
        assert (kept[0], kept[-1]) == (samples[0], samples[-1])
        heights = [sample.event.value or 0.0 for sample in samples]
        assert max(heights) == max(sample.event.value or 0.0 for sample in kept)
        verdicts = {sample.event.verdict for sample in samples}
        assert (Verdict.FAIL in verdicts) == any(
            sample.event.verdict is Verdict.FAIL for sample in kept
        )
