"""Two writers of one rollout: the journal is the fence."""

import asyncio

import pytest

from adapters.kubernetes.client.faults import Unreachable
from controller.errors import Conflict, StateError
from controller.records import Verb
from tests.adapters.kubernetes.memory_objects import Cluster
from tests.adapters.kubernetes.states import BIG, HUGE, Machine, bodies, virtually, whole_rollout
from tests.support.journal_contract import AT, begin, row, taken


def test_whoever_goes_on_shuts_the_former_one_out() -> None:
    """The former holder's next record is refused, and so is all that it tries later."""

    async def test(cluster: Cluster) -> None:
        former, later = Machine(cluster), Machine(cluster)
        await begin(former.journal)
        await former.journal.append("r1", AT, "k", "1")
        assert bodies(await later.journal.records("r1")) == ["{", "1"]
        await later.journal.append("r1", AT, "k", "2")
        for _ in range(2):
            with pytest.raises(Conflict, match="'web' was lost: another process goes on"):
                await former.journal.append("r1", AT, "k", "x")
        with pytest.raises(Conflict):
            await former.journal.end("r1", "done", 0)
        await later.journal.append("r1", AT, "k", "3")
        await later.journal.end("r1", "done", 0)
        assert bodies(await former.journal.records("r1")) == ["{", "1", "2", "3"]

    virtually(test)


def test_a_former_one_does_not_get_into_a_further_chunk() -> None:
    """The head is refused to it, too."""

    async def test(cluster: Cluster) -> None:
        former, later = Machine(cluster), Machine(cluster)
        await begin(former.journal)
        await former.journal.append("r1", AT, "k", f"1{BIG}")
        await later.journal.append("r1", AT, "k", "2")
        before = dict(cluster.objects)
        with pytest.raises(Conflict):
            await former.journal.append("r1", AT, "k", f"x{HUGE}")
        assert cluster.objects == before

    virtually(test)


def test_who_decided_by_an_older_journal_does_not_go_on() -> None:
    """The former holder, which is not dead, wrote after it was read: what was read is not so."""

    async def test(cluster: Cluster) -> None:
        former, later = Machine(cluster), Machine(cluster)
        await begin(former.journal)
        await later.journal.records("r1")
        await former.journal.append("r1", AT, "k", "1")
        with pytest.raises(Conflict, match="since it was read"):
            await later.journal.append("r1", AT, "k", "2")

    virtually(test)


def test_of_two_who_go_on_at_once_one_does() -> None:
    async def test(cluster: Cluster) -> None:
        first = Machine(cluster)
        await begin(first.journal)
        others = [Machine(cluster) for _ in range(4)]
        done = await asyncio.gather(
            *(each.journal.append("r1", AT, "k", str(i)) for i, each in enumerate(others)),
            return_exceptions=True,
        )
        assert all(not isinstance(one, BaseException) or type(one) is Conflict for one in done)
        later = await asyncio.gather(
            *(each.journal.append("r1", AT, "k", str(i)) for i, each in enumerate(others)),
            return_exceptions=True,
        )
        assert sum(not isinstance(one, BaseException) for one in later) <= 1
        records = await first.journal.records("r1")
        assert len({one.seq for one in records}) == len(records)

    virtually(test)


def test_a_death_between_any_two_writes_loses_nothing() -> None:
    """What was written is there, and the next one goes on, ends it, and begins another one."""
    wrote: list[list[str]] = []

    async def test(cluster: Cluster) -> None:
        killed, later, left = Machine(cluster), Machine(cluster), len(wrote)

        def dies(name: str) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                killed.objects.is_cut = True
                raise Unreachable("memory", "killed")

        killed.objects.before_write = dies
        running = asyncio.ensure_future(whole_rollout(killed.journal))
        await asyncio.sleep(20)
        running.cancel()
        there = bodies(await later.journal.records("r1"))
        assert there == list("{1234567")[: len(there)]
        if there:
            now = await later.journal.append("r1", AT, "k", "8")
            await later.journal.end("r1", "aborted", 1)
            assert bodies(await later.journal.records("r1")) == [*there, "8"]
            assert now.seq == len(there) + 1
        out = [one.member for one in await later.journal.taken()]
        assert out == (["web2"] if len(there) == 8 else ["web1"] if 2 <= len(there) < 7 else [])
        await whole_rollout(later.journal, "r2")
        rows = await later.journal.rollouts("web")
        assert [one.id for one in rows] == (["r2", "r1"] if there else ["r2"])
        wrote.append(there if killed.objects.is_cut else ["all"])

    while wrote[-1:] != [["all"]]:
        virtually(test)
    assert len(wrote) > 15
    assert wrote == sorted(wrote[:-1], key=len) + wrote[-1:]


