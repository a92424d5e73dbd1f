"""Journal and requests in SQLite, for an event loop."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from adapters.storage.store import SqliteStore, open_store, read_store
from adapters.storage.tables import Tables
from adapters.storage.worker import Worker
from controller.errors import StateError
from controller.ports import Journal
from controller.records import Returned, Verb
from tests.support.journal_contract import (
    AT,
    KEY2,
    FixedClock,
    JournalContract,
    RequestsContract,
    begin,
    row,
    taken,
)


def opened(folder: Path) -> SqliteStore:
    return open_store(folder, FixedClock(), create=True)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = opened(tmp_path / "state")
    yield store
    await store.aclose()


class TestSqliteJournal(JournalContract):
    @pytest.fixture
    def journal(self, store: SqliteStore) -> Journal:
        return store.journal


class TestSqliteRequests(RequestsContract):
    pass


async def test_everything_survives_a_reopening(tmp_path: Path) -> None:
    """What one process wrote, the next one reads whole, and numbers go on rising."""
    first = opened(tmp_path)
    plan = await begin(first.journal)
    before = await first.journal.append("r1", AT, "k", "{}", taken=[taken("web1")])
    request = await first.requests.ask("r1", Verb.PAUSE, "", "anna")
    await first.aclose()
    second = open_store(tmp_path, FixedClock(), create=False)
    after = await second.journal.append("r1", AT, "k", "{}")
    assert list(await second.journal.records("r1")) == [plan, before, after]
    assert after.seq > before.seq
    assert await second.journal.latest("web") == row()
    assert list(await second.requests.pending("r1", 0)) == [request]
    assert (await second.requests.ask("r1", Verb.ABORT, "", "anna")).seq > request.seq
    assert list(await second.journal.taken_by("r1")) == [taken("web1")]
    await second.aclose()


async def test_two_processes_see_each_other_at_once(tmp_path: Path) -> None:
    """`pause` in one process is seen by the next look of `run` in another, and what that one
    journals by the first."""
    run, pause = opened(tmp_path), opened(tmp_path)
    await begin(run.journal)
    request = await pause.requests.ask("r1", Verb.PAUSE, "", "anna")
    assert list(await run.requests.pending("r1", 0)) == [request]
    heard = await run.journal.append("r1", AT, "PauseRequested", "{}")
    assert list(await pause.journal.records("r1", 1)) == [heard]
    await run.aclose()
    await pause.aclose()


async def test_a_taken_record_is_not_used_twice(tmp_path: Path) -> None:
    """Order of taking is kept although former records are gone, also in a new process."""
    first = opened(tmp_path)
    await begin(first.journal)
    await first.journal.append("r1", AT, "k", "{}", taken=[taken("web1"), taken("web2")])
    await first.journal.append("r1", AT, "k", "{}", returned=[Returned("web2", [KEY2])])
    await first.aclose()
    second = opened(tmp_path)
    await second.journal.append("r1", AT, "k", "{}", taken=[taken("web3"), taken("web2")])
    out = await second.journal.taken_by("r1")
    assert [each.member for each in out] == ["web1", "web3", "web2"]
    await second.aclose()


async def test_use_after_the_end_is_a_state_error(tmp_path: Path) -> None:
    """Use after close is in the tree of errors like everything else."""
    store = opened(tmp_path)
    await store.aclose()
    with pytest.raises(StateError, match="closed"):
        await store.journal.latest("web")


async def test_closing_waits_for_what_was_asked(tmp_path: Path) -> None:
    """Writes that are under way when it is closed are there afterwards, though nobody waits."""
    store = opened(tmp_path)
    await begin(store.journal)
    writing = [
        asyncio.ensure_future(store.journal.append("r1", AT, "k", str(i))) for i in range(20)
    ]
    await asyncio.sleep(0)
    await store.aclose()
    assert all(one.done() for one in writing) or await asyncio.gather(*writing)
    reading = read_store(tmp_path, FixedClock())
    assert [each.body for each in await reading.journal.records("r1", 1)] == list(
        map(str, range(20))
    )
    await reading.aclose()


async def test_the_event_loop_goes_on_meanwhile(tmp_path: Path) -> None:
    """Statements run in a thread of their own, always the same: the loop turns while one waits
    for the disk."""
    await opened(tmp_path).aclose()
    worker = Worker(lambda: Tables(tmp_path, FixedClock()))
    release, threads = threading.Event(), set[int]()

    def blocked(call: Callable[[], object]) -> None:
        call()
        threads.add(threading.get_ident())

    waiting = asyncio.ensure_future(worker.run(blocked, lambda: release.wait(20)))
    behind = asyncio.ensure_future(worker.run(blocked, lambda: None))
    for _ in range(3):
        await asyncio.sleep(0)
    assert not waiting.done()
    release.set()
    await asyncio.gather(waiting, behind)
    assert len(threads) == 1
    assert threading.get_ident() not in threads
    await worker.aclose()
