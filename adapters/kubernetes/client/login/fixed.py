"""Credentials that stand in the kubeconfig itself."""

from collections.abc import Callable
from typing import Final

from adapters.kubernetes.client.auth import Grant, NoGrant
from adapters.kubernetes.client.login.threads import beside
from controller.core.pool import Instant
from controller.ports import Clock

_SECONDS: Final = 10.0
"""For the file: its file system may hang."""


class Fixed:
    """What the kubeconfig itself holds. When it is refused the file is read again: somebody may
    have logged in since."""

    def __init__(self, grant: Grant, again: Callable[[], Grant] | None = None) -> None:
        self._grant: Grant | None = grant
        self._again = again

    async def fetch(self, clock: Clock) -> tuple[Grant, Instant | None]:
        if self._grant is not None or self._again is None:
            first, self._grant = self._grant or Grant(), None
            self._again = self._again or (lambda: first)
            return first, None
        try:
            return await beside(self._again, _SECONDS), None
        except TimeoutError:
            raise NoGrant("the kubeconfig cannot be read in time") from None
