"""The push gateway, by a stand-in that keeps what it gets."""

import asyncio

import pytest

from adapters.telemetry.gateway import PushGateway
from controller.errors import UsageFault
from tests.adapters.notify.receiver import HANGS, receiver
from tests.adapters.telemetry.pages import assert_refused, assert_two_done, refused, two_done
from tests.adapters.telemetry.scrape import quiet_address


async def pushed(url: str, rollout: str = "web") -> str | None:
    out = PushGateway(url, rollout)
    await out.open(two_done)
    try:
        async with asyncio.timeout(60):
            return await out.give()
    finally:
        await out.aclose()


async def test_push() -> None:
    """PUT to the group of the rollout, below the URL's own path, with name and password sent as
    such and nowhere shown."""
    async with receiver() as there:
        url = there.url.replace("http://", "http://me:s3cret-word@") + "/"
        assert await pushed(url) is None
        assert "s3cret" not in PushGateway(url, "web").name
    (got,) = there.got
    assert (got.method, got.path) == ("PUT", "/hook/s3cret-path/metrics/job/poolroll/rollout/web")
    assert got.headers["authorization"].startswith("Basic ")
    assert got.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert_two_done(got.body.decode())


async def test_push_that_is_refused() -> None:
    """An answer of the gateway that is no success is told by its status."""
    async with receiver(lambda _: 400) as there:
        assert await pushed(there.url) == "not pushed: answered 400"


async def test_push_to_nobody() -> None:
    """No gateway there: one line, without the address, which may hold a password."""
    host, port = quiet_address()
    url = f"http://me:s3cret@{host}:{port}"
    assert await pushed(url) == "not pushed: no connection"
    assert await pushed(url.replace("http:", "https:")) == "not pushed: no connection"


async def test_push_to_no_tls() -> None:
    """TLS that fails is told from a gateway that is not there."""

    def talk_plainly(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 -\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(talk_plainly, *quiet_address()) as server:
        host, port = server.sockets[0].getsockname()
        assert await pushed(f"https://{host}:{port}") == "not pushed: TLS failed"


async def test_push_that_hangs_can_be_given_up() -> None:
    """Cancelling a push leaves nothing behind."""
    async with receiver(lambda _: HANGS) as there:
        out = PushGateway(there.url, "web")
        await out.open(two_done)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await out.give()
        await out.aclose()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "gateway:9091",
        "ftp://gateway",
        "http://",
        "http://h:99999",
        "http://h:0",
        "http://[::1",
        "http://h/?x=1",
        "http://h/#x",
        "http://h/metrics/job/x",
        "http://s3cret@h\n:1",
    ],
)
def test_push_to_what_is_no_url(url: str) -> None:
    """Refused at once, without showing what may be a password."""
    with pytest.raises(UsageFault, match="write it as http://HOST:PORT") as told:
        PushGateway(url, "web")
    assert "s3cret" not in str(told.value)


async def test_what_is_added() -> None:
    """POST to the same group: metrics of other names stay. Also before it was opened, and to
    nobody."""
    host, port = quiet_address()
    async with receiver() as there:
        for url, missed in ((there.url, None), (f"http://{host}:{port}", "no connection")):
            out = PushGateway(url, "web")
            said = await out.add(refused())
            assert said == (missed and f"not pushed: {missed}")
            await out.aclose()
    (got,) = there.got
    assert got.method == "POST"
    assert got.path.endswith("/metrics/job/poolroll/rollout/web")
    assert_refused(got.body.decode())
