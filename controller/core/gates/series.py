"""Which samples of a gate are worth a record: a soak of days must not write one each second."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from controller.core.events import GateSampled, Verdict
from controller.core.pool import Instant

SHARE: Final = 50
"""At least one sample in each 2 % of the time so far: a plot of the whole shows no gap."""
LONGEST: Final = timedelta(minutes=1)
"""At least one in each minute, however long it goes on."""
BAND: Final = 0.1
"""A value this much of the limit beyond those written is written, too: no peak is lost."""

_FIGURE: Final = re.compile(r"\d[\d.,]*(?:e[+-]?\d+)?(?: ?(?:%|ms|s|m|h|d)\b)?")


@dataclass(frozen=True, slots=True)
class Series:
    """The samples of one gate and one member that are in the journal."""

    since: Instant
    """Of its first."""
    written_at: Instant
    last: GateSampled
    """The last one written."""
    fails: int = 0
    """Failing ones written in a row."""
    low: float | None = None
    high: float | None = None
    """Their range since the last one that was due."""

    @classmethod
    def begun(cls, event: GateSampled, now: Instant) -> "Series":
        fails = int(_fails(event))
        return cls(now, now, event, fails, event.value, event.value)

    def wants(self, event: GateSampled, now: Instant, in_a_row: int) -> bool:
        """Whether this sample is written. `in_a_row`: the failing ones that trip its gate."""
        return (
            self._is_due(now)
            or _says(event) != _says(self.last)
            or (_fails(event) and self.fails < in_a_row)
            or self._is_peak(event)
        )

    def written(self, event: GateSampled, now: Instant) -> "Series":
        """With one more."""
        is_due = self._is_due(now)
        values = [event.value] if is_due else [event.value, self.low, self.high]
        known = [one for one in values if one is not None]
        fails = self.fails + 1 if _fails(event) else 0
        low, high = min(known, default=None), max(known, default=None)
        return Series(self.since, now, event, fails, low, high)

    def _is_due(self, now: Instant) -> bool:
        return now - self.written_at >= min((now - self.since) / SHARE, LONGEST)

    def _is_peak(self, event: GateSampled) -> bool:
        if event.value is None or self.low is None or self.high is None:
            return event.value is not None
        # In proportion to what is known already: a value that only rises is no flood either.
        band = BAND * max(abs(event.limit or 0.0), abs(self.low), abs(self.high))
        return event.value > self.high + band or event.value < self.low - band


def _fails(event: GateSampled) -> bool:
    return event.verdict is Verdict.FAIL


def _says(event: GateSampled) -> tuple[object, ...]:
    """What it says without its figures."""
    reason = _FIGURE.sub("#", event.reason)
    return event.verdict, reason, frozenset(event.alerts), event.baseline is None
