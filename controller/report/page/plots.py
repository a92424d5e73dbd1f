"""Plots of the gates: a small one for each member that was judged, or one for the pool."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from controller.core.events import Verdict
from controller.core.gates.figures import span
from controller.core.gates.gate import Gate
from controller.core.gates.limit import limit
from controller.report.page.downsample import downsampled
from controller.report.page.gate_figures import figure, limits_of, range_of, trip_ratio
from controller.report.page.model import Sample, Series, Story

WIDTH: Final = 320
HEIGHT: Final = 140
LEFT, RIGHT, TOP, BOTTOM = 8, 8, 20, 22

STROKE: Final = 10
"""To either side of a single value."""

HEADROOM: Final = 1.08
"""Times the greatest value, so that its dot is whole."""

POINTS: Final = 120
"""In one plot: more cannot be distinguished."""

PLOTS: Final = 24
"""For one gate: those with a failure come first, further ones are only counted."""

ROWS: Final = 4000
"""Of samples, in all tables of the page together; a plot has at least `ROWS_LEAST`."""

ROWS_LEAST: Final = 50
ROWS_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    verdict: str
    title: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One row of the samples behind a plot."""

    time: str
    verdict: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Limit:
    y: float
    words: str


@dataclass(frozen=True, slots=True)
class Plot:
    title: str
    verdict: str
    summary: str
    curves: tuple[str, ...]
    """`x,y` pairs; a new curve after each sample without a value."""
    trips: str
    """Where the gate would fail; with an exact test that depends on the number of requests."""
    dots: tuple[Dot, ...]
    limits: tuple[Limit, ...]
    values: str
    start: str
    end: str
    count: int
    queries: tuple[tuple[str, str], ...]
    """The last queries to the metrics system: kind and text."""
    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class GatePlots:
    gate: str
    rule: str
    overrides: tuple[str, ...]
    plots: tuple[Plot, ...]
    unplotted: int


def gate_plots(story: Story) -> tuple[GatePlots, ...]:
    """One group for each gate of the plan, in its order."""
    groups = []
    shown = sum(
        min(PLOTS, sum(series.gate == gate.name for series in story.series))
        for gate in story.plan.policies.gates
    )
    rows = max(ROWS_LEAST, min(ROWS_MOST, ROWS // max(1, shown)))
    for gate in story.plan.policies.gates:
        own = [series for series in story.series if series.gate == gate.name]
        titles = _titles(own)
        worst_first = sorted(range(len(own)), key=lambda at: -_severity(own[at]))[:PLOTS]
        plots = tuple(_plot(gate, own[at], titles[at], rows) for at in sorted(worst_first))
        groups.append(
            GatePlots(
                gate=gate.name,
                rule=limit(gate),
                overrides=tuple(text for name, text in story.overrides if name == gate.name),
                plots=plots,
                unplotted=len(own) - len(plots),
            )
        )
    return tuple(groups)


def _severity(series: Series) -> int:
    verdicts = {sample.event.verdict for sample in series.samples}
    if Verdict.FAIL in verdicts:
        return 2
    return 1 if series.samples[-1].event.verdict is Verdict.INCONCLUSIVE else 0


class _Scale:
    def __init__(self, samples: Sequence[Sample], values: Sequence[float]) -> None:
        self._start = samples[0].at
        self._span = samples[-1].at - self._start or 1.0
        self._low = min(0.0, *values)
        self._height = (max(0.0, *values) - self._low) * HEADROOM or 1.0

    def x(self, at: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (at - self._start) / self._span

    def y(self, value: float) -> float:
        share = max(0.0, min((value - self._low) / self._height, 1.0))
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share


def _titles(own: Sequence[Series]) -> list[str]:
    """A member that returned twice, or a pool in two runs, has two plots."""
    times: dict[str, int] = {}
    titles = []
    for series in own:
        times[series.member] = times.get(series.member, 0) + 1
        what = "return" if series.member else "run"
        again = f", {what} {times[series.member]}" if times[series.member] > 1 else ""
        titles.append((series.member or "the pool") + again)
    return titles


def _plot(gate: Gate, series: Series, title: str, rows: int) -> Plot:
    samples = series.samples
    few = downsampled(samples, POINTS)
    limits = limits_of(gate, samples[-1].event)
    values = [sample.event.value for sample in samples if sample.event.value is not None]
    scale = _Scale(samples, [0.0, *values, *(most * 1.6 for _, most in limits)])
    last = samples[-1].event
    lasted = span(timedelta(seconds=samples[-1].at - samples[0].at))
    return Plot(
        title=title,
        verdict=str(_worst(samples)),
        summary=f"{last.verdict}: {last.reason}",
        curves=_curves(few, scale),
        trips=_trips(gate, few, scale),
        dots=tuple(_dot(sample, scale) for sample in few),
        limits=tuple(Limit(scale.y(most), f"{word} {figure(gate, most)}") for word, most in limits),
        values=range_of(gate, values),
        start=f"{samples[0].wall:%H:%M:%S}",
        end=f"+{lasted}",
        count=len(samples),
        queries=tuple(last.queries.items()),
        readings=tuple(_reading(gate, sample) for sample in downsampled(samples, rows)),
    )


def _worst(samples: Sequence[Sample]) -> Verdict:
    """FAIL if any sample failed, else the last verdict."""
    if any(sample.event.verdict is Verdict.FAIL for sample in samples):
        return Verdict.FAIL
    return samples[-1].event.verdict


def _curves(samples: Sequence[Sample], scale: _Scale) -> tuple[str, ...]:
    curves: list[list[tuple[float, float]]] = [[]]
    for sample in samples:
        if sample.event.value is None:
            curves.append([])
        else:
            curves[-1].append((scale.x(sample.at), scale.y(sample.event.value)))
    return tuple(" ".join(_drawn(curve)) for curve in curves if curve)


def _trips(gate: Gate, samples: Sequence[Sample], scale: _Scale) -> str:
    points = [
        (scale.x(sample.at), scale.y(ratio))
        for sample in samples
        if (ratio := trip_ratio(gate, sample.event.total)) is not None
    ]
    return " ".join(_drawn(points))


def _drawn(points: Sequence[tuple[float, float]]) -> list[str]:
    """A single point becomes a short stroke."""
    if len(points) == 1:
        ((x, y),) = points
        points = [(max(LEFT, x - STROKE), y), (min(WIDTH - RIGHT, x + STROKE), y)]
    return [f"{x:.1f},{y:.1f}" for x, y in points]


def _dot(sample: Sample, scale: _Scale) -> Dot:
    event = sample.event
    y = scale.y(event.value if event.value is not None else 0.0)
    title = f"{sample.wall:%H:%M:%S} {event.verdict}: {event.reason}"
    return Dot(scale.x(sample.at), y, str(event.verdict), title)


def _reading(gate: Gate, sample: Sample) -> Reading:
    event = sample.event
    return Reading(
        time=f"{sample.wall:%H:%M:%S.%f}"[:-3],
        verdict=str(event.verdict),
        value="–" if event.value is None else figure(gate, event.value),
        reason=event.reason,
    )
