"""The locks made of Leases, in virtual time on objects in memory."""

import asyncio
import os
import re
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest

from adapters.kubernetes.client.objects import Json
from adapters.kubernetes.lease import LeaseLock, lease_name
from adapters.kubernetes.lease.hold import LeaseHold
from adapters.kubernetes.lease.record import HOLDER, KEYS, read
from adapters.kubernetes.state.lock import StateLock, state_lease_name
from controller.core.pool import Instant
from controller.errors import LeaseLost, PoolHeld, StateError
from controller.ports import Lock
from controller.runner.both_locks import BothLocks
from tests.adapters.kubernetes.memory_objects import Cluster, MemoryObjects
from tests.support.journal_contract import WALL
from tests.support.lock_contract import A1, A2, LockContract, Locks
from tests.support.virtual import LoopClock, run_virtually, stand_still

HOUR = timedelta(hours=1)
LEASE = lease_name("statefulset/web")


class FastClock:
    """A hundred times as fast as the system's, always at the same civil time."""

    def now(self) -> Instant:
        return timedelta(seconds=asyncio.get_running_loop().time() * 100)

    def wall(self) -> datetime:
        return WALL

    async def sleep(self, duration: timedelta) -> None:
        await asyncio.sleep(duration.total_seconds() / 100)


class TestStateLock(LockContract):
    @pytest.fixture
    def locks(self) -> Locks:
        cluster = Cluster()
        return lambda who: StateLock(MemoryObjects(cluster), "shop", FastClock(), who)


class AsideClock(LoopClock):
    """The civil time of a machine that is set wrongly."""

    def __init__(self, aside: timedelta = timedelta(0)) -> None:
        self.aside = aside

    def wall(self) -> datetime:
        return super().wall() + self.aside


class Machine:
    """One that runs poolroll on the pool."""

    def __init__(self, cluster: Cluster, user: str, aside: timedelta = timedelta(0)) -> None:
        self.objects = MemoryObjects(cluster)
        self.clock = AsideClock(aside)
        self.told: list[str] = []
        self.user = user

    def lock(self) -> LeaseLock:
        return LeaseLock(
            self.objects, "shop", "statefulset/web", self.clock, self.user, tell=self.told.append
        )

    def state_lock(self) -> StateLock:
        return StateLock(self.objects, "shop", self.clock, self.user, tell=self.told.append)

    async def hold_until_killed(self, lock: Lock | None = None, name: str = "web") -> None:
        """Without any ending: as if it were killed when it is cancelled."""
        try:
            async with (lock or self.lock()).hold(name) as hold:
                await hold.add([A1])
                await hold.lost()
        finally:
            pass


async def kill(task: asyncio.Task[None], machine: Machine) -> None:
    """From now on nothing of it arrives."""
    machine.objects.is_cut = True
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def virtually(test: Callable[[Cluster], Awaitable[None]]) -> None:
    async def main() -> None:
        await test(Cluster())

    run_virtually(main())


def seconds(clock: LoopClock) -> float:
    return clock.now().total_seconds()


@pytest.mark.parametrize("aside", [-HOUR, timedelta(0), HOUR])
def test_a_live_holder_is_refused_whatever_the_clocks_say(aside: timedelta) -> None:
    """S10: the second one is refused within a renewal, and told who holds the pool since when; the
    first one goes on."""

    async def test(cluster: Cluster) -> None:
        anna, bert = Machine(cluster, "anna"), Machine(cluster, "bert", aside)
        async with anna.lock().hold("web") as hold:
            for pause in (0.1, 33):
                await asyncio.sleep(pause)
                began = seconds(bert.clock)
                with pytest.raises(
                    PoolHeld, match=r"shop/statefulset/web\) is held by rollout 'web'"
                ):
                    await bert.lock().hold("blue").__aenter__()
                assert seconds(bert.clock) - began <= 2.6
                told = await bert.lock().refusal("blue", [A1])
                assert told is not None
                assert "user anna, since 2024-01-01 00:00:00 UTC" in told
            await hold.check()

    virtually(test)


