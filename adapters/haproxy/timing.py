"""How long requests took, worked out from HAProxy's averages.

`rtime` of a server is no average over its last requests. It is a sum, divided by their number (by
512 at most) and rounded up to whole milliseconds. Up to 512 requests the sum is plain. From then on
each request takes a 512th of the sum away and adds its own time, so the average fades: 512 requests
later more than a third of it is still about the time before (measured with 2.6; the management
guide speaks of the last 1024). Two readings, and the number of requests between them, say how long
those took: within 512 ms, divided by their number, as the readings are rounded.

It is the time to the head of an answer. An answer's time is added once it has ended, its request
is counted when its head comes: long downloads are somewhat late in it.
"""

from dataclasses import dataclass
from typing import Final

from adapters.haproxy.tables import Row
from controller.core.pool import Pace, Timing

SAMPLES: Final = 512
"""TIME_STATS_SAMPLES in HAProxy's source."""

KEPT: Final = 1 - 1 / SAMPLES
"""What one more request leaves of the sum."""


@dataclass(frozen=True, slots=True)
class ResponseTime:
    """`rtime` and `req_tot` of a server, in mode http."""

    average: int
    """Milliseconds, rounded up."""
    requests: int

    @property
    def weight(self) -> int:
        return min(self.requests, SAMPLES)

    def since(self, former: Timing) -> Pace | None:
        if not isinstance(former, ResponseTime) or self.requests <= former.requests:
            return None
        fading = self.requests - max(former.requests, SAMPLES)
        left = KEPT ** max(0, fading)
        summed = max(0, self.weight - former.weight)
        share = summed * left + SAMPLES * (1 - left)
        now, before = self.average * self.weight, former.average * former.weight * left
        least = (now - self.weight - before) / share
        most = (now - before + former.weight * left) / share
        # Each request took up to a millisecond more from the sum than its share.
        return Pace(self.requests - former.requests, least / 1000, (most + 1) / 1000)


def response_time(row: Row) -> ResponseTime | None:
    """None: not measured, as in mode tcp."""
    return _averaged(row, "rtime")


def queue_time(row: Row) -> ResponseTime | None:
    """How long requests waited for a connection slot, averaged in the same way. `qcur` shows only
    those that wait for this server alone (a cookie): all others wait at the backend, on no server's
    line, and `qtime` of whoever takes them counts that, too (measured with 2.6). None: not
    measured, or without `maxconn`, where nothing ever waits."""
    if "slim" not in row.columns or not row.count("slim"):
        return None
    return _averaged(row, "qtime")


def _averaged(row: Row, column: str) -> ResponseTime | None:
    if row.text("mode") != "http" or column not in row.columns:
        return None
    return ResponseTime(row.count(column), row.count("req_tot"))
