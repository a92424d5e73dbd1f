"""What every journal must do, whatever it is made of.

Subclass `JournalContract` in a test module and give it a fixture `journal`, made with a
`FixedClock()`. `RequestsContract` wants a fixture `store`, likewise.
"""

import asyncio
import json
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta

import pytest

from controller import chain
from controller.core.pool import Found, FoundLine, LineKey
from controller.errors import StateError
from controller.ports import Journal, Store
from controller.records import (
    Record,
    Request,
    Returned,
    RolloutRow,
    Snapshot,
    Summary,
    Taken,
    Verb,
)
from tests.support.journal_rows import AT, WALL, FixedClock, row

__all__ = [
    "AT",
    "KEY1",
    "KEY2",
    "KEY9",
    "WALL",
    "FixedClock",
    "JournalContract",
    "RequestsContract",
    "begin",
    "row",
    "taken",
]

MAX_BYTES = 1024 * 1024


async def begin(journal: Journal, begun: RolloutRow | None = None, body: str = "{}") -> Record:
    return await journal.begin(begun or row(), AT, "Plan", body)


def taken(member: str, rollout: str = "r1", backend: str = "web", weight: int = 100) -> Taken:
    found = Found(
        (
            FoundLine(LineKey("unix:/run/a.sock", backend), weight, {"agent": "on"}),
            FoundLine(LineKey("tcp:127.0.0.1:9999", backend), 0),
        )
    )
    return Taken(f"{backend}/127.0.0.1:80{member[-1]}", member, rollout, found)


KEY1, KEY2, KEY9 = (f"web/127.0.0.1:80{i}" for i in (1, 2, 9))


