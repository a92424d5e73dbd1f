"""Whom webhooks and the push gateway trust, and the proxies that they go through."""

import ssl
from pathlib import Path

import pytest
import trustme

from adapters.clock import SystemClock
from adapters.notify.webhook import WebhookNotifier
from adapters.proxies import Proxy, Unusable
from adapters.telemetry.gateway import PushGateway
from adapters.trust import NoAuthorities
from controller.errors import UsageFault
from tests.adapters.notify.receiver import notice, receiver
from tests.adapters.telemetry.pages import two_done


@pytest.fixture(scope="module")
def server(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


async def told(url: str, **options: str | Proxy | None) -> str | None:
    hook = WebhookNotifier("hook", ("halted",), url, SystemClock(), **options)  # type: ignore[arg-type]
    missed = await hook.deliver(notice(), "d1")
    await hook.aclose()
    return None if missed is None else missed.why


async def pushed(url: str, ca: str | None = None) -> str | None:
    out = PushGateway(url, "web", ca=ca)
    await out.open(two_done)
    try:
        return await out.give()
    finally:
        await out.aclose()


async def test_an_authority_of_ones_own(server: ssl.SSLContext, ca: str) -> None:
    """A file of authorities is trusted instead of the system's."""
    async with receiver(tls=server) as there:
        assert await told(there.url) == (
            "the certificate is not valid: unable to get local issuer certificate"
        )
        assert await pushed(there.url) == "not pushed: TLS failed"
        assert await told(there.url, ca=ca) is None
        assert await pushed(there.url, ca) is None


async def test_the_store_of_the_system(
    server: ssl.SSLContext, ca: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that gates and validations trust too, which an administrator may add to."""
    monkeypatch.setenv("SSL_CERT_FILE", ca)
    async with receiver(tls=server) as there:
        assert await told(there.url) is None
        assert await pushed(there.url) is None


async def test_authorities_that_cannot_be_used(tmp_path: Path) -> None:
    """Told before the start, with the file."""
    missing = str(tmp_path / "none.pem")
    words = f"the trusted authorities in {missing} cannot be used: no such file or directory"
    with pytest.raises(NoAuthorities, match=words):
        WebhookNotifier("hook", (), "https://h/", SystemClock(), ca=missing)
    with pytest.raises(UsageFault, match=f"--push-gateway: {words}"):
        await pushed("https://h", missing)
    empty = tmp_path / "empty.pem"
    empty.touch()
    with pytest.raises(NoAuthorities, match="cannot be used: no certificate or crl found"):
        WebhookNotifier("hook", (), "https://h/", SystemClock(), ca=str(empty))


async def test_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy that was chosen gets the request, and the environment is not asked again."""
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    async with receiver() as there:
        base = there.url.partition("/hook")[0]
        assert await told("http://hooks.invalid/x", proxy=Proxy("HTTP_PROXY", base)) is None
        assert await told(there.url) is None
    assert [got.path for got in there.got] == ["http://hooks.invalid/x", "/hook/s3cret-path"]


def test_a_proxy_that_the_library_refuses() -> None:
    """The variable is named."""
    with pytest.raises(Unusable, match="the proxy in ALL_PROXY is not a valid URL"):
        WebhookNotifier(
            "hook", (), "http://h/", SystemClock(), proxy=Proxy("ALL_PROXY", "socks://x:1")
        )
