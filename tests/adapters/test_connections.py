"""Whenever a request is given up, its connection is closed at once."""

import asyncio
import gc
import ssl
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
import trustme

from adapters.connections import Backend, client
from adapters.probes.sending import Sending
from adapters.words import causes
from tests.support.serving import listening
from tests.support.waiting import accepted

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@asynccontextmanager
async def server(
    tls: ssl.SSLContext | None = None, *, is_silent: bool = False
) -> AsyncIterator[str]:
    """Answers whatever it is sent, and keeps the connection for as long as it lives itself."""
    writers: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        writers[task] = writer
        with suppress(OSError):
            while await reader.read(1 << 16):
                writer.write(b"" if is_silent else OK)
                await writer.drain()
        writer.transport.abort()

    place = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    async with listening(place):
        scheme = "http" if tls is None else "https"
        yield f"{scheme}://127.0.0.1:{place.sockets[0].getsockname()[1]}/"
    for writer in writers.values():
        writer.transport.abort()
    await asyncio.gather(*writers)
    await accepted()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def of_a_probe(verify: ssl.SSLContext) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=Sending(verify), timeout=None)


def keeping(verify: ssl.SSLContext) -> httpx.AsyncClient:
    return client(verify, limits=httpx.Limits())


async def given_up(made: httpx.AsyncClient, url: str, turns: int) -> bool:
    """Cancel a request after so many turns of the loop. Whether it had ended before."""
    async with made as one:
        task = asyncio.create_task(one.get(url))
        for _ in range(turns):
            await asyncio.sleep(0)
        is_over = task.done()
        task.cancel()
        with suppress(asyncio.CancelledError):
            assert (await task).text == "ok"
        return is_over


@pytest.mark.parametrize("make", [keeping, of_a_probe])
@pytest.mark.parametrize("is_secure", [False, True], ids=["plain", "tls"])
async def test_nothing_stays_open(
    make: Callable[[ssl.SSLContext], httpx.AsyncClient], is_secure: bool, authority: trustme.CA
) -> None:
    """Cancelled after each number of turns, until one is enough for the whole request."""
    tls, verify = None, ssl.create_default_context()
    if is_secure:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1").configure_cert(tls)
        authority.configure_trust(verify)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        async with server(tls) as url:
            turns = 0
            while not await given_up(make(verify), url, turns):
                turns += 1
        gc.collect()
    assert turns > 5
    assert [str(one.message) for one in caught if one.category is ResourceWarning] == []


async def test_a_kept_connection_is_used_again_and_noticed_when_it_ended() -> None:
    async with client(False, limits=httpx.Limits()) as one:
        async with server() as url:
            first, second = await one.get(url), await one.get(url)
            ports = {
                r.extensions["network_stream"].get_extra_info("client_addr")
                for r in (first, second)
            }
            assert len(ports) == 1
        with pytest.raises(httpx.ConnectError):
            await one.get(url)


async def test_faults_keep_their_kind() -> None:
    """Refused, too slow to start TLS or to answer, and not TLS at all."""
    limits = httpx.Limits()
    async with client(False, limits=limits) as one:
        async with server() as url:
            pass
        with pytest.raises(httpx.ConnectError):
            await one.get(url)
    async with server(is_silent=True) as url, client(False, limits=limits) as one:
        slow = httpx.Timeout(None, connect=0.05)
        with pytest.raises(httpx.ConnectTimeout):
            await one.get(url.replace("http:", "https:"), timeout=slow)
        with pytest.raises(httpx.ReadTimeout):
            await one.get(url, timeout=httpx.Timeout(None, read=0.05))
    async with server() as url, client(False, limits=limits) as one:
        with pytest.raises(httpx.ConnectError) as caught:
            await one.get(url.replace("http:", "https:"))
    assert any(isinstance(one, ssl.SSLError) for one in causes(caught.value))


@pytest.mark.parametrize("turns", range(4))
async def test_closed_again_after_it_was_given_up(turns: int) -> None:
    """Whoever closes it next is not cancelled with the one who was."""
    async with server() as url:
        where = httpx.URL(url)
        assert where.port is not None
        stream = await Backend().connect_tcp(where.host, where.port)
        closing = asyncio.create_task(stream.aclose())
        for _ in range(turns):
            await asyncio.sleep(0)
        closing.cancel()
        await asyncio.gather(closing, return_exceptions=True)
        await stream.aclose()
