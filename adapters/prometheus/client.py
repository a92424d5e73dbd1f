"""One request over HTTP. The only module that imports httpx."""

import asyncio
import logging
import os
import ssl
from collections.abc import Mapping
from datetime import timedelta

import httpx

from adapters.prometheus.access import Access
from adapters.prometheus.faults import Unanswered
from adapters.prometheus.replies import Reply
from adapters.prometheus.words import network_fault, one_line, public_url
from adapters.words import hide
from controller.core.gates.evidence import Missing
from controller.core.gates.figures import span
from controller.metrics_servers import MetricsServer

_MOST = 4 << 20
"""Bytes of a reply: a gate needs one number, and an endless reply must not block."""
_REDIRECTS = 3
"""In a row: a slash too many and a moved prefix are one each."""
_CONNECTIONS = 10
"""At once: half of what a Prometheus evaluates at once by default (`--query.max-concurrency`)."""
_CONNECT_SHARE = 0.9
"""Of the time left. httpcore leaves a socket open when its TLS handshake is cancelled
from outside, and closes it when its own limit ends it."""
_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (httpx.LocalProtocolError, "the request cannot be sent: a header is not valid HTTP"),
    (httpx.RemoteProtocolError, "its answer is cut off, or not valid HTTP: restarting?"),
    (httpx.NetworkError, "the connection broke"),
)
"""The first that fits is said. Messages of the library are not: they may quote a header."""
_MET = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, UnicodeError, ExceptionGroup)

for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # below it they log URLs and headers whole


class Client:
    """A client for one server. No proxies; redirects within the same origin alone."""

    def __init__(self, server: MetricsServer) -> None:
        self._server = server
        self._base = server.url.rstrip("/")
        self._client: httpx.AsyncClient | None = None
        self._making = asyncio.Lock()

    async def ask(
        self, method: str, path: str, form: Mapping[str, str], access: Access, within: timedelta
    ) -> Reply:
        """`path` is below the API, like `query`; `within` is the time left of the server's
        `timeout`. Raises Unanswered for whatever it met."""
        phase = _Phase()
        seconds = max(0.0, within.total_seconds())
        deadline = asyncio.get_running_loop().time() + seconds
        try:
            async with asyncio.timeout_at(deadline):
                return await self._ask(method, path, form, access, phase, deadline)
        except (TimeoutError, httpx.TimeoutException):
            raise phase.timed_out(self._server.timeout) from None
        except _MET as error:
            raise self._explain(error, phase) from None

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _ask(
        self,
        method: str,
        path: str,
        form: Mapping[str, str],
        access: Access,
        phase: "_Phase",
        deadline: float,
    ) -> Reply:
        client = await self._connectable()
        url = _checked(f"{self._base}/api/v1/{path}")
        for _ in range(_REDIRECTS + 1):
            left = max(0.0, deadline - asyncio.get_running_loop().time())
            request = client.build_request(
                method,
                url,
                data=form or None,
                headers={**_HEADERS, **access.headers},
                extensions={"trace": phase.note, **self._tls_name()},
                timeout=httpx.Timeout(None, connect=left * _CONNECT_SHARE),
            )
            response = await client.send(request, stream=True)
            try:
                if not response.has_redirect_location:
                    return await _read(response)
                url = _redirected(url, response, access)
            finally:
                await response.aclose()
        raise Unanswered(Missing.FAILED, f"it redirects more than {_REDIRECTS} times in a row")

    def _explain(self, error: Exception, phase: "_Phase") -> Unanswered:
        """Under TLS 1.3 a server looks at our certificate after the handshake, and its alert may be
        lost with the connection (RFC 8446, section 4.4.2.4)."""
        fault = _explained(error)
        if fault.is_passing and phase.is_past_handshake and self._base.lower().startswith("https"):
            words = "it ended the connection: restarting, or does it want a client certificate?"
            return Unanswered(fault.missing, words, is_passing=True)
        return fault

    def _tls_name(self) -> dict[str, str]:
        return {"sni_hostname": self._server.server_name} if self._server.server_name else {}

    async def _connectable(self) -> httpx.AsyncClient:
        async with self._making:
            if self._client is None:
                self._client = httpx.AsyncClient(
                    verify=await asyncio.to_thread(_context, self._server),
                    trust_env=False,
                    follow_redirects=False,
                    limits=httpx.Limits(max_connections=_CONNECTIONS),
                )
            return self._client


