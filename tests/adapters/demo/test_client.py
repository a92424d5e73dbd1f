"""What a client makes of connections that end, told apart as a browser would."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from adapters.demo.client import Client, NoAnswer

GOOD = b"HTTP/1.1 200 \r\nContent-Length: 2\r\nX-Version: v1\r\n\r\nok"
Turn = Callable[[asyncio.StreamWriter], Awaitable[None]]


async def answer(writer: asyncio.StreamWriter) -> None:
    writer.write(GOOD)
    await writer.drain()


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()


def say(text: bytes) -> Turn:
    async def turn(writer: asyncio.StreamWriter) -> None:
        writer.write(text)
        writer.close()

    return turn


@asynccontextmanager
async def server(*connections: tuple[Turn, ...], stale_within: float = 10) -> AsyncIterator[Client]:
    """A client of a server that meets its n-th connection's requests with the n-th turns."""
    left = list(connections)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for turn in left.pop(0):
            await reader.readuntil(b"\r\n\r\n")
            await turn(writer)
        await reader.read(-1)
        writer.close()

    listener = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        client = Client(port, keeps_cookie=False, stale_within=stale_within)
        yield client
        await client.close()
    assert not left, "some expected connection was not made"


async def test_a_request_that_met_an_idle_close_is_sent_again() -> None:
    """A kept connection that ends before a byte of the answer: once more, and counted."""
    async with server((answer, hang_up), (answer,)) as client:
        await client.get("/")
        assert (await client.get("/")).status == 200
        assert client.take_stale() == 1
        assert client.take_stale() == 0


async def test_a_request_is_sent_again_once() -> None:
    """The second connection is fresh: when it ends too, the request has failed."""
    async with server((answer, hang_up), (hang_up,)) as client:
        await client.get("/")
        with pytest.raises(NoAnswer, match="closed without an answer"):
            await client.get("/")


async def test_a_fresh_connection_that_ends_is_a_failure() -> None:
    """On a first request there is no idle connection to blame."""
    async with server((hang_up,)) as client:
        with pytest.raises(NoAnswer, match="closed without an answer"):
            await client.get("/")
        assert client.take_stale() == 0


async def test_a_late_end_is_a_failure() -> None:
    """A server that gave a request up after it had it for a while was not closing an idle one."""
    async with server((answer, hang_up), stale_within=0) as client:
        await client.get("/")
        with pytest.raises(NoAnswer, match="closed without an answer"):
            await client.get("/")


@pytest.mark.parametrize("text", [GOOD[:10], GOOD[:-1]])
async def test_half_an_answer_is_a_failure(text: bytes) -> None:
    """Once a byte has come, a request is not sent again."""
    async with server((answer, say(text))) as client:
        await client.get("/")
        with pytest.raises(NoAnswer, match="cut short"):
            await client.get("/")


@pytest.mark.parametrize(
    "text",
    [
        b"HTTP/1.1 200 \r\n\r\n",
        b"HTTP/1.1 two \r\nContent-Length: 0\r\n\r\n",
        b"\r\n\r\n",
        b"HTTP/1.1 200 \r\nContent-Length: 99999999\r\n\r\n",
    ],
)
async def test_a_strange_answer_is_a_failure(text: bytes) -> None:
    """An answer that cannot be read whole fails its request, and not the load."""
    async with server((say(text),)) as client:
        with pytest.raises(NoAnswer, match="not understood"):
            await client.get("/")


async def test_an_announced_close_is_kept_to() -> None:
    """After `Connection: close` the next request goes to a fresh connection, and is no retry."""
    closing = GOOD.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    async with server((say(closing),), (answer,)) as client:
        await client.get("/")
        await client.get("/")
        assert client.take_stale() == 0
