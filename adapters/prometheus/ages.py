"""Age and scrape interval of evidence, from the samples of a range vector."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from adapters.prometheus.readings import labels_words, partial_words
from adapters.prometheus.replies import Answer
from adapters.prometheus.samples import Series, series_of
from controller.core.gates.evidence import Freshness, Missing

_LAST = 11
"""Samples of a series that its interval is taken from: a changed scrape interval shows soon."""


def freshness_of(selector: str, answer: Answer, now: datetime) -> Freshness:
    """`now` is the moment that the range ends at. Raises Unanswered as `series_of` does."""
    series = series_of(answer.data)
    if answer.warnings:
        words = partial_words(answer.warnings)
        return Freshness(selector, missing=Missing.PARTIAL, words=words, series=len(series))
    if not series:
        return Freshness(selector, missing=Missing.NO_DATA, words=_NO_DATA)
    age = max(timedelta(0), *(now - each.times[-1] for each in series))
    found = Freshness(selector, age, _interval(series), series=len(series))
    if (down := next(filter(_is_down, series), None)) is not None:
        labels = {name: text for name, text in down.labels.items() if name != "__name__"}
        words = _DOWN.format(labels_words(labels))
        return replace(found, missing=Missing.STALE, words=words)
    return found


def _is_down(series: Series) -> bool:
    """`up` is fresh as well when a scrape failed: then it is 0 (Prometheus documentation, "Jobs
    and instances"), and a rate goes on to be made of samples from before."""
    return series.labels.get("__name__") == "up" and series.newest == 0


_DOWN = "up{} is 0: its target cannot be scraped, its samples are from before"
_NO_DATA = "no series matches the evidence: a typo, or its target was never scraped"


def _interval(series: Sequence[Series]) -> timedelta | None:
    """Of the series with the longest interval; None until one has two samples."""
    intervals = [_typical(each.times[-_LAST:]) for each in series if len(each.times) > 1]
    return max(intervals, default=None)


def _typical(times: Sequence[datetime]) -> timedelta:
    """The median, which a missed scrape does not move."""
    gaps = [(after - before).total_seconds() for before, after in pairwise(times)]
    return timedelta(seconds=median(gaps))