@pytest.mark.parametrize("aside", [-HOUR, HOUR])
def test_a_killed_holder_is_followed_after_the_lease_and_never_before(aside: timedelta) -> None:
    """Whoever comes later counts by its own clock, from its own first sight."""

    async def test(cluster: Cluster) -> None:
        anna, bert = Machine(cluster, "anna"), Machine(cluster, "bert", aside)
        running = asyncio.create_task(anna.hold_until_killed())
        await asyncio.sleep(7)
        await kill(running, anna)
        began = seconds(bert.clock)
        async with bert.lock().hold("web") as hold:
            assert 15 <= seconds(bert.clock) - began <= 16
            assert hold.transitions == 2
            await hold.check()
        assert bert.told == [
            f"Lease shop/{LEASE} is held by pid {os.getpid()} on host {socket.gethostname()}, user "
            "anna, since 2024-01-01 00:00:00 UTC: it may be taken once it was not renewed for 15s"
        ]

    virtually(test)


@pytest.mark.parametrize("aside", [-HOUR, HOUR])
def test_a_holder_of_two_leases_is_followed_after_one_lease(aside: timedelta) -> None:
    """State in the cluster: the Lease of the state and that of the pool lapse at the same time, and
    neither is taken before it has."""

    async def test(cluster: Cluster) -> None:
        anna, bert = Machine(cluster, "anna"), Machine(cluster, "bert", aside)
        running = asyncio.create_task(
            anna.hold_until_killed(BothLocks(anna.state_lock(), anna.lock()))
        )
        await asyncio.sleep(7)
        await kill(running, anna)
        began = seconds(bert.clock)
        async with BothLocks(bert.state_lock(), bert.lock()).hold("web") as hold:
            assert 15 <= seconds(bert.clock) - began <= 16
            await hold.check()

    virtually(test)


def test_who_lives_on_after_a_glance_is_waited_for_from_its_last_sign_of_life() -> None:
    async def test(cluster: Cluster) -> None:
        anna, bert = Machine(cluster, "anna"), Machine(cluster, "bert")
        running = asyncio.create_task(anna.hold_until_killed())
        await asyncio.sleep(1)
        lock = bert.lock()
        await lock.glance("web")
        await asyncio.sleep(20)
        with pytest.raises(PoolHeld):
            await lock.hold("web").__aenter__()
        await lock.glance("web")
        await asyncio.sleep(3)
        await kill(running, anna)
        await asyncio.sleep(14)
        began = seconds(bert.clock)
        async with lock.hold("web"):
            assert 15 <= seconds(bert.clock) - began <= 16

    virtually(test)


def test_a_glance_at_nothing_changes_nothing() -> None:
    async def test(cluster: Cluster) -> None:
        anna = Machine(cluster, "anna")
        for lock in (anna.lock(), anna.state_lock(), BothLocks(anna.state_lock(), anna.lock())):
            await lock.glance("web")
            began = seconds(anna.clock)
            async with lock.hold("web"):
                assert seconds(anna.clock) == began

    virtually(test)


def of_nodes(machine: Machine, selector: str) -> LeaseLock:
    return LeaseLock(
        machine.objects, "default", selector, machine.clock, machine.user, overlaps=True
    )


def test_pools_with_nodes_in_common_exclude_each_other() -> None:
    """S10: whatever their selectors are called; what has nothing in common does not meet."""

    async def test(cluster: Cluster) -> None:
        anna, bert = Machine(cluster, "anna"), Machine(cluster, "bert")
        web, rack = of_nodes(anna, "nodes/role=web"), of_nodes(bert, "nodes/rack=a")
        async with web.hold("web") as one, rack.hold("rack") as other:
            await one.add([A1])
            await other.add([A2])
            third = of_nodes(anna, "nodes/zone=b")
            assert await third.refusal("zone", []) is None
            assert "rollout 'web', " in (await third.refusal("zone", [A1]) or "")
            with pytest.raises(PoolHeld, match=r"is held by rollout 'web', .* user anna"):
                await other.add([A1])
            await one.check()

    virtually(test)


def test_a_killed_holder_of_common_nodes_is_waited_for() -> None:
    """And where its Lease may not be cleared, that is said with the command that does it."""

    async def test(cluster: Cluster) -> None:
        anna, bert = Machine(cluster, "anna"), Machine(cluster, "bert")
        running = asyncio.create_task(anna.hold_until_killed(of_nodes(anna, "nodes/role=web")))
        await asyncio.sleep(1)
        await kill(running, anna)
        async with of_nodes(bert, "nodes/rack=a").hold("rack") as hold:
            began = seconds(bert.clock)
            theirs = lease_name("nodes/role=web")
            bert.objects.refuses = lambda verb, name: name == theirs
            with pytest.raises(PoolHeld, match=r"kubectl --namespace default delete lease poolro"):
                await hold.add([A1])
            assert seconds(bert.clock) - began >= 15
            bert.objects.refuses = lambda verb, name: False
            await hold.add([A1])

    virtually(test)


