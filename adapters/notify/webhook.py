"""Notifications by HTTP. The only module of this folder that imports httpx."""

import logging
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

from adapters.connections import client
from adapters.notify.message import as_json, as_slack, signed
from adapters.notify.network import met
from adapters.proxies import Proxy, Unusable
from adapters.trust import context
from controller import __version__
from controller.ports import Clock
from controller.records import Notice, Undelivered

_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (httpx.InvalidURL, "the address is not valid"),
    (httpx.UnsupportedProtocol, "the address is neither http nor https"),
    (httpx.TimeoutException, "no answer in time"),
    (httpx.ConnectError, "no connection"),
    (httpx.ProxyError, "the proxy refused"),
    (httpx.LocalProtocolError, "a header or the address is not valid HTTP"),
    (httpx.RemoteProtocolError, "the answer is not valid HTTP, or was cut off"),
    (httpx.NetworkError, "the connection broke"),
    (UnicodeError, "a header or the address is not plain ASCII"),
)
"""The first match is used. Messages of the library are not shown: they may quote the URL, and
anyone who knows it may post there."""

_MET = (
    *(httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict),
    *(OSError, ValueError, OverflowError, ExceptionGroup),  # from below the library, unmapped
)
LONGEST_PAUSE = 86_400
"""Seconds; whoever asks for more is not asked again anyway."""
_LASTING = (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, ValueError)
"""Permanent errors: a retry would fail as well."""

for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # below it they log URLs and headers whole


class WebhookNotifier:
    """Implements `controller.ports.Notifier`: a 2xx answer means delivered.

    No redirects: a POST would become a GET, or its secrets would be sent elsewhere. A proxy of the
    environment is used: a chat is usually outside. The caller sets the time limit.
    """

    within = timedelta(seconds=8)

    def __init__(
        self,
        name: str,
        events: Collection[str],
        url: str,
        clock: Clock,
        *,
        secret: str | None = None,
        headers: Mapping[str, str] | None = None,
        style: str = "json",
        method: str = "POST",
        ca: str | None = None,
        proxy: Proxy | None = None,
    ) -> None:
        """`style`: `json` or `slack`; `secret` signs it. A GET sends no body. `ca`: a file of
        authorities to trust instead of the system's. Raises NoAuthorities, Unusable."""
        self.name = name
        self.events = events
        self.answer = ""
        """What the receiver answered last when it took a notice."""
        self._url = url
        self._clock = clock
        self._secret = secret
        self._headers = dict(headers or {})
        self._style = style
        self._method = method
        self._client = _client(url, ca, proxy)

    async def deliver(self, notice: Notice, delivery: str) -> Undelivered | None:
        try:
            request = self._request(self._client, notice, delivery)
            response = await self._client.send(request, stream=True)
            await response.aclose()
        except _MET as error:
            return Undelivered(_explain(error), retryable=not isinstance(error, _LASTING))
        self.answer = f"answered with status {response.status_code}"
        return _judged(response, self._clock.wall())

    async def aclose(self) -> None:
        await self._client.aclose()

    def _request(self, client: httpx.AsyncClient, notice: Notice, delivery: str) -> httpx.Request:
        if self._method == "GET":
            return client.build_request("GET", self._url, headers=self._headers)
        body = as_slack(notice) if self._style == "slack" else as_json(notice, delivery)
        headers = {
            "Content-Type": "application/json",
            **self._headers,
            "X-Poolroll-Event": notice.event,
            "X-Poolroll-Delivery": delivery,
        }
        if self._secret is not None:
            seconds = int(self._clock.wall().timestamp())
            headers |= signed(body, self._secret, seconds, event=notice.event, delivery=delivery)
        return client.build_request("POST", self._url, content=body, headers=headers)


def _client(url: str, ca: str | None, proxy: Proxy | None) -> httpx.AsyncClient:
    """The library reads no environment: what is in it is judged before the start, by `proxies`."""
    is_secure = url.lower().startswith("https:")
    trusted = context(ca) if is_secure or ca is not None else False
    through = None
    if proxy is not None:
        own = context(ca) if proxy.url.lower().startswith("https:") else None
        try:
            through = httpx.Proxy(proxy.url, ssl_context=own)
        except (httpx.InvalidURL, ValueError):
            raise Unusable(f"the proxy in {proxy.variable} is not a valid URL") from None
    return client(
        trusted,
        proxy=through,
        limits=httpx.Limits(max_keepalive_connections=0),
        headers={"User-Agent": f"poolroll/{__version__}"},
    )


def _judged(response: httpx.Response, wall: datetime) -> Undelivered | None:
    status = response.status_code
    if 200 <= status < 300:
        return None
    passing = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)
    is_passing = status >= 500 or status in passing
    why = f"answered with status {status}"
    if response.has_redirect_location:
        why += ", a redirect, which is not followed"
    return Undelivered(why, is_passing, _retry_after(response, wall) if is_passing else None)


def _retry_after(response: httpx.Response, wall: datetime) -> timedelta | None:
    """Seconds, or a date (RFC 9110, section 10.2.3)."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return timedelta(seconds=min(int(text[:9]), LONGEST_PAUSE))
    try:
        return max(parsedate_to_datetime(text) - wall, timedelta(0))
    except (ValueError, TypeError, OverflowError):
        return None


def _explain(error: Exception) -> str:
    plain = next((words for kind, words in _WORDS if isinstance(error, kind)), "the request failed")
    return met(error) or plain
