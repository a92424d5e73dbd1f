"""A token that somebody else rotates: a kubelet, or a helper that logs in."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from adapters.kubernetes.client.auth import Grant, NoGrant, bearer
from adapters.kubernetes.client.login.threads import beside
from controller.core.pool import Instant
from controller.ports import Clock

_REREAD: Final = timedelta(minutes=1)
"""A kubelet rotates a token long before it expires."""
_SECONDS: Final = 10.0
"""For the file: its file system may hang."""
_MOST: Final = 64 * 1024


class TokenFile:
    """Read again each minute."""

    def __init__(self, path: str) -> None:
        self._path = path

    async def fetch(self, clock: Clock) -> tuple[Grant, Instant | None]:
        try:
            return await beside(self._read, _SECONDS), clock.now() + _REREAD
        except TimeoutError:
            raise NoGrant(f"the token file {self._path} cannot be read in time") from None

    def _read(self) -> Grant:
        what = f"the token file {self._path}"
        try:
            with Path(self._path).open("rb") as file:
                raw = file.read(_MOST)
            return bearer(raw.decode(), what)
        except OSError as error:
            raise NoGrant(f"{what} cannot be read: {(error.strerror or '').lower()}") from None
        except ValueError:
            raise NoGrant(f"{what} is not text") from None
