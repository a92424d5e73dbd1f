"""One request until it is answered: fresh credentials once, patience where the server asks for it,
and no belief in a 403 of a server that has just come back."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from datetime import timedelta
from typing import Any, Final

from adapters.kubernetes.client.auth import Grant, NoGrant
from adapters.kubernetes.client.faults import (
    ApiError,
    Forbidden,
    NoCredentials,
    ServerFault,
    TooManyRequests,
    TooSlow,
    Unauthorized,
    Unreachable,
)
from adapters.kubernetes.client.login.access import Access
from adapters.kubernetes.client.wire.call import Call
from adapters.kubernetes.client.wire.lines import lines_of, start_of
from adapters.kubernetes.client.wire.transport import Request, Transport
from adapters.kubernetes.client.words import not_the_api, parsed, refusal
from controller.core.pool import Instant
from controller.ports import Clock

Before = Callable[[], Awaitable[None]]

_DOUBT: Final = timedelta(seconds=10)
"""After an outage: the server answers before it has loaded who may do what."""
_FIRST_DOUBT: Final = timedelta(milliseconds=500)
"""The same for the first call of a process, which cannot know of an outage."""
_PAUSE: Final = timedelta(milliseconds=200)
_QUICK: Final = timedelta(seconds=1)


class Asking:
    def __init__(self, access: Access, clock: Clock, limit: timedelta) -> None:
        self._access = access
        self._clock = clock
        self._limit = limit
        self._transport = Transport(access, limit)
        self._doubt: Instant | None = None
        """Until when a 403 is not believed; None: nothing was asked yet."""
        self._is_first = True

    async def ask(
        self, request: Request, *, is_patient: bool = True, before: Before | None = None
    ) -> dict[str, Any]:
        """The object of a success. Raises ApiError. `before` is awaited whenever it is about to be
        sent: credentials and pauses may have taken long."""
        began = self._clock.now()
        is_second = False
        while True:
            try:
                return await self._once(request, before)
            except ApiError as error:
                pause = self._pause(error, request, began, is_patient, is_second)
                if pause is None:
                    raise
                is_second = is_second or isinstance(error, Unreachable)
            await self._clock.sleep(pause)

    async def lines(
        self, request: Request, silence: timedelta, longest: int
    ) -> AsyncGenerator[bytes]:
        """Of a stream, as they come; an empty one first, when it is open. Raises as `ask`."""
        while True:
            began = self._clock.now()
            try:
                async with aclosing(self._stream(request, silence, longest)) as lines:
                    async for line in lines:
                        yield line
                return
            except ApiError as error:
                pause = self._pause(error, request, began, False, True)
                if pause is None:
                    raise
            await self._clock.sleep(pause)

    async def aclose(self) -> None:
        await self._transport.aclose()

    def _pause(
        self, error: ApiError, request: Request, began: Instant, is_patient: bool, is_second: bool
    ) -> timedelta | None:
        """Before it is asked again; None: not at all."""
        now = self._clock.now()
        if isinstance(error, Forbidden):
            is_doubtful = self._doubt is not None and now < self._doubt
            return _PAUSE if is_doubtful and error.right is not None else None
        if isinstance(error, Unreachable | TooSlow | ServerFault):
            self._doubt, self._is_first = now + _DOUBT, False
        is_read = request.method == "GET"
        if isinstance(error, Unreachable):  # a connection that was closed while it was idle
            is_quick = now - began < _QUICK
            return timedelta(0) if is_read and is_quick and not is_second else None
        is_passing = isinstance(error, TooManyRequests) or (
            isinstance(error, ServerFault) and is_read
        )
        wait = error.retry_after
        if not is_patient or not is_passing or wait is None:
            return None
        return wait if now + wait <= began + self._limit else None

    async def _once(self, request: Request, before: Before | None) -> dict[str, Any]:
        grant = await self._granted(request.call)
        status, headers, body = await self._sent(request, grant, before)
        if status == 401:
            grant = await self._renewed(request.call, grant)
            status, headers, body = await self._sent(request, grant, before)
        if not 200 <= status < 300:
            raise refusal(request.call, status, headers, body, self._secrets)
        self._believe()
        page = parsed(body)
        if not page:
            raise not_the_api(request.call, "no JSON object: a login page or proxy in front?")
        return page

    async def _sent(
        self, request: Request, grant: Grant, before: Before | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        if before is not None:
            await before()
        return await self._transport.ask(request, grant)

    async def _stream(
        self, request: Request, silence: timedelta, longest: int
    ) -> AsyncGenerator[bytes]:
        grant = await self._granted(request.call)
        for is_last in (False, True):
            async with self._transport.open(request, grant, silence) as answer:
                if answer.status == 200:
                    self._believe()
                    yield b""
                    async for line in lines_of(request.call, answer, longest):
                        yield line
                    return
                if answer.status != 401 or is_last:
                    body = await start_of(answer)
                    raise refusal(request.call, answer.status, answer.headers, body, self._secrets)
            grant = await self._renewed(request.call, grant)

    @property
    def _secrets(self) -> frozenset[str]:
        return self._access.credentials.secrets

    def _believe(self) -> None:
        """It knows us, if it is not one that has just come back."""
        if self._is_first:
            self._doubt, self._is_first = self._clock.now(), False

    async def _granted(self, call: Call) -> Grant:
        if self._doubt is None:
            self._doubt = self._clock.now() + _FIRST_DOUBT
        try:
            return await self._access.credentials.grant(self._clock)
        except NoGrant as error:
            raise NoCredentials(call.where, f"{call}: {error}") from None

    async def _renewed(self, call: Call, grant: Grant) -> Grant:
        try:
            return await self._access.credentials.renew(grant, self._clock)
        except NoGrant as error:
            words = f"{call}: the API server does not accept our credentials (401), and {error}"
            raise Unauthorized(call.where, words) from None
