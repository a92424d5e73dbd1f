"""What saves reading records says what the records say, or that it does not fit."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core.events import GateSampled, Verdict
from controller.core.state.state import initial
from controller.errors import LeaseLost, StateError
from controller.journal import snapshots
from controller.journal.codec import PLAN, decode, encode
from controller.journal.digest import Digest, digest_from, digest_of, read_summary, summary_of
from controller.journal.replay import replay, replayed
from controller.journal.snapshots import StateText, decoded
from controller.journal.unfinished import unfinished
from controller.records import Record, Snapshot, Summary
from controller.runner import keeper as keeper_module
from controller.runner.keeper import Keeper
from tests.report import journals
from tests.support.journal_contract import FixedClock, row
from tests.support.memory_journal import MemoryJournal

SCENES = {
    "healthy": journals.healthy(),
    "halted": journals.halted().records,
    "resumed": journals.resumed(),
}


async def kept_journal(
    records: Sequence[Record], monkeypatch: pytest.MonkeyPatch, each: int = 5
) -> MemoryJournal:
    """With the same records, and what a run keeps beside them."""
    monkeypatch.setattr(keeper_module, "EACH", each)
    journal = MemoryJournal(FixedClock())
    first, *others = records
    plan = decode(PLAN, first.body)
    begun = await journal.begin(row(), first.at, first.kind, first.body)
    keeper = Keeper(journal, plan, initial(plan), digest_of([begun]))
    for one in others:
        written = await journal.append("r1", one.at, one.kind, one.body)
        await keeper.written(written, decode(one.kind, one.body))
    return journal


@pytest.mark.parametrize("records", SCENES.values(), ids=SCENES)
async def test_a_snapshot_is_the_replay(
    records: Sequence[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every record: what is encoded there is decoded the same."""
    first, *_ = records
    plan = decode(PLAN, first.body)
    text = StateText()
    for number in range(1, len(records) + 1):
        _, state = replay(records[:number])
        encoded = text.encoded(plan, state)
        assert encoded is not None
        assert decoded(plan, encoded) == state
    journal = await kept_journal(records, monkeypatch)
    assert "r1" in journal.snapshots
    known = await replayed(journal, "r1")
    assert (known.plan, known.state) == replay(journal.written("r1"))
    assert known.last == journal.written("r1")[-1]


async def test_an_unfinished_rollout_is_read_from_its_snapshot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its first record, that of the snapshot, and those since; nothing in between."""
    read: list[tuple[int, int | None]] = []

    class Counting(MemoryJournal):
        async def records(
            self, rollout: str, after: int = 0, most: int | None = None
        ) -> Sequence[Record]:
            read.append((after, most))
            return await super().records(rollout, after, most)

    monkeypatch.setattr("tests.journal.test_kept.MemoryJournal", Counting)
    journal = await kept_journal(journals.halted().records, monkeypatch)
    read.clear()
    former = await unfinished(journal, "web")
    assert former is not None
    seq = journal.snapshots["r1"].seq
    assert read == [(0, 1), (seq - 1, None)]
    assert seq > 5
    assert (former.plan, former.state) == replay(journal.written("r1"))


async def test_one_of_another_version_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    journal = await kept_journal(journals.halted().records, monkeypatch)
    expected = replay(journal.written("r1"))
    monkeypatch.setattr(snapshots, "shape", lambda: "another")
    known = await replayed(journal, "r1")
    assert (known.plan, known.state) == expected


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"body": "nonsense"}, "it is damaged"),
        ({"body": json.dumps({"shape": snapshots.shape()})}, "it is damaged"),
        ({"hash": "0" * 64}, "not there, or another one"),
        ({"seq": 4711}, "not there, or another one"),
    ],
)
async def test_one_that_contradicts_is_a_clear_line(
    change: dict[str, Any], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = await kept_journal(journals.halted().records, monkeypatch)
    found = journal.snapshots["r1"]
    journal.snapshots["r1"] = Snapshot(
        **{name: change.get(name, getattr(found, name)) for name in found.__slots__}
    )
    with pytest.raises(StateError, match="does not fit its journal") as caught:
        await replayed(journal, "r1")
    assert why in str(caught.value)


@pytest.mark.parametrize("is_doubled", [False, True])
@pytest.mark.parametrize("is_chained", [False, True])
def test_a_record_lost_or_doubled_is_a_clear_line(is_doubled: bool, is_chained: bool) -> None:
    """At each place where that changes anything; without a chain, where a state does not follow."""
    records = [one if is_chained else replace(one, hash="") for one in chained(journals.healthy())]
    told: list[str] = []
    for number in range(1, len(records) - 1):
        broken = [*records[: number + is_doubled], *records[number + 1 - is_doubled :]]
        try:
            replay(broken)
        except StateError as error:
            told.append(str(error))
    assert all("\n" not in line and "record " in line for line in told)
    assert len(told) == len(records) - 2 if is_chained else len(told) > 5


def chained(records: Sequence[Record]) -> Sequence[Record]:
    async def written() -> Sequence[Record]:
        journal = MemoryJournal(FixedClock())
        first, *others = records
        await journal.begin(row(), first.at, first.kind, first.body)
        for one in others:
            await journal.append("r1", one.at, one.kind, one.body)
        return journal.written("r1")

    return asyncio.run(written())


async def test_a_summary_goes_on_with_the_records(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it knows already, and after a round through text."""
    journal = await kept_journal(journals.resumed(), monkeypatch)
    records = journal.written("r1")
    whole = digest_of(records)
    for number in (0, 1, 3, len(records)):
        part = digest_of(records[:number])
        assert digest_of(records[number:], part) == whole
        assert read_summary(summary_of("r1", part)) == part
    (begun,) = await journal.rollouts()
    assert await digest_from(journal, begun) == whole
    journal.summaries["r1"] = summary_of("r1", digest_of(records[:4]))
    assert await digest_from(journal, begun) == whole
    del journal.summaries["r1"]
    assert await digest_from(journal, begun) == whole
    journal.summaries["r1"] = Summary("r1", 4, "nonsense")
    with pytest.raises(StateError, match="the summary of rollout r1 is damaged"):
        await digest_from(journal, begun)