_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "poolroll"}


class _Phase:
    """How far a request got: httpcore's trace extension."""

    def __init__(self) -> None:
        self._step = ""

    async def note(self, event: str, info: Mapping[str, object]) -> None:
        step, _, stage = event.rpartition(".")
        if stage == "started":
            self._step = step

    @property
    def is_past_handshake(self) -> bool:
        return self._step.startswith("http11.")

    def timed_out(self, within: timedelta) -> Unanswered:
        if self._step.endswith("connect_tcp"):
            words = f"no connection within {span(within)}: its address does not answer"
            return Unanswered(Missing.UNREACHABLE, words, is_passing=True)
        if self._step.endswith("start_tls"):
            words = (
                f"no answer within {span(within)}: it took the connection and does not start TLS"
            )
        else:
            words = f"no answer within {span(within)}: overloaded, or frozen?"
        return Unanswered(Missing.TIMEOUT, words, is_passing=True)


def _checked(url: str) -> httpx.URL:
    parsed = httpx.URL(url)
    if parsed.userinfo or parsed.query or parsed.fragment:
        words = "its URL must be plain: credentials belong in `basic`, and it has no ? or #"
        raise Unanswered(Missing.FAILED, words)
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise Unanswered(Missing.FAILED, "its URL must begin with http:// or https:// and a host")
    if parsed.port is not None and not 0 < parsed.port < 65536:
        raise Unanswered(Missing.FAILED, "its URL has an invalid port")
    return parsed


def _redirected(url: httpx.URL, response: httpx.Response, access: Access) -> httpx.URL:
    """The same request is sent again: it is safe, so no 3xx turns it into a GET (RFC 9110, section
    15.4)."""
    target = url.join(response.headers["location"])
    if target.userinfo or _origin(target) != _origin(url):
        where = one_line(hide(public_url(str(target)), access.secrets))
        words = f"it redirects ({response.status_code}) to {where}: a login page, or moved?"
        raise Unanswered(Missing.FAILED, words)
    return target


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


async def _read(response: httpx.Response) -> Reply:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > _MOST:
            words = "its answer is larger than 4 MiB: the query matches too much"
            raise Unanswered(Missing.FAILED, words)
    return Reply(response.status_code, response.headers.get("content-type", ""), bytes(body))


def _context(server: MetricsServer) -> ssl.SSLContext | bool:
    if not server.url.lower().startswith("https:"):
        return False
    try:
        context = ssl.create_default_context(cafile=server.ca)
    except OSError as error:
        raise _unusable(f"the CA certificates in {server.ca}", error) from None
    if not server.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if server.cert is not None:
        try:
            context.load_cert_chain(server.cert, server.key, password=b"")  # never asks for one
        except OSError as error:
            what = f"the client certificate {server.cert}"
            if server.key is not None:
                what += f" with the key {server.key}"
            raise _unusable(what, error) from None
    return context


def _unusable(what: str, error: OSError) -> Unanswered:
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or "not a PEM file").lower().replace("_", " ")
    else:
        reason = os.strerror(error.errno or 0).lower()
    return Unanswered(Missing.FAILED, f"{what} cannot be used: {reason}")


def _explained(error: Exception) -> Unanswered:
    if isinstance(error, httpx.InvalidURL):
        return Unanswered(Missing.FAILED, "its URL, or one that it redirects to, is not valid")
    words = next((words for kind, words in _WORDS if isinstance(error, kind)), "the request failed")
    is_passing = not isinstance(error, httpx.LocalProtocolError)
    return network_fault(error) or Unanswered(Missing.UNREACHABLE, words, is_passing=is_passing)
