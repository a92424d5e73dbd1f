"""Fixtures: real HAProxys with small apps behind them, gone when the test is over."""

import atexit
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from zlib import crc32

import pytest

from adapters.demo import upgrade
from adapters.demo.app import BACKLOG
from adapters.demo.world import World
from tests.support.haproxies import HAPROXIES, launcher, program, quick


class MakeWorld(Protocol):
    """Start a world; it is ended with the test. Options: see `adapters.demo.world.World`."""

    async def __call__(self, members: int = 4, **options: Any) -> World: ...


@cache
def forker() -> Path:
    """The socket of the one process that the apps of all our worlds are forked from; it ends with
    ours."""
    folder = tempfile.mkdtemp(prefix="pr-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    home = upgrade.Home(folder, "apps")
    os.mkfifo(home.lifeline)
    held = os.open(home.lifeline, os.O_RDWR | os.O_NONBLOCK)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(home.forker)
        listener.listen(BACKLOG)
        process = upgrade.start_forker(home, listener.fileno())
    atexit.register(process.wait)
    atexit.register(os.close, held)
    return Path(home.forker)


@pytest.fixture(params=HAPROXIES)
def haproxy(request: pytest.FixtureRequest) -> Path:
    """A real HAProxy; the test runs once with each. A missing one is an error, not a skip."""
    return program(request.param)


@pytest.fixture
def shared_haproxy(request: pytest.FixtureRequest) -> Path:
    """The HAProxy that a test asks for by `parametrize(…, indirect=True)`; otherwise the tests
    are shared out between all of them by name, always in the same way."""
    wanted = getattr(request, "param", None)
    if wanted is None:
        wanted = HAPROXIES[crc32(request.node.name.encode()) % len(HAPROXIES)]
    return program(wanted)


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose path leaves room for a UNIX socket (107 bytes, unix(7))."""
    # A command that outlives a killed poolroll may still write while all is being removed.
    with tempfile.TemporaryDirectory(prefix="pr-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
async def world(haproxy: Path, short_folder: Path) -> AsyncIterator[MakeWorld]:
    """Makes worlds, in front of each of the HAProxys in turn."""
    async with AsyncExitStack() as stack:
        made = 0

        async def make(members: int = 4, **options: Any) -> World:
            nonlocal made
            made += 1
            folder = short_folder / f"w{made}"
            folder.mkdir()
            lines = "\n".join((quick(haproxy), options.pop("global_lines", "")))
            one = World(
                folder,
                members,
                haproxy=haproxy,
                launcher=launcher(),
                forker=forker(),
                global_lines=lines,
                **options,
            )
            return await stack.enter_async_context(one)

        yield make
