"""The name of the pool is found when the lock is needed, and once."""

import pytest

from adapters.kubernetes.faults import Unreachable
from adapters.kubernetes.pool_lock import PoolLock
from controller.errors import StateError
from tests.support.memory_journal import Holdings, MemoryLock
from tests.support.virtual import LoopClock


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

    lock = PoolLock(find, make)
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

    lock = PoolLock(find, lambda _: MemoryLock(LoopClock(), "me@here", Holdings()))
    for _ in range(2):
        with pytest.raises(StateError, match="the lock in the cluster: prod: no such host"):
            await lock.refusal("web", ())