def test_a_clean_end_frees_it_at_once() -> None:
    """The next one does not wait; the fencing number goes on rising."""

    async def test(cluster: Cluster) -> None:
        anna, bert = Machine(cluster, "anna"), Machine(cluster, "bert")
        async with anna.lock().hold("web") as first:
            assert first.transitions == 1
        began = seconds(bert.clock)
        async with bert.lock().hold("web") as second:
            assert second.transitions == 2
        assert seconds(bert.clock) - began < 0.1
        assert await bert.lock().holder("web") is None

    virtually(test)


def test_a_frozen_holder_that_wakes_up_touches_nothing() -> None:
    """Its first check after the sleep asks, and finds that another one holds the pool."""

    async def test(cluster: Cluster) -> None:
        anna, bert = Machine(cluster, "anna"), Machine(cluster, "bert")
        async with anna.lock().hold("web") as hold:
            await asyncio.sleep(3)
            stand_still(timedelta(seconds=20))
            taken = cluster.objects["leases", "shop", LEASE]
            assert taken["spec"]["leaseTransitions"] == 1
            cluster.edit(
                "leases", LEASE, {"spec": {"holderIdentity": "bert", "leaseTransitions": 2}}
            )
            with pytest.raises(LeaseLost, match="was taken by 'bert'"):
                await hold.check()
            with pytest.raises(LeaseLost):
                await hold.lost()
            with pytest.raises(LeaseLost):
                await hold.add([A1])
        assert cluster.objects["leases", "shop", LEASE]["spec"]["holderIdentity"] == "bert"
        assert bert.objects.calls == []

    virtually(test)


def test_a_machine_that_slept_asks_though_its_clock_stood_still() -> None:
    """The monotonic clock does not count sleep; the civil time tells."""

    async def test(cluster: Cluster) -> None:
        anna = Machine(cluster, "anna")
        async with anna.lock().hold("web") as hold:
            cluster.edit("leases", LEASE, {"spec": {"holderIdentity": "bert"}})
            await hold.check()
            anna.clock.aside = HOUR
            with pytest.raises(LeaseLost):
                await hold.check()

    virtually(test)


def test_an_outage_for_all_is_waited_for() -> None:
    """Nobody can take the Lease meanwhile: nothing is touched after the deadline, and it goes on
    once a renewal shows that nobody has."""

    async def test(cluster: Cluster) -> None:
        anna = Machine(cluster, "anna")
        async with anna.lock().hold("web") as hold:
            lost = asyncio.ensure_future(hold.lost())
            cluster.is_down = True
            await hold.check()
            await asyncio.sleep(11)
            checking = asyncio.ensure_future(hold.check())
            await asyncio.sleep(19)
            assert not checking.done()
            assert not lost.done()
            cluster.is_down = False
            await checking
            lost.cancel()

    virtually(test)


def test_who_is_cut_off_loses_it_to_the_next_one() -> None:
    """Before another one may have it, the first one's check no longer passes."""

    async def test(cluster: Cluster) -> None:
        anna, bert = Machine(cluster, "anna"), Machine(cluster, "bert")
        async with anna.lock().hold("web") as hold:
            await asyncio.sleep(2.5)
            anna.objects.is_cut = True
            await asyncio.sleep(5)
            checking = asyncio.ensure_future(hold.check())
            async with bert.lock().hold("web") as other:
                assert not checking.done()
                await other.check()
                anna.objects.is_cut = False
                with pytest.raises(LeaseLost, match=r"taken by pid .* user bert"):
                    await checking
            with pytest.raises(LeaseLost):
                await hold.lost()

    virtually(test)


