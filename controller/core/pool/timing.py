"""How long requests take, as a load balancer says it.

Balancers keep averages, each in its own way, and an average remembers requests of long ago. So a
timing is compared with an earlier one of the same place, which says how long the requests in
between took. How that is worked out is the adapter's business.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Pace:
    """How long some requests took, on average: seconds, between two bounds."""

    requests: int
    least: float
    most: float

    @property
    def middle(self) -> float:
        return max(0.0, (self.least + self.most) / 2)


class Timing(Protocol):
    """What a load balancer says at one look of how long the requests of a place take."""

    @property
    def requests(self) -> int:
        """Cumulative count of the requests that it is about."""

    def since(self, former: "Timing") -> Pace | None:
        """Of the requests since an earlier look; None: none came, or it has begun anew."""


def together(paces: Iterable[Pace]) -> Pace | None:
    """The average over all requests; None: there are none."""
    those = list(paces)
    requests = sum(one.requests for one in those)
    if not requests:
        return None
    return Pace(
        requests,
        sum(one.least * one.requests for one in those) / requests,
        sum(one.most * one.requests for one in those) / requests,
    )
