"""What every lock must do, whatever it is made of.

Subclass `LockContract` in a test module and give it a fixture `locks`, a function that makes one
lock per user, all sharing what they hold, with a `FixedClock()`.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import pytest

from controller.errors import PoolHeld, StateError
from controller.ports import Lock
from tests.support.journal_contract import WALL

Locks = Callable[[str], Lock]

A1, A2, B1 = "web/127.0.0.1:8081", "web/127.0.0.1:8082", "api/127.0.0.1:8081"
SINCE = r"pid \d+ on host \S+, user anna, since 2026-11-22 10:03:11 UTC$"


class LockContract:
    async def test_one_holder_per_name(self, locks: Locks) -> None:
        """S10: a second run of the same rollout is refused, and told who holds it since when."""
        anna, bert = locks("anna"), locks("bert")
        async with anna.hold("web"):
            with pytest.raises(PoolHeld, match=r"^rollout 'web' is held by " + SINCE):
                await bert.hold("web").__aenter__()

    async def test_the_end_of_the_block_releases(self, locks: Locks) -> None:
        """Name and pool are free again after the block, also when it ended in an error."""
        anna, bert = locks("anna"), locks("bert")
        with suppress(KeyError):
            async with anna.hold("web") as hold:
                await hold.add([A1])
                raise KeyError
        assert await anna.holder("web") is None
        async with bert.hold("web") as hold:
            await hold.add([A1])
        async with anna.hold("web"):
            holder = await bert.holder("web")
        assert holder is not None
        assert holder.by == "anna"

    async def test_one_holder_per_pool(self, locks: Locks) -> None:
        """S10: another name does not help where one backend and address is in common."""
        async with locks("anna").hold("web-blue") as anna, locks("bert").hold("web") as bert:
            await anna.add([A1, A2])
            with pytest.raises(PoolHeld) as caught:
                await bert.add([B1, A1])
        message = str(caught.value)
        assert message.startswith("the pool (web/127.0.0.1:8081) is held by rollout 'web-blue', ")
        assert message.endswith("user anna, since 2026-11-22 10:03:11 UTC")

    async def test_several_in_common_are_counted(self, locks: Locks) -> None:
        """The refusal names one line of the pool and says how many more there are."""
        async with locks("anna").hold("web-blue") as anna, locks("bert").hold("web") as bert:
            await anna.add([A1, A2, B1])
            with pytest.raises(PoolHeld, match=r"^the pool \(api/127.0.0.1:8081 and 2 more\) is"):
                await bert.add([B1, A1, A2])

    async def test_a_refused_pool_is_not_held_in_part(self, locks: Locks) -> None:
        """All or none: what was free of a refused pool stays free for others."""
        async with (
            locks("anna").hold("a") as anna,
            locks("bert").hold("b") as bert,
            locks("carl").hold("c") as carl,
        ):
            await anna.add([A1])
            with pytest.raises(PoolHeld):
                await bert.add([A1, A2])
            await carl.add([A2])

    async def test_pools_apart_do_not_meet(self, locks: Locks) -> None:
        """The same address in another backend is another pool."""
        lock = locks("anna")
        async with lock.hold("web") as anna, locks("bert").hold("api") as bert:
            await anna.add([A1, A2])
            await bert.add([B1])
            holder = await lock.holder("api")
        assert holder is not None
        assert holder.by == "bert"

    async def test_a_pool_may_grow(self, locks: Locks) -> None:
        """Holding more keys keeps the former ones, and asking again for one's own is fine."""
        async with locks("anna").hold("web") as anna, locks("bert").hold("api") as bert:
            await anna.add([A1])
            await anna.add([A1, A2])
            await anna.add([])
            with pytest.raises(PoolHeld):
                await bert.add([A1])

    async def test_a_pool_needs_a_name(self, locks: Locks) -> None:
        """`add` after the block is a bug of the caller and never passes silently."""
        async with locks("anna").hold("web") as anna:
            pass
        with pytest.raises(RuntimeError):
            await anna.add([A1])

    async def test_one_name_at_a_time(self, locks: Locks) -> None:
        """A second name through the same lock is a bug of the caller."""
        anna = locks("anna")
        async with anna.hold("web"):
            with pytest.raises(RuntimeError):
                await anna.hold("api").__aenter__()

    async def test_the_holder_is_told(self, locks: Locks) -> None:
        """`holder` says who and since when, and nothing about other names."""
        anna, bert = locks("anna"), locks("bert")
        assert await bert.holder("web") is None
        async with anna.hold("web"):
            holder = await bert.holder("web")
            assert await bert.holder("api") is None
        assert holder is not None
        assert (holder.rollout, holder.by, holder.since) == ("web", "anna", WALL)
        assert await bert.holder("web") is None

    async def test_what_is_held_is_not_lost(self, locks: Locks) -> None:
        """While it is held `check` passes and `lost` waits; cancelling it leaves the hold."""
        anna, bert = locks("anna"), locks("bert")
        async with anna.hold("web") as hold:
            lost = asyncio.ensure_future(hold.lost())
            await hold.check()
            await asyncio.sleep(0)
            assert not lost.done()
            lost.cancel()
            with suppress(asyncio.CancelledError):
                await lost
            await hold.check()
            assert await bert.holder("web") is not None

    async def test_a_refusal_is_foretold(self, locks: Locks) -> None:
        """`refusal` says what holding would say, of the name and of the pool, and holds nothing
        itself; nor does it refuse its own."""
        anna, bert = locks("anna"), locks("bert")
        assert await bert.refusal("web", [A1]) is None
        async with anna.hold("web-blue") as hold:
            await hold.add([A1, A2])
            of_name = await bert.refusal("web-blue", [])
            of_pool = await bert.refusal("web", [B1, A1])
            assert await bert.refusal("web", [B1]) is None
            async with bert.hold("web") as other:
                await other.add([B1])
                with pytest.raises(PoolHeld) as caught:
                    await other.add([A1])
            assert of_pool == str(caught.value)
            with pytest.raises(PoolHeld) as caught:
                await bert.hold("web-blue").__aenter__()
            assert of_name == str(caught.value)
        assert await bert.refusal("web-blue", [A1]) is None

    @pytest.mark.parametrize(
        "name", ["", ".", "../web", "/web", "a/b", "we b", "web\n", "Wéb", "a" * 64]
    )
    async def test_only_names_of_rollouts_pass(self, locks: Locks, name: str) -> None:
        """A name that could leave the folder, or is none, is refused everywhere."""
        anna = locks("anna")
        with pytest.raises(StateError, match="not the name of a rollout"):
            await anna.holder(name)
        with pytest.raises(StateError, match="not the name of a rollout"):
            await anna.hold(name).__aenter__()