def test_a_lost_answer_and_a_stranger_s_label_lose_nothing() -> None:
    """A renewal that took effect although its answer was lost is recognised; so is one that
    somebody else's change of the metadata refused."""

    async def test(cluster: Cluster) -> None:
        anna = Machine(cluster, "anna")
        async with anna.lock().hold("web") as hold:
            anna.objects.loses_answers = 1
            await asyncio.sleep(5)
            cluster.edit("leases", LEASE, {"metadata": {"labels": {"team": "shop"}}})
            await asyncio.sleep(20)
            await hold.check()

    virtually(test)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (lambda cluster, _: cluster.remove("leases", LEASE), "its Lease was deleted"),
        (
            lambda cluster, _: cluster.edit("leases", LEASE, {"spec": {"holderIdentity": None}}),
            "its Lease was cleared",
        ),
        (
            lambda _, anna: setattr(anna.objects, "refuses", lambda verb, name: verb == "patch"),
            "could not be renewed for 10s: may not patch",
        ),
    ],
    ids=["deleted", "cleared", "no right any more"],
)
def test_why_it_is_lost(what: Callable[[Cluster, Machine], None], words: str) -> None:
    """Beside the run it is noticed too, before anybody else may take it."""

    async def test(cluster: Cluster) -> None:
        anna = Machine(cluster, "anna")
        async with anna.lock().hold("web") as hold:
            await asyncio.sleep(1)
            what(cluster, anna)
            began = seconds(anna.clock)
            with pytest.raises(LeaseLost, match=words):
                await hold.lost()
            assert seconds(anna.clock) - began < 14

    virtually(test)


def test_an_error_of_ours_is_no_lock_that_silently_lapses() -> None:
    """What keeps it from being renewed is told beside the run, and it is tried on."""

    async def test(cluster: Cluster) -> None:
        anna = Machine(cluster, "anna")
        async with anna.lock().hold("web") as hold:
            merge, anna.objects.merge = anna.objects.merge, failing  # type: ignore[method-assign]
            with pytest.raises(RuntimeError, match="ours"):
                await asyncio.wait_for(hold.lost(), 10)
            anna.objects.merge = merge  # type: ignore[method-assign]
            began = cluster.objects["leases", "shop", LEASE]["spec"]["renewTime"]
            await asyncio.sleep(5)
            assert cluster.objects["leases", "shop", LEASE]["spec"]["renewTime"] > began

    async def failing(*given: object, **named: object) -> dict[str, object]:
        raise RuntimeError("an error of ours")

    virtually(test)


@pytest.mark.parametrize("pid", ["1e999", "[" * 100_000])
def test_a_holder_that_nobody_can_read(pid: str) -> None:
    """Anybody may write there: it is no holder, and no traceback."""
    about = '"identity": "x", "rollout": "web", "host": "h", "user": "u", "since": "2026-01-01"'
    text = f'{{{about}, "pid": {pid}}}'
    spec = {"holderIdentity": "x"}
    record = read({"metadata": {"annotations": {HOLDER: text, KEYS: pid}}, "spec": spec})
    assert (record.holder, record.keys) == (None, frozenset())


def test_of_many_at_once_one_has_it() -> None:
    """For a free Lease and for one that has lapsed."""

    async def test(cluster: Cluster) -> None:
        async def one(user: str) -> bool:
            try:
                async with Machine(cluster, user).lock().hold("web"):
                    await asyncio.sleep(30)
                    return True
            except PoolHeld:
                return False

        dead = Machine(cluster, "dead")
        for _ in range(2):
            won = await asyncio.gather(*(one(f"user{i}") for i in range(8)))
            assert won.count(True) == 1
            running = asyncio.create_task(dead.hold_until_killed())
            await asyncio.sleep(1)
            await kill(running, dead)
            dead.objects.is_cut = False

    virtually(test)


def test_who_only_looks_is_answered_soon() -> None:
    """A dead holder is no holder to `status`, without waiting for its Lease to lapse."""

    async def test(cluster: Cluster) -> None:
        anna, bert = Machine(cluster, "anna"), Machine(cluster, "bert")
        assert await bert.lock().holder("web") is None
        assert cluster.objects == {}
        running = asyncio.create_task(anna.hold_until_killed())
        await asyncio.sleep(1)
        began = seconds(bert.clock)
        holder = await bert.lock().holder("web")
        assert holder is not None
        assert holder.by == "anna"
        assert await bert.lock().holder("api") is None
        assert seconds(bert.clock) - began < 0.1
        await kill(running, anna)
        await asyncio.sleep(60)
        began = seconds(bert.clock)
        assert await bert.lock().refusal("web", []) is None
        assert 3 <= seconds(bert.clock) - began <= 4

    virtually(test)


