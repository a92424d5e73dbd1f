"""Age and scrape interval of what a query reads, from its own selectors."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from adapters.prometheus.ages import freshness_of
from adapters.prometheus.faults import Unanswered
from adapters.prometheus.readings import partial_words
from adapters.prometheus.replies import Answer
from adapters.prometheus.samples import Sample, samples_of
from adapters.prometheus.selectors import selectors_in, with_labels
from controller.core.gates.evidence import Freshness, Missing
from controller.core.pool import Instant

Ask = Callable[[str, datetime | None, Instant], Awaitable[Answer]]

_RANGES: Final = ("5m", "1h")
"""Ranges in which to find the interval: scrapes come every minute or more often, some evaluations
and pushes rarely."""
_KEPT: Final = timedelta(minutes=1)
"""How long a scrape interval is taken for known: it is changed rarely."""


class Derived:
    """Asks for single series only, so that a query over thousands of them costs no more."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._intervals: dict[str, tuple[datetime, timedelta]] = {}

    async def of(self, query: str, now: datetime, deadline: Instant) -> Freshness | None:
        """None: it reads no series, or in a dialect. Raises Rejected, Unanswered."""
        selectors = selectors_in(query)
        if not selectors:
            return None
        ages = [(one, await self._age(one, now, deadline)) for one in selectors]
        known = [(one, age) for one, age in ages if age is not None]
        if not known:
            words = _NOTHING.format(", ".join(selectors))
            return Freshness(query, missing=Missing.NO_DATA, words=words, is_derived=True)
        intervals = [await self._interval(one, now, deadline) for one, _ in known]
        selector, age = max(known, key=lambda each: each[1])
        interval = max((one for one in intervals if one is not None), default=None)
        return Freshness(selector, age, interval, series=len(known), is_derived=True)

    async def _age(self, selector: str, now: datetime, deadline: Instant) -> timedelta | None:
        """Of the newest sample, of the series where it is oldest. None: there is no series."""
        oldest = await self._one(f"bottomk(1, timestamp({selector}))", now, deadline)
        if oldest is None or oldest.value is None:
            return None
        return max(timedelta(0), now - datetime.fromtimestamp(oldest.value, UTC))

    async def _interval(self, selector: str, now: datetime, deadline: Instant) -> timedelta | None:
        """Of the series that comes most seldom."""
        kept = self._intervals.get(selector)
        if kept is not None and now - kept[0] < _KEPT:
            return kept[1]
        for range_ in _RANGES:
            counted = f"bottomk(1, count_over_time({selector}[{range_}]) > 1)"
            rarest = await self._one(counted, now, deadline)
            if rarest is None:
                continue
            single = with_labels(selector, rarest.labels)
            answer = await self._ask(f"{single}[{range_}]", now, deadline)
            interval = freshness_of(single, answer, now).interval
            if interval is not None:
                self._intervals[selector] = now, interval
                return interval
        return None

    async def _one(self, query: str, now: datetime, deadline: Instant) -> Sample | None:
        answer = await self._ask(query, now, deadline)
        if answer.warnings:
            raise Unanswered(Missing.PARTIAL, partial_words(answer.warnings))
        return next(iter(samples_of(answer.data)), None)


_NOTHING: Final = (
    "no series matches {}: a typing error, or its target is gone; whatever the query makes of that "
    "is no sign of health"
)
