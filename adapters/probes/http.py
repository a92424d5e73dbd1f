"""HTTP probes. Only this module and `sending` import httpx."""

import asyncio
import logging
import re
import ssl

import httpx

from adapters.probes.sending import Sending
from adapters.probes.words import excerpt, network_fault, public_url, url_secrets
from adapters.words import causes, hide
from controller.tasks import HttpProbe

_MOST = 1 << 20
"""Bytes of a body that are read: a health page is small, and an endless one must not block us."""
_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (httpx.InvalidURL, "the URL is not valid"),
    (httpx.UnsupportedProtocol, "the URL is neither http nor https"),
    (httpx.TimeoutException, "no answer in time"),
    (httpx.ConnectError, "no connection"),
    (httpx.LocalProtocolError, "the request cannot be sent: a header or the URL is not valid HTTP"),
    (httpx.RemoteProtocolError, "the answer is not valid HTTP, or was cut off"),
    (httpx.NetworkError, "the connection broke"),
    (UnicodeError, "the request cannot be sent: a header or the URL is not plain ASCII"),
)
"""The first match is used. Messages of the library are not shown: they may quote a header."""

_MET = (
    *(httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, httpx.CookieConflict),
    *(OSError, ValueError, OverflowError, ExceptionGroup),  # from below the library, unmapped
)

_CHARSET = re.compile(r"""charset\s{0,8}=\s{0,8}["']?([A-Za-z0-9_-]{1,20})""", re.IGNORECASE)
_CHARSETS = frozenset(
    {
        *("utf-8", "us-ascii", "ascii", "utf-16", "utf-16le", "utf-16be", "iso-8859-1", "latin-1"),
        *("iso-8859-2", "iso-8859-5", "iso-8859-7", "iso-8859-9", "iso-8859-15"),
        *("windows-1250", "windows-1251", "windows-1252", "windows-1253", "windows-1254"),
        *("koi8-r", "gbk", "gb2312", "gb18030", "big5", "euc-jp", "shift-jis", "euc-kr"),
    }
)

logging.getLogger("httpx").setLevel(logging.WARNING)  # below it it logs URLs whole


class HttpAsker:
    """A client for one probe. No redirects, no proxies, a new connection for each request."""

    def __init__(
        self, probe: HttpProbe, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._probe = probe
        self._transport = transport
        self._client: httpx.AsyncClient | None = None

    async def ask(self) -> str | None:
        """The failure, or None. Network errors are returned, not raised."""
        try:
            if self._client is None:
                self._client = await self._connectable()
            request = self._client.build_request(
                "GET",
                self._probe.url,
                headers={"Accept-Encoding": "identity", **self._probe.headers},
                extensions=self._tls_name(),
            )
            response = await self._client.send(request, stream=True)
            try:
                return await self._judge(response)
            finally:
                await response.aclose()
        except _MET as error:
            return _explain(error) + self._hint(error)

    def _tls_name(self) -> dict[str, str]:
        name = self._probe.server_name
        return {"sni_hostname": name} if name is not None else {}

    def _hint(self, error: Exception) -> str:
        """A member behind a TLS server with several names is asked by its address."""
        is_name = any(
            isinstance(cause, ssl.SSLError) and _is_about_a_name(cause) for cause in causes(error)
        )
        if not is_name or self._probe.server_name is not None:
            return ""
        return "; `server_name` says which name to ask for"

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _connectable(self) -> httpx.AsyncClient:
        """The validator limits each try as a whole."""
        return httpx.AsyncClient(
            transport=self._transport or Sending(await self._context()),
            trust_env=False,
            follow_redirects=False,
            timeout=None,
        )

    async def _context(self) -> ssl.SSLContext | None:
        """For https; None: anybody's certificate will do."""
        if not self._probe.is_trusting:
            return None
        try:
            return await asyncio.to_thread(ssl.create_default_context, cafile=self._probe.ca)
        except OSError as error:
            raise _NoAuthorities(self._probe.ca or "the system's") from error

    async def _judge(self, response: httpx.Response) -> str | None:
        probe = self._probe
        if response.status_code != probe.status:
            words = f"status {response.status_code}, not {probe.status}"
            return f"{words}{self._redirected(response)}"
        if probe.contains is None:
            return None
        body, encoding = b"", charset_of(response.headers.get("content-type", ""))
        async for chunk in response.aiter_raw():
            body = (body + chunk)[:_MOST]
            if probe.contains in _text(body, encoding):
                return None
            if len(body) == _MOST:
                break
        return self._lacking(_text(body, encoding), is_cut=len(body) == _MOST)

    def _redirected(self, response: httpx.Response) -> str:
        if not response.has_redirect_location:
            return ""
        target = hide(public_url(response.headers["location"]), self._secrets())
        return f": it redirects to {excerpt(target, 200)}, which is not followed"

    def _secrets(self) -> list[str]:
        return [*self._probe.headers.values(), *url_secrets(self._probe.url)]

    def _lacking(self, text: str, *, is_cut: bool) -> str:
        where = "the first MiB of the body" if is_cut else "the body"
        wanted = excerpt(self._probe.contains or "")
        if not text:
            return f"the body is empty: it lacks {wanted}"
        return (
            f"{where} lacks {wanted}; it begins with {excerpt(hide(text[:4096], self._secrets()))}"
        )


class _NoAuthorities(ValueError):
    """The file of trusted authorities cannot be used; the cause says why."""


def _is_about_a_name(error: ssl.SSLError) -> bool:
    """The server does not know the name, or its certificate has another one (X509_verify_cert(3):
    62 a host name, 64 an IP address)."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return getattr(error, "verify_code", None) in (62, 64)
    return "UNRECOGNIZED_NAME" in (getattr(error, "reason", None) or "")


def charset_of(content_type: str) -> str:
    """The charset that an answer names, if it is one of a few that take no time whatever the bytes
    are; UTF-8 for all else."""
    found = _CHARSET.search(content_type[:1000])
    name = found[1].lower().replace("_", "-") if found is not None else ""
    return name if name in _CHARSETS else "utf-8"


def _text(body: bytes, encoding: str) -> str:
    return body.decode(encoding, "replace")


def _explain(error: Exception) -> str:
    if isinstance(error, _NoAuthorities):
        reason = network_fault(error) or "not readable"
        return f"the trusted authorities in {error} cannot be used: {reason}"
    words = next((words for kind, words in _WORDS if isinstance(error, kind)), "the request failed")
    if isinstance(error, httpx.TransportError | OSError | OverflowError | ExceptionGroup):
        return network_fault(error) or words
    return words