def test_a_write_whose_answer_was_lost_is_no_conflict() -> None:
    """It is recognised by what is there."""
    tried = 0

    async def test(cluster: Cluster) -> None:
        machine, left = Machine(cluster), tried

        def loses(name: str) -> None:
            nonlocal left
            machine.objects.loses_answers = int(left == 0)
            left -= 1

        machine.objects.before_write = loses
        written = await whole_rollout(machine.journal)
        assert list(await machine.journal.records("r1")) == written
        assert [one.member for one in await machine.journal.taken()] == ["web2"]
        is_beyond.append(left >= 0)

    is_beyond: list[bool] = []
    while is_beyond[-1:] != [True]:
        virtually(test)
        tried += 1
    assert tried > 15


def test_an_outage_is_waited_for() -> None:
    """Records wait in their order for as long as it takes; a reader is told."""

    async def test(cluster: Cluster) -> None:
        machine, reader = Machine(cluster), Machine(cluster)
        await begin(machine.journal)
        cluster.is_down = True
        writing = [
            asyncio.ensure_future(machine.journal.append("r1", AT, "k", str(i))) for i in range(5)
        ]
        await asyncio.sleep(30)
        with pytest.raises(StateError, match="the journal in namespace shop: memory: connection"):
            await reader.journal.records("r1")
        assert not any(one.done() for one in writing)
        cluster.is_down = False
        await asyncio.gather(*writing)
        assert bodies(await reader.journal.records("r1")) == ["{", *"01234"]

    virtually(test)


def test_an_outage_does_not_keep_a_process_from_beginning_or_ending() -> None:
    async def test(cluster: Cluster) -> None:
        machine = Machine(cluster)
        cluster.is_down = True
        with pytest.raises(StateError, match="connection refused"):
            await begin(machine.journal)
        cluster.is_down = False
        await begin(machine.journal)
        cluster.is_down = True
        with pytest.raises(StateError, match="connection refused"):
            await machine.journal.end("r1", "done", 0)
        waiting = asyncio.ensure_future(machine.journal.append("r1", AT, "k", "1"))
        await asyncio.sleep(0)
        await machine.store.aclose()
        with pytest.raises(StateError, match="closed"):
            await waiting
        with pytest.raises(StateError, match="closed"):
            await machine.journal.latest("web")

    virtually(test)


def test_the_abort_of_another_machine_is_final() -> None:
    """Ended from elsewhere while its run is frozen: the run, when it wakes up, cannot go on."""

    async def test(cluster: Cluster) -> None:
        frozen, desk = Machine(cluster), Machine(cluster)
        await begin(frozen.journal)
        await frozen.journal.append("r1", AT, "k", "1", taken=[taken("web1")])
        await desk.journal.end("r1", "aborted", 1)
        await begin(desk.journal, row("r2"))
        with pytest.raises(Conflict):
            await frozen.journal.append("r1", AT, "k", "2")
        assert [one.id for one in await desk.journal.rollouts()] == ["r2", "r1"]
        assert [one.member for one in await desk.journal.taken_by("r1")] == ["web1"]

    virtually(test)


def test_requests_come_through_while_a_run_writes() -> None:
    """From any machine, each once and in its order; the run's own writes go on."""

    async def test(cluster: Cluster) -> None:
        run, desks = Machine(cluster), [Machine(cluster) for _ in range(3)]
        await begin(run.journal)
        stream = run.requests.stream("r1", 0)
        first = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(1)
        desks[0].objects.loses_answers = 1
        writing = [
            asyncio.ensure_future(run.journal.append("r1", AT, "k", f"{i}{BIG}")) for i in range(6)
        ]
        requests = await asyncio.gather(
            *(each.requests.ask("r1", Verb.PAUSE, "because", "anna") for each in desks)
        )
        await asyncio.gather(*writing)
        requests.sort(key=lambda one: one.seq)
        assert [one.seq for one in requests] == [1, 2, 3]
        heard = [await first, await anext(stream), await anext(stream)]
        assert heard == requests
        cluster.is_down = True
        following = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(30)
        cluster.is_down = False
        assert not following.done()
        later = await desks[1].requests.ask("r1", Verb.ABORT, "", "anna")
        assert await following == later
        await stream.aclose()
        await run.journal.end("r1", "done", 0)
        await begin(run.journal, row("r2"))
        assert (await desks[2].requests.ask("r2", Verb.PAUSE, "", "anna")).seq == 5
        assert list(await desks[2].requests.pending("r1", 0)) == []

    virtually(test)
