"""The name of the pool is found when the lock is needed, and once."""

import pytest

from adapters.kubernetes.client.api import Api
from adapters.kubernetes.client.faults import Unreachable
from adapters.kubernetes.client.paths import PODS
from adapters.kubernetes.pool_lock import PoolLock
from controller.errors import LeaseLost, StateError
from tests.adapters.kubernetes.stub import Asked, Told, access_to, api_of, status, stub, told
from tests.support.memory_journal import Holdings, MemoryHold, MemoryLock
from tests.support.virtual import LoopClock


def nowhere() -> Api:
    """A client that asks nobody anything."""
    return Api(access_to("http://127.0.0.1:1"), LoopClock())


async def test_found_once() -> None:
    """And what the lock says is said."""
    asked, made = list[str](), list[str]()
    inner = MemoryLock(LoopClock(), "me@here", Holdings())

    async def find() -> str:
        asked.append("?")
        return "statefulset/web"

    def make(name: str) -> MemoryLock:
        made.append(name)
        return inner

    lock = PoolLock(find, make, nowhere())
    assert asked == []
    async with lock.hold("web") as hold:
        await hold.check()
        assert await lock.holder("web") is not None
        assert await lock.refusal("other", {"k"}) is None
    assert (asked, made) == (["?"], ["statefulset/web"])


async def test_a_cluster_that_does_not_answer() -> None:
    """Nothing is held, and it is tried again the next time."""

    async def find() -> str:
        raise Unreachable("prod", "no such host")

    lock = PoolLock(find, lambda _: MemoryLock(LoopClock(), "me@here", Holdings()), nowhere())
    for _ in range(2):
        with pytest.raises(StateError, match="the lock in the cluster: prod: no such host"):
            await lock.refusal("web", ())


async def test_every_write_is_held_to_the_lock() -> None:
    """Also in the middle of a step; questions are not, nor what another client writes."""
    inner = MemoryLock(LoopClock(), "me@here", Holdings())

    async def find() -> str:
        return "statefulset/web"

    async with stub(lambda _: told({"kind": "Pod"})) as server, api_of(server.url) as api:
        writer = api.apart()
        async with PoolLock(find, lambda _: inner, writer).hold("web") as hold:
            assert isinstance(hold, MemoryHold)
            await writer.merge(PODS, "web-0", "shop", {})
            hold.lose("it was taken", is_noticed=False)
            for write in (
                writer.merge(PODS, "web-0", "shop", {}),
                writer.evict("web-0", "shop", "u-1"),
                writer.delete(PODS, "web-0", "shop"),
            ):
                with pytest.raises(LeaseLost, match="it was taken"):
                    await write
            await writer.evict("web-0", "shop", "u-1", dry_run=True)
            await writer.get(PODS, "web-0", "shop")
            await api.merge(PODS, "web-1", "shop", {})
        with pytest.raises(LeaseLost, match="it was given back"):
            await writer.merge(PODS, "web-0", "shop", {})
    assert [one.path.rpartition("/")[2] for one in server.asked] == [
        *("web-0", "eviction", "web-0", "web-1")
    ]


async def test_a_write_that_is_sent_once_more_is_held_to_the_lock() -> None:
    """The server asked for patience, and the lock was lost meanwhile: it is not sent again."""
    inner = MemoryLock(LoopClock(), "me@here", Holdings())
    holds: list[MemoryHold] = []

    async def find() -> str:
        return "statefulset/web"

    def busy(_: Asked) -> Told:
        holds[0].lose("it was taken", is_noticed=False)
        return status(429, "TooManyRequests", retryAfterSeconds=1)

    async with (
        stub(busy) as server,
        api_of(server.url) as api,
        PoolLock(find, lambda _: inner, api).hold("web") as hold,
    ):
        assert isinstance(hold, MemoryHold)
        holds.append(hold)
        with pytest.raises(LeaseLost, match="it was taken"):
            await api.merge(PODS, "web-0", "shop", {})
    assert len(server.asked) == 1
