"""The app behaves as its state file says."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.demo.client import Client
from adapters.demo.world import World


@pytest.fixture
async def apps(short_folder: Path) -> AsyncIterator[World]:
    """Two apps, and no HAProxy in front of them."""
    async with World(short_folder, 2, haproxy=Path("none"), instances=0) as one:
        yield one


async def statuses(one: World, name: str, path: str, count: int) -> list[int]:
    """Ask an app directly, over one connection."""
    client = Client(one.ports[name], keeps_cookie=False)
    replies = [(await client.get(path)).status for _ in range(count)]
    await client.close()
    return replies


async def test_every_so_many_th_request_fails_and_health_stays(apps: World) -> None:
    """`fail_every` fails exactly each k-th request, and `/health` neither fails nor counts."""
    apps.set_behaviour("web1", fail_every=3)
    assert await statuses(apps, "web1", "/", 4) == [200, 200, 500, 200]
    assert await statuses(apps, "web1", "/health", 6) == [200] * 6
    assert await statuses(apps, "web1", "/slow?ms=1", 3) == [200, 500, 200]


async def test_an_error_ratio_spares_health(apps: World) -> None:
    """`error_ratio` 1 fails all traffic, at once, and no health check sees it."""
    apps.set_behaviour("web1", error_ratio=1)
    assert await statuses(apps, "web1", "/", 5) == [500] * 5
    assert await statuses(apps, "web1", "/health", 2) == [200] * 2


async def test_health_answers_as_told(apps: World) -> None:
    """`health` sets the status of `/health` alone, from the next request on."""
    apps.set_behaviour("web1", health=503)
    assert await statuses(apps, "web1", "/health", 1) == [503]
    assert await statuses(apps, "web1", "/", 1) == [200]


async def test_the_version_is_that_of_the_start(apps: World) -> None:
    """A new version in the state file is served after a restart, and not before."""
    apps.set_behaviour("web1", version="v2", boot_ms=20)
    assert await apps.member_versions() == {"web1": "v1", "web2": "v1"}
    await apps.stop_app("web1")
    assert await apps.member_versions() == {"web1": None, "web2": "v1"}
    await apps.start_app("web1")
    assert await apps.member_versions() == {"web1": "v2", "web2": "v1"}


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        ("POST / HTTP/1.1\r\n\r\n", "405"),
        ("nonsense\r\n\r\n", "405"),
        ("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", "200"),
        ("GET /slow?ms=x HTTP/1.1\r\nConnection: close\r\n\r\n", "200"),
        ("GET / HTTP/1.1\r\nX: " + "x" * 20_000, "431"),
    ],
    ids=["post", "nonsense", "close", "slow", "long"],
)
async def test_the_app_closes_after_what_it_does_not_do(
    apps: World, request_text: str, status: str
) -> None:
    """Anything but a plain GET is refused with its status, and the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", apps.ports["web1"])
    writer.write(request_text.encode())
    async with asyncio.timeout(60):
        reply = await reader.read(-1)
    writer.close()
    await writer.wait_closed()
    assert reply.decode().split(" ")[1] == status
