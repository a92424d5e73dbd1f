"""The app of a pod does what its image and environment say."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from adapters.demo.client import NoAnswer
from tests.support.kubernetes.nodes.addresses import addresses
from tests.support.kubernetes.nodes.app import App, Behaviour
from tests.support.serving import retire
from tests.support.waiting import until

PORT = 8080
Start = Callable[[Behaviour], Awaitable[App]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    apps: list[App] = []
    address = addresses()

    async def begin(does: Behaviour) -> App:
        app = App("web-0", address(), PORT, does, ended.append, retire)
        apps.append(app)
        app.start()
        return app

    ended: list[int] = []
    yield begin
    for app in apps:
        app.kill()


async def ask(app: App, path: str = "/") -> tuple[int, str]:
    """Status and version."""
    reader, writer = await asyncio.open_connection(app.host, app.port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: web\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        version = head.partition("X-Version: ")[2].partition("\r\n")[0]
        return int(head.split(" ")[1]), version
    except asyncio.IncompleteReadError as error:
        raise NoAnswer from error
    finally:
        writer.close()


async def listening(app: App) -> None:
    async def answers() -> bool:
        try:
            await ask(app, "/metrics")
        except OSError:
            return False
        return True

    await until(answers)


@pytest.mark.parametrize(
    ("image", "env", "expected"),
    [
        ("registry/web:v2", {}, Behaviour("v2")),
        ("registry:5000/web", {}, Behaviour("v1")),
        ("web:v2-fail10-slow50", {}, Behaviour("v2", fail=10, slow=0.05)),
        ("web:v2-oom500-graceful", {}, Behaviour("v2", oom=0.5, graceful=True)),
        ("web:v2-crash", {}, Behaviour("v2", crash=0.001)),
        ("web:v2-unready", {"APP_UNREADY": "0"}, Behaviour("v2")),
        ("web:v2", {"APP_VERSION": "9", "APP_EXIT_MS": "0"}, Behaviour("9", leave=0.0)),
    ],
)
def test_image_and_environment(image: str, env: dict[str, str], expected: Behaviour) -> None:
    assert Behaviour.of(image, env) == expected


async def test_a_share_of_requests_fails_while_readiness_stays_green(start: Start) -> None:
    app = await start(Behaviour("v2", fail=25))
    await listening(app)
    assert [(await ask(app))[0] for _ in range(8)] == [200, 200, 200, 500] * 2
    assert await ask(app, "/readyz") == (200, "v2")


async def test_an_abrupt_app_cuts_what_is_in_flight(start: Start) -> None:
    app = await start(Behaviour())
    await listening(app)
    slow = asyncio.create_task(ask(app, "/slow?ms=60000"))
    await until(lambda: any(link.busy for link in app.links))
    app.terminate()
    with pytest.raises((NoAnswer, OSError)):
        await slow


async def test_a_graceful_app_finishes_and_takes_nobody_else(start: Start) -> None:
    app = await start(Behaviour(graceful=True))
    await listening(app)
    slow = asyncio.create_task(ask(app, "/slow?ms=100"))
    await until(lambda: any(link.busy for link in app.links))
    app.terminate()
    with pytest.raises(OSError):
        await ask(app)
    assert await slow == (200, "v1")
    await until(lambda: not app.links)


async def test_it_answers_no_one_before_its_start_is_over(start: Start) -> None:
    app = await start(Behaviour(start=0.1))
    with pytest.raises(OSError):
        await ask(app)
    await listening(app)