async def test_a_pruned_rollout_is_its_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    journal = await kept_journal(journals.resumed(), monkeypatch)
    whole = digest_of(journal.written("r1"))
    await journal.end("r1", "done", 0)
    await journal.prune("r1", "carl")
    (pruned,) = await journal.rollouts()
    assert await digest_from(journal, pruned) == whole
    del journal.summaries["r1"]
    assert await digest_from(journal, pruned) == Digest()


class Full(MemoryJournal):
    fault: Exception | None = None
    """None: it hangs."""

    async def keep(self, summary: Summary, snapshot: Snapshot | None = None) -> None:
        if self.fault is None:
            await asyncio.Event().wait()
        else:
            raise self.fault


@pytest.mark.parametrize("fault", [StateError("full"), LeaseLost("web", "why"), None])
async def test_what_cannot_be_kept_is_left(
    fault: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The records say it all; what is wrong with the journal, the next one says."""
    monkeypatch.setattr("tests.journal.test_kept.MemoryJournal", Full)
    monkeypatch.setattr(Full, "fault", fault)
    monkeypatch.setattr(keeper_module, "WITHIN", 0.001)
    journal = await kept_journal(journals.halted().records, monkeypatch)
    assert (journal.snapshots, journal.summaries) == ({}, {})


async def test_what_does_not_follow_ends_the_snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that went on from what is in no journal keeps no states any more; its summary stays
    true."""
    first, *_ = journals.healthy()
    plan = decode(PLAN, first.body)
    journal = MemoryJournal(FixedClock())
    begun = await journal.begin(row(), first.at, first.kind, first.body)
    monkeypatch.setattr(keeper_module, "EACH", 1)
    keeper = Keeper(journal, plan, initial(plan), digest_of([begun]))
    sample = GateSampled("errors", "nobody", Verdict.PASS, "", 0, 0, None, None)
    (failed,) = [one for one in journals.halted().records if one.kind == "Finished"]
    lost = next(one for one in journals.healthy() if one.kind == "MemberReturned")
    for one in (lost, failed):
        written = await journal.append("r1", one.at, one.kind, one.body)
        await keeper.written(written, decode(one.kind, one.body))
    written = await journal.append("r1", timedelta(0), *encode(sample))
    await keeper.written(written, sample)
    assert journal.snapshots == {}
    assert journal.summaries["r1"].seq == written.seq
    assert keeper.head == written.hash
