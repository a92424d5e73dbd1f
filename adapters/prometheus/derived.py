"""Age and scrape interval of what a query reads, from its own selectors."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from adapters.prometheus.ages import freshness_of
from adapters.prometheus.faults import Rejected, Unanswered
from adapters.prometheus.readings import labels_words, partial_words
from adapters.prometheus.replies import Answer
from adapters.prometheus.samples import Sample, samples_of
from adapters.prometheus.selectors import selectors_in, with_labels
from controller.core.gates.evidence import Freshness, Missing
from controller.core.pool import Instant

_MOMENTS: Final = 20
"""Since a return, at which it is asked which targets there were."""

Ask = Callable[[str, datetime | None, Instant], Awaitable[Answer]]

_RANGES: Final = ("5m", "1h")
"""Ranges in which to find the interval: scrapes come every minute or more often, some evaluations
and pushes rarely."""
_KEPT: Final = timedelta(minutes=1)
"""How long a scrape interval is taken for known: it is changed rarely."""


class Derived:
    """Asks for single series, so that a query over thousands of them costs no more; of a member
    also for one target that is lost."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._intervals: dict[str, tuple[datetime, timedelta]] = {}

    async def of(
        self, query: str, now: datetime, deadline: Instant, since: timedelta | None = None
    ) -> Freshness | None:
        """None: it reads no series, or in a dialect. `since`: see `MetricsSource.freshness_of`.
        Raises Rejected, Unanswered."""
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
        found = Freshness(selector, age, interval, series=len(known), is_derived=True)
        if since is None:
            return found
        watched = _own(selectors if since else [one for one, _ in known])
        try:
            hidden = await self._one(lost_targets(watched, now, since), now, deadline)
        except Rejected:  # a server without subqueries
            return found
        if hidden is None:
            return found
        words = _HIDDEN.format(labels_words(hidden.labels))
        return replace(found, missing=Missing.STALE, words=words)

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
_HIDDEN: Final = (
    "the target {} showed what the query reads, and is down or shows it no more; what others show "
    "says nothing of it"
)


def _own(selectors: Sequence[str]) -> Sequence[str]:
    """Without those that leave something out: of the peers, most often, who may be down."""
    return [one for one in selectors if "!=" not in one and "!~" not in one] or selectors


def lost_targets(selectors: Sequence[str], now: datetime, since: timedelta) -> str:
    """A query for one target that cannot be scraped, or that showed a series `since` and does not
    now: what is left would hide that. A query that sums over load balancers needs each of them.

    By target, not by series: those of a process end with it, and others take their place.
    """
    lately = (f"count_over_time({one}[5m])" for one in selectors)
    formerly = _any((*lately, *(f"{one} offset 1h" for one in selectors)))
    lost = f"max by (job, instance) (up) == 0 and on (job, instance) {_targets(formerly)}"
    seconds = int(since.total_seconds())
    if seconds < 1:
        return f"topk(1, {lost})"
    steps = f"[{seconds}s:{max(1, seconds // _MOMENTS)}s]"
    newest = _any(f"max_over_time(timestamp({one}){steps})" for one in selectors)
    begin = (now - since).timestamp()
    gone = f"{_targets(f'({newest}) >= {begin:.3f}')} unless on (job, instance) "
    return f"topk(1, ({lost}) or ({gone}{_targets(_any(selectors))}))"


def _any(expressions: Iterable[str]) -> str:
    return " or ".join(expressions)


def _targets(expression: str) -> str:
    return f"count by (job, instance) ({expression})"
