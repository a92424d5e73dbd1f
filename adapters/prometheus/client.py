"""One request over HTTP. The only module that imports httpx."""

import asyncio
import logging
import ssl
from collections.abc import Mapping
from datetime import timedelta

import httpx

from adapters.connections import client
from adapters.prometheus.access import Access
from adapters.prometheus.bodies import read_body
from adapters.prometheus.faults import Unanswered
from adapters.prometheus.replies import Reply
from adapters.prometheus.tls import Stamp, context_of, stamp_of
from adapters.prometheus.words import network_fault, one_line, public_url
from adapters.words import hide
from controller.core.gates.evidence import Missing
from controller.core.gates.figures import span
from controller.metrics_servers import MetricsServer

_REDIRECTS = 3
"""In a row: a slash too many and a moved prefix are one each."""
_CONNECTIONS = 10
"""At once: half of what a Prometheus evaluates at once by default (`--query.max-concurrency`)."""
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
        self._stamp: Stamp = ()
        """Of the TLS files that `_client` was made with."""
        self._replaced: list[httpx.AsyncClient] = []
        self._asking = 0
        self._making = asyncio.Lock()

    async def ask(
        self, method: str, path: str, form: Mapping[str, str], access: Access, within: timedelta
    ) -> Reply:
        """`path` is below the API, like `query`; `within` is the time left of the server's
        `timeout`. Raises Unanswered for whatever it met."""
        phase = _Phase()
        if within <= timedelta(0):
            raise phase.timed_out(self._server.timeout)
        self._asking += 1
        deadline = asyncio.get_running_loop().time() + within.total_seconds()
        try:
            async with asyncio.timeout_at(deadline):
                return await self._ask(method, path, form, access, phase)
        except (TimeoutError, httpx.TimeoutException):
            raise phase.timed_out(self._server.timeout) from None
        except _MET as error:
            raise self._explain(error, phase) from None
        finally:
            self._asking -= 1

    async def aclose(self) -> None:
        for one in (*self._replaced, *filter(None, (self._client,))):
            await one.aclose()
        self._replaced.clear()

    async def _ask(
        self,
        method: str,
        path: str,
        form: Mapping[str, str],
        access: Access,
        phase: "_Phase",
    ) -> Reply:
        connected = await self._connectable()
        url, where = _checked(f"{self._base}/api/v1/{path}"), ""
        for _ in range(_REDIRECTS + 1):
            request = connected.build_request(
                method,
                url,
                data=form if form and method == "POST" else None,
                params=dict(form) if form and method == "GET" else None,
                headers={**_HEADERS, **access.headers},
                extensions={"trace": phase.note, **self._tls_name()},
            )
            response = await connected.send(request, stream=True)
            try:
                if not response.has_redirect_location:
                    body = await read_body(response.aiter_raw(), response.headers, path)
                    kind = response.headers.get("content-type", "")
                    return Reply(response.status_code, kind, body, where)
                url = _redirected(url, response, access)
                where = one_line(hide(public_url(str(url)), access.secrets))
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
        """Made anew when a TLS file has changed: certificates that live for hours are rotated.
        While the new files cannot be used, halfway through a rotation, the former stay in use."""
        async with self._making:
            stamp = stamp_of(self._server)
            if self._client is not None and stamp == self._stamp:
                return self._client
            try:
                verify = await asyncio.to_thread(context_of, self._server)
            except Unanswered:
                if self._client is None:
                    raise
                return self._client
            if self._client is not None:
                self._replaced.append(self._client)
            self._client, self._stamp = _connecting(verify), stamp
            if self._asking <= 1:  # nobody but us is using a former one
                while self._replaced:
                    await self._replaced.pop().aclose()
            return self._client


def _connecting(verify: ssl.SSLContext | bool) -> httpx.AsyncClient:
    return client(verify, limits=httpx.Limits(max_connections=_CONNECTIONS))


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


def _explained(error: Exception) -> Unanswered:
    if isinstance(error, httpx.InvalidURL):
        return Unanswered(Missing.FAILED, "its URL, or one that it redirects to, is not valid")
    words = next((words for kind, words in _WORDS if isinstance(error, kind)), "the request failed")
    is_passing = not isinstance(error, httpx.LocalProtocolError)
    return network_fault(error) or Unanswered(Missing.UNREACHABLE, words, is_passing=is_passing)
