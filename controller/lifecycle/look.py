"""One look at every load balancer, for commands outside a run. Sets nothing."""

import asyncio
from datetime import timedelta
from typing import Final

from controller.core.pool import InstanceView, Instant
from controller.errors import BalancerError
from controller.ports import Clock, LoadBalancer
from controller.report.members.placement import PoolView

AT_LEAST: Final = timedelta(seconds=2)
AT_MOST: Final = timedelta(seconds=10)
SHARE: Final = 15


def patience(lost_after: timedelta) -> timedelta:
    """How long a command that only shows a pool waits for it: a small share of what a run waits.
    A load balancer on this machine answers in milliseconds; elsewhere a login comes first."""
    return min(max(AT_LEAST, lost_after / SHARE), AT_MOST)


async def look_once(balancer: LoadBalancer, clock: Clock, until: Instant) -> PoolView:
    """Look at every instance concurrently. One that does not answer by `until` is not an error
    here."""
    left = max(0.0, (until - clock.now()).total_seconds())

    async def one(instance: str) -> InstanceView | str:
        try:
            async with asyncio.timeout(left):
                return await balancer.look(instance, None)
        except BalancerError as error:
            return error.reason
        except TimeoutError:
            return "no answer in time"

    at = clock.wall()
    found = await asyncio.gather(*map(one, balancer.instances))
    answers = list(zip(balancer.instances, found, strict=True))
    return PoolView(
        at,
        {name: view for name, view in answers if isinstance(view, InstanceView)},
        {name: why for name, why in answers if isinstance(why, str)},
    )
