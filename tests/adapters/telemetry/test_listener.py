"""The page's endpoint: a real socket, and people who ask badly."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial

import pytest

from adapters.telemetry.listener import HEAD, LONGEST, MOST, MetricsListener, address_of
from controller.errors import UsageFault
from tests.adapters.telemetry.pages import two_done
from tests.adapters.telemetry.scrape import quiet_address, scraped, talk, value
from tests.support.waiting import until

GET = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("9109", ("127.0.0.1", 9109)),
        ("127.0.0.1:9109", ("127.0.0.1", 9109)),
        ("0.0.0.0:1", ("0.0.0.0", 1)),
        ("[::1]:65535", ("::1", 65535)),
        ("localhost:80", ("localhost", 80)),
    ],
)
def test_address(text: str, address: tuple[str, int]) -> None:
    """A port alone is at 127.0.0.1; another address only when it is said."""
    assert address_of(text) == address


@pytest.mark.parametrize(
    "text",
    ["", ":9109", "0", "65536", "web", "127.0.0.1", "::1:80", "a b:80", "1:2:3", "80/x", "٣"],
)
def test_address_that_is_none(text: str) -> None:
    """Anything else is refused with the mend; no address is never every address."""
    with pytest.raises(UsageFault, match="write it as PORT or ADDRESS:PORT"):
        MetricsListener(text)


@asynccontextmanager
async def listener(longest: timedelta = LONGEST) -> AsyncIterator[tuple[str, int]]:
    host, port = quiet_address()
    one = MetricsListener(f"{host}:{port}", longest)
    await one.open(two_done)
    try:
        assert await one.give() is None
        yield host, port
    finally:
        await one.aclose()


@pytest.fixture
async def place() -> AsyncIterator[tuple[str, int]]:
    """Where a listener is."""
    async with listener() as there:
        yield there


async def test_scrape(place: tuple[str, int]) -> None:
    """GET gives the page, again and again."""
    for _ in range(2):
        found = await scraped(*place)
        assert value(found, "poolroll_members", rollout="web", phase="done") == 2


@pytest.mark.parametrize(
    ("request_", "status", "has_body"),
    [
        (b"HEAD /metrics HTTP/1.1\r\n\r\n", b"200 OK", False),
        (b"GET /metrics?x=1 HTTP/1.0\r\n\r\n", b"200 OK", True),
        (b"GET / HTTP/1.1\r\n\r\n", b"404 Not Found", True),
        (b"POST /metrics HTTP/1.1\r\n\r\n", b"405 Method Not Allowed", False),
        (b"nonsense\r\n\r\n", b"400 Bad Request", False),
        (b"\x16\x03\x01 \xff x\r\n\r\n", b"400 Bad Request", False),
    ],
)
async def test_answers(
    place: tuple[str, int], request_: bytes, status: bytes, has_body: bool
) -> None:
    """What is asked in another way gets an answer that says so."""
    head, _, body = (await talk(*place, request_)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 " + status)
    assert bool(body) is has_body


async def is_served(place: tuple[str, int]) -> bool:
    return (await talk(*place, GET)).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("request_", [b"GET /", b"x" * (HEAD + 1), b""])
async def test_no_answer(request_: bytes) -> None:
    """Who asks too slowly or too much is hung up on, and others are served as before."""
    async with listener(timedelta(seconds=0.3)) as place:
        assert await talk(*place, request_) == b""
        await until(partial(is_served, place), what="an answer to a good request")


async def test_too_many_at_once(place: tuple[str, int]) -> None:
    """Who only connects keeps nobody from being served: the oldest of them goes."""
    idle = [await asyncio.open_connection(*place) for _ in range(MOST)]
    try:
        for _ in range(MOST + 1):
            assert await is_served(place)
        assert await idle[0][0].read() == b"", "hung up on"
    finally:
        for _, writer in idle:
            writer.transport.abort()


@pytest.mark.parametrize(
    ("address", "is_local"),
    [
        ("9109", True),
        ("[::1]:9109", True),
        ("localhost:9109", True),
        ("0.0.0.0:9109", False),
        ("[::]:9109", False),
        ("10.0.0.9:9109", False),
        ("ops1:9109", False),
    ],
)
def test_who_reaches_it(address: str, is_local: bool) -> None:
    """Other machines, too: then there is a warning."""
    assert MetricsListener(address).is_local is is_local


async def test_port_in_use(place: tuple[str, int]) -> None:
    """A second listener at the same address is refused, with the address and the reason."""
    second = MetricsListener(f"{place[0]}:{place[1]}")
    with pytest.raises(UsageFault, match=rf"{place[0]}:{place[1]}: cannot .*: Address already in"):
        await second.open(two_done)
    await second.aclose()


async def test_close_with_somebody_connected() -> None:
    """The end of a run waits for no scraper."""
    loop = asyncio.get_running_loop()
    async with listener(timedelta(minutes=5)) as place:
        reader, writer = await asyncio.open_connection(*place)
        writer.write(b"GET /met")
        assert await is_served(place)  # so the one before it is accepted as well
        began = loop.time()
    assert loop.time() - began < 60
    with suppress(ConnectionError):
        assert await reader.read() == b""
    writer.transport.abort()
    with pytest.raises(ConnectionRefusedError):
        await scraped(*place)
