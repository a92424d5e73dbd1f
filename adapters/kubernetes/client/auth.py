"""Credentials: had when first needed, renewed in time, and once more when they are refused."""

import asyncio
import base64
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Protocol

from controller.core.pool import Instant
from controller.ports import Clock

_PAUSE: Final = timedelta(seconds=5)
"""After a failure, before the next try: a plugin is a process, and may ask the network."""
_MOST_RUNS: Final = 3
"""Within that pause, where the server refuses what it gives."""


class NoGrant(Exception):
    """No credentials could be had; `str()` says why, without secrets."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What is shown to the API server; all empty: a client certificate of the kubeconfig, or
    nothing at all."""

    authorization: str = field(default="", repr=False)
    """The header's value."""
    cert: bytes = field(default=b"", repr=False)
    key: bytes = field(default=b"", repr=False)

    @property
    def secrets(self) -> frozenset[str]:
        scheme, _, shown = self.authorization.partition(" ")
        found = {shown.strip()}
        if scheme == "Basic":
            found.add(base64.b64decode(shown).decode(errors="replace").partition(":")[2])
        return frozenset(filter(None, found))


def bearer(token: str, what: str) -> Grant:
    """Raises NoGrant for what cannot stand in a header."""
    token = token.strip()
    if not token:
        raise NoGrant(f"{what} is empty")
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise NoGrant(f"{what} is no token: one line of ASCII is")
    return Grant(f"Bearer {token}")


class Source(Protocol):
    async def fetch(self, clock: Clock) -> tuple[Grant, Instant | None]:
        """Fresh, and until when it may be used (None: until refused). Raises NoGrant."""


class Credentials:
    """One at a time asks the source; the others wait for what it gets."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._grant: Grant | None = None
        self._until: Instant | None = None
        self._failed: tuple[Instant, NoGrant] | None = None
        self._fetched: deque[Instant] = deque(maxlen=_MOST_RUNS)
        self._asking = asyncio.Lock()
        self._secrets: frozenset[str] = frozenset()

    @property
    def secrets(self) -> frozenset[str]:
        """That must not be printed: of this grant, and of the former."""
        return self._secrets

    async def grant(self, clock: Clock) -> Grant:
        """Raises NoGrant."""
        async with self._asking:
            if self._grant is not None and (self._until is None or clock.now() < self._until):
                return self._grant
            try:
                return await self._fetch(clock)
            except NoGrant:
                if self._grant is None:
                    raise
                self._until = clock.now() + _PAUSE  # whether it still counts, the server says
                return self._grant

    async def renew(self, refused: Grant, clock: Clock) -> Grant:
        """After the server refused one. Raises NoGrant."""
        async with self._asking:
            if self._grant is not None and self._grant is not refused:
                return self._grant
            return await self._fetch(clock)

    async def _fetch(self, clock: Clock) -> Grant:
        if self._failed is not None and clock.now() < self._failed[0] + _PAUSE:
            raise self._failed[1]
        if self._grant is not None and self._is_busy(clock.now()):
            return self._grant
        self._fetched.append(clock.now())
        former = self._grant.secrets if self._grant is not None else frozenset()
        try:
            self._grant, self._until = await self._source.fetch(clock)
        except NoGrant as error:
            self._failed = clock.now(), error
            raise
        self._failed = None
        self._secrets = former | self._grant.secrets
        return self._grant

    def _is_busy(self, now: Instant) -> bool:
        """What the source gives is refused again and again."""
        return len(self._fetched) == _MOST_RUNS and now - self._fetched[0] < _PAUSE