class JournalContract:
    async def test_a_rollout_reads_back_as_begun(self, journal: Journal) -> None:
        """Every field of a row comes back equal, text of any script and length included."""
        begun = row(file="# größer ✓ \x00 " + "x" * 100_000)
        first = await begin(journal, begun, '{"n": 1}')
        assert await journal.latest("web") == begun
        assert await journal.rollouts() == [begun]
        assert await journal.records("r1") == [first]
        assert (first.kind, first.body, first.at) == ("Plan", '{"n": 1}', AT)

    async def test_nothing_is_found_in_an_empty_journal(self, journal: Journal) -> None:
        """Questions about what is not there answer empty, not with an error."""
        assert await journal.latest("web") is None
        assert list(await journal.rollouts()) == []
        assert list(await journal.records("r1")) == []
        assert list(await journal.taken([KEY1])) == []
        assert list(await journal.taken_by("r1")) == []

    async def test_notes_are_kept_by_name_and_key(self, journal: Journal) -> None:
        """Also of a name that never had a rollout; the last text of a key stands, until it is
        forgotten, and one is as long as any text here."""
        assert await journal.notes("web") == {}
        await journal.note("web", "prepared", "größer ✓ " + "x" * 100_000)
        await journal.note("web", "b.2-a", "two")
        await journal.note("api", "prepared", "of another")
        await journal.note("web", "prepared", "short now")
        assert list((await journal.notes("web")).items()) == [
            ("b.2-a", "two"),
            ("prepared", "short now"),
        ]
        await journal.note("web", "prepared", None)
        await journal.note("web", "never", None)
        assert await journal.notes("web") == {"b.2-a": "two"}
        assert await journal.notes("api") == {"prepared": "of another"}

    async def test_an_id_is_used_once(self, journal: Journal) -> None:
        """A second rollout of the same id is refused, and the first stays as it was."""
        first = await begin(journal)
        with pytest.raises(StateError, match="r1 already"):
            await begin(journal, row(file="other"))
        assert await journal.latest("web") == row()
        assert await journal.records("r1") == [first]

    async def test_a_rollout_without_its_plan_cannot_be(self, journal: Journal) -> None:
        """When the first record cannot be kept, the rollout is not begun either."""
        with pytest.raises(StateError, match="1048576"):
            await begin(journal, body="x" * (MAX_BYTES + 1))
        assert await journal.latest("web") is None
        await begin(journal)

    async def test_the_newest_comes_first(self, journal: Journal) -> None:
        """Order is that of `begin`, not of ids or the civil time, and goes by name."""
        for id_, name in (("r3", "web"), ("r1", "api"), ("r2", "web")):
            await begin(journal, row(id_, name))
        newest = await journal.latest("web")
        assert newest is not None
        assert newest.id == "r2"
        assert [each.id for each in await journal.rollouts()] == ["r2", "r1", "r3"]
        assert [each.id for each in await journal.rollouts("web")] == ["r2", "r3"]

    async def test_an_end_is_kept_and_may_be_replaced(self, journal: Journal) -> None:
        """A halted rollout may be ended again by an abort; the last word counts."""
        await begin(journal)
        await journal.end("r1", "halted", 4)
        await journal.end("r1", "aborted", 0)
        ended = await journal.latest("web")
        assert ended is not None
        assert (ended.ended, ended.outcome, ended.exit_code) == (WALL, "aborted", 0)

    async def test_lists_are_limited(self, journal: Journal) -> None:
        """A list of a few costs a few, and the newest of each name is found by itself."""
        for id_, name in (("r1", "web"), ("r2", "api"), ("r3", "web"), ("r4", "web")):
            await begin(journal, row(id_, name))
        assert [each.id for each in await journal.rollouts(most=2)] == ["r4", "r3"]
        assert [each.id for each in await journal.rollouts("web", 2)] == ["r4", "r3"]
        assert [each.id for each in await journal.newest()] == ["r4", "r2"]
        found = await journal.rollout("r2")
        assert found == row("r2", "api")
        assert await journal.rollout("r9") is None

    async def test_records_are_chained(self, journal: Journal) -> None:
        """Each hash is made of the one before, the first of what was run; a rollout says which one
        of its name was before it."""
        await begin(journal, row("r1"))
        await begin(journal, row("a1", "api"))
        for i in range(150):
            await journal.append("r1", AT + timedelta(i), "k", f'{{"i": {i}, "x": "{"é" * 300}"}}')
        first = await journal.rollout("r1")
        records = await journal.records("r1")
        assert first is not None
        assert first.link == ""
        assert records[-1].hash == chain.head(first, records)
        assert len({each.hash for each in records}) == len(records)
        await journal.end("r1", "done", 0)
        await begin(journal, row("r2"))
        second = await journal.rollout("r2")
        assert second is not None
        assert second.link == f"r1 {records[-1].hash}"

    async def test_what_saves_reading_is_kept_once(self, journal: Journal) -> None:
        """The last summary and snapshot stand; neither is a record."""
        first = await begin(journal)
        assert await journal.summary("r1") is None
        assert await journal.snapshot("r1") is None
        big = Snapshot("r1", first.seq, first.hash, '{"é": 1}' * 2000)
        await journal.keep(Summary("r1", first.seq, '{"a": 1}'), big)
        assert (await journal.summary("r1"), await journal.snapshot("r1")) == (
            Summary("r1", first.seq, '{"a": 1}'),
            big,
        )
        second = await journal.append("r1", AT, "k", "{}")
        await journal.keep(Summary("r1", second.seq, "{}"))
        assert await journal.snapshot("r1") == big
        small = Snapshot("r1", second.seq, second.hash, "{}")
        await journal.keep(Summary("r1", second.seq, "{}"), small)
        assert await journal.summary("r1") == Summary("r1", second.seq, "{}")
        assert await journal.snapshot("r1") == small
        assert list(await journal.records("r1")) == [first, second]
        await journal.end("r1", "done", 0)
        assert await journal.summary("r1") == Summary("r1", second.seq, "{}")

    async def test_pruning_leaves_the_row(self, journal: Journal) -> None:
        """With what its chain ended with, so that the next one's link is still that."""
        await begin(journal)
        last = await journal.append("r1", AT, "k", "{}")
        with pytest.raises(StateError, match="not over"):
            await journal.prune("r1", "carl")
        with pytest.raises(StateError, match="r9"):
            await journal.prune("r9", "carl")
        await journal.keep(Summary("r1", last.seq, "{}"))
        await journal.end("r1", "done", 0)
        await journal.prune("r1", "carl")
        await journal.prune("r1", "dora")
        (pruned,) = await journal.rollouts()
        assert await journal.newest() == [pruned]
        left = json.loads(pruned.pruned)
        assert (left["by"], left["records"], left["head"]) == ("carl", 2, last.hash)
        assert (pruned.file, pruned.outcome) == ("", "done")
        assert list(await journal.records("r1")) == []
        assert await journal.snapshot("r1") is None
        assert await journal.summary("r1") == Summary("r1", last.seq, "{}")
        await begin(journal, row("r2"))
        newest = await journal.latest("web")
        assert newest is not None
        assert newest.link == f"r1 {last.hash}"

    async def test_records_come_back_in_order(self, journal: Journal) -> None:
        """`append` returns what `records` shows later; seq rises; `after` leaves out the known."""
        mine = [await begin(journal, row("r1"))]
        await begin(journal, row("r2"))
        mine += [
            await journal.append("r1", AT + timedelta(i), "k", f'{{"i": {i}}}') for i in range(2)
        ]
        other = await journal.append("r2", AT, "k", "{}")
        assert mine[0].seq < mine[1].seq < mine[2].seq < other.seq
        assert (mine[1].wall, mine[1].at, mine[1].body) == (WALL, AT, '{"i": 0}')
        assert list(await journal.records("r1")) == mine
        assert list(await journal.records("r1", after=mine[1].seq)) == mine[2:]
        assert list(await journal.records("r1", most=1)) == mine[:1]
        assert list(await journal.records("r1", after=mine[0].seq, most=1)) == mine[1:2]

    async def test_order_is_that_of_the_calls(self, journal: Journal) -> None:
        """Of many appends under way at once, none overtakes another; a cancelled one is there
        whole or not at all, and those after it come after it."""
        await begin(journal)
        writing = [asyncio.ensure_future(journal.append("r1", AT, "k", str(i))) for i in range(40)]
        await asyncio.sleep(0)
        for i in range(0, 40, 4):
            writing[i].cancel()
        results = await asyncio.gather(*writing, return_exceptions=True)
        bodies = [int(each.body) for each in await journal.records("r1", after=1)]
        assert bodies == sorted(set(bodies))
        returned = [int(one.body) for one in results if isinstance(one, Record)]
        assert set(returned) <= set(bodies)
        assert set(range(40)) - set(range(0, 40, 4)) <= set(returned)

    async def test_an_unknown_rollout_is_an_error(self, journal: Journal) -> None:
        """Nothing is written to a rollout that never began."""
        with pytest.raises(StateError, match="no rollout r9"):
            await journal.append("r9", AT, "k", "{}", taken=[taken("web1", "r9")])
        with pytest.raises(StateError, match="no rollout r9"):
            await journal.end("r9", "done", 0)
        assert list(await journal.records("r9")) == []
        assert list(await journal.taken_by("r9")) == []

    async def test_a_text_is_bounded(self, journal: Journal) -> None:
        """One MiB of encoded text is kept, a byte more is an error and leaves nothing."""
        first = await begin(journal)
        kept = await journal.append("r1", AT, "k", "é" * (MAX_BYTES // 2))
        with pytest.raises(StateError, match="1048576"):
            await journal.append("r1", AT, "k", "é" * (MAX_BYTES // 2) + "x", taken=[taken("web1")])
        with pytest.raises(StateError, match="1048576"):
            await begin(journal, row("r2", file="x" * (MAX_BYTES + 1)))
        assert list(await journal.records("r1")) == [first, kept]
        assert [each.id for each in await journal.rollouts()] == ["r1"]
        assert list(await journal.taken_by("r1")) == []

    async def test_bytes_that_are_no_text_are_an_error(self, journal: Journal) -> None:
        """What the command line could not decode is refused as a StateError, not a codec's."""
        await begin(journal)
        with pytest.raises(StateError, match="not UTF-8"):
            await journal.append("r1", AT, "k", "\udcff")

    async def test_the_first_record_of_a_taken_member_stays(self, journal: Journal) -> None:
        """S8: a later run that finds the member at weight 0 does not overwrite what was found."""
        await begin(journal)
        await begin(journal, row("r2"))
        await journal.append("r1", AT, "k", "{}", taken=[taken("web1"), taken("web2")])
        later = [taken("web1", "r2", weight=0), taken("web3", "r2")]
        await journal.append("r2", AT, "k", "{}", taken=later)
        assert list(await journal.taken_by("r1")) == [taken("web1"), taken("web2")]
        assert list(await journal.taken_by("r2")) == [taken("web3", "r2")]

    async def test_taken_members_are_found_by_key(self, journal: Journal) -> None:
        """Another key of the same member is another entry, whichever rollout took it."""
        await begin(journal)
        out = [taken("web1"), taken("web1", backend="api"), taken("web2", "r2")]
        await journal.append("r1", AT, "k", "{}", taken=out)
        keys = ["api/127.0.0.1:801", KEY2, KEY9]
        assert list(await journal.taken(keys)) == out[1:]
        assert list(await journal.taken([])) == []
        assert list(await journal.taken()) == out

    async def test_a_returned_member_is_forgotten(self, journal: Journal) -> None:
        """Once returned, a member may be taken again with what is found then."""
        await begin(journal)
        await journal.append("r1", AT, "k", "{}", taken=[taken("web1"), taken("web2")])
        await journal.append("r1", AT, "k", "{}", returned=[Returned("web1", [KEY1, KEY9])])
        assert list(await journal.taken_by("r1")) == [taken("web2")]
        await journal.append("r1", AT, "k", "{}", taken=[taken("web1", weight=50)])
        assert list(await journal.taken_by("r1")) == [taken("web2"), taken("web1", weight=50)]

    async def test_a_member_that_moved_is_forgotten_under_every_key(self, journal: Journal) -> None:
        """S8: a member that came back at another address, or has no line at the moment, leaves
        nothing behind of what this rollout took, and nothing of another member is forgotten."""
        await begin(journal)
        await begin(journal, row("r2"))
        out = [taken("web1"), taken("web1", backend="api"), taken("web2")]
        await journal.append("r1", AT, "k", "{}", taken=out)
        other = replace(taken("web1", "r2"), key=KEY9)
        await journal.append("r2", AT, "k", "{}", taken=[other])
        moved = "web/127.0.0.1:888"
        await journal.append("r1", AT, "k", "{}", returned=[Returned("web1", [moved])])
        assert list(await journal.taken_by("r1")) == [taken("web2")]
        assert list(await journal.taken_by("r2")) == [other]
        await journal.append("r1", AT, "k", "{}", returned=[Returned("web2", [])])
        assert list(await journal.taken_by("r1")) == []
        assert list(await journal.taken_by("r2")) == [other]

    async def test_a_key_is_free_once_whoever_has_it_is_back(self, journal: Journal) -> None:
        """What another rollout took under a key is forgotten, too, when the member that has that
        key now is back as found: nothing is out there any more."""
        await begin(journal)
        await begin(journal, row("r2"))
        await journal.append("r1", AT, "k", "{}", taken=[taken("web1"), taken("web2")])
        await journal.append("r2", AT, "k", "{}", returned=[Returned("web7", [KEY1])])
        assert list(await journal.taken_by("r1")) == [taken("web2")]

    async def test_what_is_back_is_forgotten_whatever_its_address_was(
        self, journal: Journal
    ) -> None:
        """A member that an earlier rollout took at another address is back where its line is; one
        of the same name elsewhere is not."""
        await begin(journal)
        await begin(journal, row("r2"))
        elsewhere = Found((FoundLine(LineKey("unix:/run/b.sock", "web"), 100),))
        out = [taken("web1"), replace(taken("web1"), key=KEY9, found=elsewhere), taken("web2")]
        await journal.append("r1", AT, "k", "{}", taken=out)
        here = LineKey("unix:/run/a.sock", "web")
        back = Returned("web1", ["web/127.0.0.1:888"], [here])
        await journal.append("r2", AT, "k", "{}", returned=[back])
        assert list(await journal.taken()) == out[1:]


class RequestsContract:
    async def test_requests_belong_to_a_rollout(self, store: Store) -> None:
        """Requests come oldest first, of one rollout, and those after a number only."""
        requests = store.requests
        for id_ in ("r1", "r2"):
            await begin(store.journal, row(id_))
        pause = await requests.ask("r1", Verb.PAUSE, "", "anna")
        other = await requests.ask("r2", Verb.PAUSE, "", "anna")
        abort = await requests.ask("r1", Verb.ABORT_RESTORE, "wrong build ✗", "bert")
        assert abort == Request(abort.seq, "r1", Verb.ABORT_RESTORE, "wrong build ✗", "bert", WALL)
        assert pause.seq < other.seq < abort.seq
        assert list(await requests.pending("r1", 0)) == [pause, abort]
        assert list(await requests.pending("r1", pause.seq)) == [abort]
        assert list(await requests.pending("r1", abort.seq)) == []
        assert list(await requests.pending("r2", 0)) == [other]
        assert list(await requests.pending("r9", 0)) == []

    async def test_a_stream_brings_what_is_there_and_what_comes(self, store: Store) -> None:
        """Each request once, in order, while the stream goes on; what was heard before is not."""
        requests = store.requests
        await begin(store.journal)
        heard = await requests.ask("r1", Verb.PAUSE, "", "anna")
        there = await requests.ask("r1", Verb.RESUME, "fixed", "anna")
        async with aclosing(requests.stream("r1", heard.seq)) as stream:
            assert await anext(stream) == there
            coming = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(0)
            assert not coming.done()
            abort = await requests.ask("r1", Verb.ABORT, "", "anna")
            assert await coming == abort

    async def test_a_reason_is_bounded_text(self, store: Store) -> None:
        """Too long a reason, or bytes that are no text, are an error and leave nothing."""
        await begin(store.journal)
        with pytest.raises(StateError, match="1048576"):
            await store.requests.ask("r1", Verb.ABORT, "x" * (MAX_BYTES + 1), "anna")
        with pytest.raises(StateError, match="not UTF-8"):
            await store.requests.ask("r1", Verb.ABORT, "\udcff", "anna")
        assert list(await store.requests.pending("r1", 0)) == []

    async def test_closed_twice(self, store: Store) -> None:
        """Ways out may cross; closing twice is harmless."""
        await store.aclose()
        await store.aclose()
