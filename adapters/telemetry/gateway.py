"""`--push-gateway`: push to a Pushgateway, which Prometheus scrapes."""

import asyncio
import logging
import ssl
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx

from adapters.connections import client
from adapters.telemetry.page import CONTENT_TYPE, Page
from adapters.trust import NoAuthorities, context
from adapters.words import causes
from controller.errors import UsageFault
from controller.telemetry.values import Collect, Family

JOB = "poolroll"

_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (httpx.TimeoutException, "no answer in time"),
    (ssl.SSLError, "TLS failed"),
    (httpx.ConnectError, "no connection"),
    (httpx.RemoteProtocolError, "the answer is not valid HTTP, or was cut off"),
    (httpx.NetworkError, "the connection broke"),
)
"""The first match is used. Messages of the library are not shown: they may quote the URL, which may
contain a password."""

_MET = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError, ExceptionGroup)

for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # below it they log URLs whole


def group_url(url: str, rollout: str) -> httpx.URL:
    """Where one rollout's metrics are put: `URL/metrics/job/poolroll/rollout/NAME` (Pushgateway
    README, "API"). Raises UsageFault, whose message shows no password."""
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        is_base = not parts.query and not parts.fragment and "/metrics/job/" not in parts.path
        if is_usable and is_base and parts.port != 0:
            return httpx.URL(f"{url.rstrip('/')}/metrics/job/{JOB}/rollout/{rollout}")
    except (ValueError, httpx.InvalidURL) as error:
        raise UsageFault(f"--push-gateway: {_FORM}") from error
    raise UsageFault(f"--push-gateway: {_FORM}")


_FORM = "write it as http://HOST:PORT or https://HOST:PORT, without what follows /metrics"


class PushGateway:
    """Implements `controller.telemetry.values.Outlet`. PUT replaces all metrics of the rollout,
    so that none of an earlier run remain. A name and password in the URL are sent by
    basic authentication. Proxies are not used: a gateway is in the local network."""

    def __init__(self, url: str, rollout: str, *, ca: str | None = None) -> None:
        """`ca`: a file of authorities to trust instead of the system's. Raises UsageFault."""
        self._ca = ca
        self._url = group_url(url, rollout)
        shown = self._url.copy_with(username=None, password=None, path="/")
        self.name = f"--push-gateway {str(shown).rstrip('/')}"
        self._page: Page | None = None
        self._client: httpx.AsyncClient | None = None

    async def open(self, collect: Collect) -> None:
        self._page = Page(collect)
        await self._connect()

    async def _connect(self) -> httpx.AsyncClient:
        """Raises UsageFault."""
        if self._client is not None:
            return self._client
        is_secure = self._url.scheme == "https"
        try:
            # Reading the trusted authorities takes a while.
            trusted = await asyncio.to_thread(context, self._ca) if is_secure else False
        except NoAuthorities as error:
            raise UsageFault(f"--push-gateway: {error}") from error
        self._client = _client(trusted)
        return self._client

    async def give(self) -> str | None:
        if self._client is None or self._page is None:
            raise RuntimeError("a gateway that was not opened")
        return await self._send("PUT", self._client, self._page)

    async def add(self, families: Sequence[Family]) -> str | None:
        """POST replaces metrics of the same names alone."""
        try:
            return await self._send("POST", await self._connect(), Page(lambda: families))
        except UsageFault as fault:
            return f"not pushed: {fault}"

    async def _send(self, method: str, client: httpx.AsyncClient, page: Page) -> str | None:
        try:
            headers = {"Content-Type": CONTENT_TYPE}
            request = client.build_request(method, self._url, content=page.text(), headers=headers)
            response = await client.send(request, stream=True)
            await response.aclose()
        except _MET as error:
            return f"not pushed: {_explained(error)}"
        return None if response.is_success else f"not pushed: answered {response.status_code}"

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()


def _client(trusted: ssl.SSLContext | bool) -> httpx.AsyncClient:
    """No redirects: a PUT would lose its body, or a password go elsewhere."""
    return client(trusted, limits=httpx.Limits(max_keepalive_connections=0))


def _explained(error: Exception) -> str:
    behind = list(causes(error))
    for kind, words in _WORDS:
        if any(isinstance(cause, kind) for cause in behind):
            return words
    return "the address or the answer is not valid"
