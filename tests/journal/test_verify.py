"""`history --verify`: what was changed, lost or doubled in a journal is found, wherever."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from controller.core.state.state import initial
from controller.journal import snapshots
from controller.journal.codec import PLAN, decode
from controller.journal.digest import digest_of, read_summary, summary_of
from controller.journal.verify import Verified, verified
from controller.records import Record, RolloutRow
from controller.report.status.verified import verified_lines, verified_value
from controller.runner import keeper as keeper_module
from controller.runner.keeper import Keeper
from tests.report import journals
from tests.support.journal_contract import FixedClock, row
from tests.support.memory_journal import MemoryJournal


class Changed(MemoryJournal):
    """Whatever somebody who can write the file makes of it."""

    async def rewrite(self, change: Callable[[list[Record]], list[Record]]) -> None:
        self._records = change(self._records)

    async def rewrite_row(self, rollout: str, **changes: object) -> None:
        self._rollouts[rollout] = replace(self._rollouts[rollout], **changes)  # type: ignore[arg-type]

    async def drop(self, rollout: str) -> None:
        del self._rollouts[rollout]


async def two(monkeypatch: pytest.MonkeyPatch) -> Changed:
    """A rollout that was resumed and done, and the next one of its name, which halted."""
    monkeypatch.setattr(keeper_module, "EACH", 5)
    journal = Changed(FixedClock())
    for id_, records in (("r1", journals.resumed()), ("r2", journals.halted().records)):
        first, *others = records
        begun = await journal.begin(row(id_), first.at, first.kind, first.body)
        plan = decode(PLAN, first.body)
        keeper = Keeper(journal, plan, initial(plan), digest_of([begun]))
        for one in others:
            written = await journal.append(id_, one.at, one.kind, one.body)
            await keeper.written(written, decode(one.kind, one.body))
        if id_ == "r1":
            await journal.end(id_, "done", 0)
    return journal


async def found(journal: MemoryJournal, *, forgets: bool = False) -> Sequence[Verified]:
    return await verified(journal, await journal.rollouts(), forgets=forgets)


async def test_a_whole_one(monkeypatch: pytest.MonkeyPatch) -> None:
    journal = await two(monkeypatch)
    seen = await found(journal)
    assert [(one.rollout, one.faults, one.notes) for one in seen] == [
        ("r2", [], []),
        ("r1", [], []),
    ]
    assert seen[1].head == journal.written("r1")[-1].hash
    text = "\n".join(verified_lines(seen, seen[0].head, is_known=True))
    assert "whole: 2 rollouts" in text
    assert f"{seen[0].head} is in it" in text
    assert verified_value(seen, "/state", None)["is_whole"] is True


@pytest.mark.parametrize("number", [0, 1, 7, -1])
@pytest.mark.parametrize("how", ["changed", "lost", "doubled", "moved"])
async def test_records(how: str, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last one alone may be lost unnoticed in the last rollout: its hash, kept elsewhere,
    tells of that."""
    journal = await two(monkeypatch)
    last = journal.written("r1")[-1].hash

    def change(records: list[Record]) -> list[Record]:
        mine = [one for one in records if one.rollout == "r1"]
        at = records.index(mine[number])
        one = records[at]
        match how:
            case "changed":
                records[at] = replace(one, body=one.body.replace("web1", "web9") + " ")
            case "lost":
                del records[at]
            case "doubled":
                records.insert(at, one)
            case _:
                records[at], records[at - 1] = records[at - 1], records[at]
        return records

    await journal.rewrite(change)
    *_, seen = await found(journal)
    faults = seen.faults + [one for each in await found(journal) for one in each.faults]
    assert faults or (how == "moved" and number == 0)
    assert all("\n" not in fault for fault in faults)
    assert how != "lost" or number != -1 or last not in seen.hashes


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"file": "another"}, "or what was run, was changed"),
        ({"by": "nobody"}, "or what was run, was changed"),
        ({"link": "r0 00"}, "or what was run, was changed"),
        ({"outcome": "aborted"}, "it is listed as aborted, and its records say done"),
    ],
)
async def test_rows(changes: dict[str, str], fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = await two(monkeypatch)
    await journal.rewrite_row("r1", **changes)
    *_, seen = await found(journal)
    assert any(fault in one for one in seen.faults)
    assert any("NOT WHOLE" in line for line in verified_lines([seen], None, is_known=True))


async def test_a_rollout_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the journal itself drops the oldest, that is no fault."""
    journal = await two(monkeypatch)
    await journal.drop("r1")
    (seen,) = await found(journal)
    assert seen.faults == ["rollout r1 was before it, and is missing"]
    (seen,) = await found(journal, forgets=True)
    assert (seen.faults, seen.notes) == ([], ["rollout r1 before it is no longer kept"])


async def test_what_the_journal_dropped_left_its_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says up to where it was pruned; another hash than the next one knows is a fault, and one
    that was never ended has none."""
    journal = await two(monkeypatch)
    last = journal.written("r1")[-1].hash
    await journal.drop("r1")
    for hash_, faults in ((last, []), ("", []), ("0" * 64, ["rollout r1 before it was changed"])):
        left = {"wall": "2026-11-27T05:00:00+00:00", "by": "retain", "head": hash_}
        await journal.rewrite_row("r2", before=json.dumps(left))
        (seen,) = await found(journal, forgets=True)
        assert seen.notes[-1].startswith("pruned up to rollout r1, by retain on 2026-11-27")
        assert (hash_ in seen.notes[-1]) is True
        assert [fault.partition(" since")[0] for fault in seen.faults] == faults


async def test_what_was_dropped_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    """While one that is older and not over is kept: no gap, and no fault."""
    journal = await two(monkeypatch)
    left = {"wall": "2026-11-27T05:00:00+00:00", "by": "retain", "head": ""}
    link = f"r0 {'0' * 64}"
    await journal.rewrite_row("r2", link=link, before=json.dumps(left))
    newest, _ = await found(journal, forgets=True)
    assert newest.notes[-1] == "pruned up to rollout r0, by retain on 2026-11-27"
    assert not any("r0" in fault for fault in newest.faults)


async def test_one_that_was_put_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    journal = await two(monkeypatch)
    await journal.rewrite_row("r2", link=f"r0 {'0' * 64}")
    newest, _ = await found(journal)
    assert "r0 was before it when it began, and now it is r1" in newest.faults
    await journal.rewrite_row("r2", link=f"r1 {'0' * 64}")
    newest, _ = await found(journal)
    assert "rollout r1 before it was changed since it began" in newest.faults
    await journal.rewrite_row("r2", link="")
    newest, _ = await found(journal)
    assert "or what was run, was changed" in newest.faults[0]


async def test_what_is_kept_beside_the_records(monkeypatch: pytest.MonkeyPatch) -> None:
    journal = await two(monkeypatch)
    told = read_summary(journal.summaries["r1"])
    journal.summaries["r1"] = summary_of("r1", replace(told, purpose="rehearsal"))
    snapshot = journal.snapshots["r1"]
    raw = json.loads(snapshot.body)
    raw["rest"]["heard"] = 4711
    journal.snapshots["r1"] = replace(snapshot, body=json.dumps(raw))
    *_, seen = await found(journal)
    assert seen.faults == [
        "its summary says something else than its records",
        "its snapshot says something else than its records",
    ]
    journal.snapshots["r1"] = replace(snapshot, body="nonsense")
    *_, seen = await found(journal)
    assert "it is damaged" in seen.faults[-1]
    monkeypatch.setattr(snapshots, "shape", lambda: "another")
    journal.snapshots["r1"] = snapshot
    *_, seen = await found(journal)
    assert len(seen.faults) == 1


async def test_former_versions_have_no_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first record with a hash vouches for those before it; one without a hash after that is
    a fault."""
    journal = await two(monkeypatch)

    def without(*numbers: int) -> Callable[[list[Record]], list[Record]]:
        return lambda records: [
            replace(one, hash="") if one.rollout == "r1" and n in numbers else one
            for n, one in enumerate(records)
        ]

    await journal.rewrite(without(0, 1, 2))
    *_, seen = await found(journal)
    assert seen.faults == []
    assert seen.notes == [
        "3 records of a former version have no hash: the next one vouches for them as they were "
        "then"
    ]
    await journal.rewrite(without(5))
    *_, seen = await found(journal)
    assert len(seen.faults) == 1
    await journal.rewrite(without(*range(len(journal.written("r1")))))
    *_, seen = await found(journal)
    assert seen.head == ""
    assert "nothing vouches" in seen.notes[0]


async def test_a_pruned_one_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its tombstone has the hash that the next one's link names."""
    journal = await two(monkeypatch)
    head = journal.written("r1")[-1].hash
    await journal.prune("r1", "carl")
    newest, pruned = await found(journal)
    assert (newest.faults, pruned.faults, pruned.head) == ([], [], head)
    assert pruned.notes[0].startswith("pruned by carl on 20")
    rows: list[RolloutRow] = list(await journal.rollouts())
    left = json.loads(rows[1].pruned) | {"head": "0" * 64}
    await journal.rewrite_row("r1", pruned=json.dumps(left))
    newest, _ = await found(journal)
    assert newest.faults == ["rollout r1 before it was changed since it began"]
