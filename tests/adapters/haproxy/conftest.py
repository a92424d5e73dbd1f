from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.adapters.haproxy.site import Site


@pytest.fixture
async def site(haproxy: Path, short_folder: Path) -> AsyncIterator[Site]:
    """A pool on loopback, before each of the HAProxys in turn."""
    site = Site(haproxy, short_folder)
    yield site
    await site.close()