def test_a_holder_that_is_no_poolroll_is_named() -> None:
    """And a Lease that nobody can read as ours is never taken for free."""

    async def test(cluster: Cluster) -> None:
        anna, bert = Machine(cluster, "anna"), Machine(cluster, "bert")
        async with anna.lock().hold("web"):
            pass
        cluster.edit(
            "leases", LEASE, {"spec": {"holderIdentity": "other", "renewTime": "nonsense"}}
        )
        holding = asyncio.ensure_future(bert.lock().hold("web").__aenter__())
        await asyncio.sleep(3)
        cluster.edit("leases", LEASE, {"spec": {"leaseTransitions": 9}})
        with pytest.raises(PoolHeld, match=r"\(shop/statefulset/web\) is held by 'other'$"):
            await holding

    virtually(test)


def test_a_dead_holder_of_the_same_keys_is_waited_for_and_broken() -> None:
    """Under another name: it is told, should it wake up, that it holds nothing any more."""

    async def test(cluster: Cluster) -> None:
        anna, bert = Machine(cluster, "anna"), Machine(cluster, "bert")
        async with anna.state_lock().hold("blue") as frozen:
            await frozen.add([A1])
            anna.objects.is_cut = True
            async with bert.state_lock().hold("web") as hold:
                began = seconds(bert.clock)
                await hold.add([A1, A2])
                assert 15 <= seconds(bert.clock) - began <= 16
                anna.objects.is_cut = False
                with pytest.raises(LeaseLost, match="cleared"):
                    await frozen.check()
        found = cluster.objects["leases", "shop", state_lease_name("web")]
        assert "holderIdentity" not in found["spec"]

    virtually(test)


def test_a_lost_answer_to_the_taking_holds_nobody_up() -> None:
    """Else it would wait for itself until its own Lease has lapsed."""

    async def test(cluster: Cluster) -> None:
        anna = Machine(cluster, "anna")
        async with anna.lock().hold("web"):
            pass
        anna.objects.loses_answers = 1
        began = seconds(anna.clock)
        async with anna.lock().hold("web") as hold:
            await hold.check()
            assert seconds(anna.clock) - began < 1

    virtually(test)


def test_stopped_while_it_takes_it() -> None:
    """By Ctrl-C, between the call and its answer: it is given back, and the next one does not wait
    for a holder that never was."""

    async def test(cluster: Cluster) -> None:
        anna, bert = Machine(cluster, "anna"), Machine(cluster, "bert")
        merge = anna.objects.merge

        async def taken_and_stopped(*given: Any, **named: Any) -> Json:
            anna.objects.merge = merge  # type: ignore[method-assign]
            await merge(*given, **named)
            task.cancel()
            await asyncio.Event().wait()
            raise AssertionError("cancelled")

        anna.objects.merge = taken_and_stopped  # type: ignore[method-assign]
        task = asyncio.ensure_future(anna.hold_until_killed())
        with suppress(asyncio.CancelledError):
            await task
        began = seconds(bert.clock)
        async with bert.lock().hold("web"):
            assert seconds(bert.clock) - began < 1

    virtually(test)


def test_an_api_that_is_away_is_no_traceback() -> None:
    async def test(cluster: Cluster) -> None:
        cluster.is_down = True
        lock = Machine(cluster, "anna").lock()
        with pytest.raises(StateError, match="the lock in the cluster: memory: connection refused"):
            await lock.hold("web").__aenter__()
        with pytest.raises(StateError):
            await lock.holder("web")

    virtually(test)


def test_names_of_leases() -> None:
    """Plain where they can be, and never the same for two pools."""
    assert LEASE == "poolroll-pool-statefulset-web"
    selectors = ["nodes/role=web", "nodes/role-web", "nodes/Role-web", "nodes/" + "x" * 300]
    names = [lease_name(each) for each in selectors]
    assert len(set(names)) == 4
    assert all(re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", each) for each in names)
    assert max(map(len, names)) <= 253


async def test_use_outside_of_the_block_is_a_fault() -> None:
    cluster = Cluster()
    lock = LeaseLock(MemoryObjects(cluster), "shop", "statefulset/web", FastClock(), "anna")
    async with lock.hold("web") as hold:
        assert isinstance(hold, LeaseHold)
        with pytest.raises(RuntimeError):
            await lock.hold("api").__aenter__()
    with pytest.raises(RuntimeError):
        await hold.add([A1])
    with pytest.raises(StateError, match="not the name"):
        await lock.holder("../web")
