"""A cluster for each test, and a plain HTTP client to it."""

import ssl
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.kubernetes.cluster import FakeCluster


@pytest.fixture
async def cluster() -> AsyncIterator[FakeCluster]:
    async with FakeCluster(tls=False) as made:
        yield made


@pytest.fixture
async def client(cluster: FakeCluster) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(cluster) as made:
        yield made


def client_of(cluster: FakeCluster, token: str = "") -> httpx.AsyncClient:
    """As whoever has `token`, else as one who may do everything."""
    context: ssl.SSLContext | bool = False
    if cluster.url.startswith("https"):
        context = ssl.create_default_context(cadata=cluster.authority.decode())
    return httpx.AsyncClient(
        base_url=cluster.url,
        headers={"authorization": f"Bearer {token or cluster.token}", "user-agent": "test/1"},
        verify=context,
        trust_env=False,
    )
