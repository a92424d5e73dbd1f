"""Waiting for something in the cluster while its API may be away: nobody's time runs then."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, TypeVar

from adapters.kubernetes.client.faults import ApiError
from controller.errors import BalancerError
from controller.ports import Clock

EVERY: Final = timedelta(milliseconds=500)

T = TypeVar("T")


class Patience:
    """Of one wait."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.now()
        self._blind = timedelta(0)

    @property
    def spent(self) -> timedelta:
        return self._clock.now() - self._began - self._blind

    async def ask(self, call: Callable[[], Awaitable[T]]) -> T:
        """The answer, once there is one. Raises what is no matter of time."""
        while True:
            asked = self._clock.now()
            try:
                return await call()
            except (ApiError, BalancerError) as error:
                if not error.retryable:
                    raise
            await self._clock.sleep(EVERY)
            self._blind += self._clock.now() - asked

    async def pause(self) -> None:
        await self._clock.sleep(EVERY)
