"""Fixtures: a site, on one HAProxy or another."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.e2e.site import Site
from tests.support.worlds import MakeWorld, shared_haproxy

haproxy = shared_haproxy


class MakeSite(Protocol):
    """Start a site; it is ended with the test. `shape`: see `adapters.demo.world.World`."""

    async def __call__(self, members: int = 3, **shape: Any) -> Site: ...


@pytest.fixture
async def site(world: MakeWorld, short_folder: Path) -> AsyncIterator[MakeSite]:
    """Makes sites."""
    async with AsyncExitStack() as stack:

        async def make(members: int = 3, **shape: Any) -> Site:
            shape.setdefault("server_options", "check inter 50ms rise 1 fall 3")
            # A check's answer may take as long as a busy machine needs for it.
            shape["backend_lines"] = "timeout check 5s\n" + shape.get("backend_lines", "")
            one = Site(await world(members, **shape), short_folder)
            stack.push_async_callback(one.close)
            return one

        yield make
