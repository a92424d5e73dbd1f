"""What every journal must do, whatever it is made of.

Subclass `JournalContract` in a test module and give it a fixture `journal`, made with a
`FixedClock()`.
"""

from datetime import UTC, datetime, timedelta

import pytest

from controller.core.pool import Found, FoundLine, Instant, LineKey
from controller.errors import StateError
from controller.ports import Journal, Request, RolloutRow, Taken

WALL = datetime(2026, 11, 22, 10, 3, 11, 250_000, tzinfo=UTC)
AT = timedelta(days=40, microseconds=7)
MAX_BYTES = 1024 * 1024


class FixedClock:
    """Stands still."""

    def now(self) -> Instant:
        return AT

    def wall(self) -> datetime:
        return WALL

    async def sleep(self, duration: timedelta) -> None: ...


def row(id_: str = "r1", name: str = "web", file: str = "name: web\n") -> RolloutRow:
    started = WALL - timedelta(hours=1)
    return RolloutRow(id_, name, file, "/etc/poolroll/web.yaml", {"version": "2"}, started, "anna")


def taken(member: str, rollout: str = "r1", backend: str = "web", weight: int = 100) -> Taken:
    found = Found(
        (
            FoundLine(LineKey("unix:/run/a.sock", backend), weight, agent=True),
            FoundLine(LineKey("tcp:127.0.0.1:9999", backend), 0),
        )
    )
    return Taken(backend, f"127.0.0.1:80{member[-1]}", member, rollout, found)


class JournalContract:
    def test_a_rollout_reads_back_as_begun(self, journal: Journal) -> None:
        """Every field of a row comes back equal, text of any script and length included."""
        begun = row(file="# größer ✓ \x00 " + "x" * 100_000)
        journal.begin(begun)
        assert journal.latest("web") == begun
        assert journal.rollouts() == [begun]

    def test_nothing_is_found_in_an_empty_journal(self, journal: Journal) -> None:
        """Questions about what is not there answer empty, not with an error."""
        assert journal.latest("web") is None
        assert list(journal.rollouts()) == []
        assert list(journal.records("r1")) == []
        assert list(journal.requests("web")) == []
        assert list(journal.taken([("web", "127.0.0.1:801")])) == []
        assert list(journal.taken_by("r1")) == []

    def test_an_id_is_used_once(self, journal: Journal) -> None:
        """A second rollout of the same id is refused, and the first stays as it was."""
        journal.begin(row())
        with pytest.raises(StateError, match="r1 already"):
            journal.begin(row(file="other"))
        assert journal.latest("web") == row()

    def test_the_newest_comes_first(self, journal: Journal) -> None:
        """Order is that of `begin`, not of ids or the civil time, and goes by name."""
        for id_, name in (("r3", "web"), ("r1", "api"), ("r2", "web")):
            journal.begin(row(id_, name))
        newest = journal.latest("web")
        assert newest is not None
        assert newest.id == "r2"
        assert [each.id for each in journal.rollouts()] == ["r2", "r1", "r3"]
        assert [each.id for each in journal.rollouts("web")] == ["r2", "r3"]

    def test_an_end_is_kept_and_may_be_replaced(self, journal: Journal) -> None:
        """A halted rollout may be ended again by an abort; the last word counts."""
        journal.begin(row())
        journal.end("r1", "halted", 4)
        journal.end("r1", "aborted", 0)
        ended = journal.latest("web")
        assert ended is not None
        assert (ended.ended, ended.outcome, ended.exit_code) == (WALL, "aborted", 0)

    def test_records_come_back_in_order(self, journal: Journal) -> None:
        """`append` returns what `records` shows later; seq rises; `after` leaves out the known."""
        journal.begin(row("r1"))
        journal.begin(row("r2"))
        mine = [journal.append("r1", AT + timedelta(i), "k", f'{{"i": {i}}}') for i in range(3)]
        other = journal.append("r2", AT, "k", "{}")
        assert mine[0].seq < mine[1].seq < mine[2].seq < other.seq
        assert (mine[0].wall, mine[0].at, mine[0].body) == (WALL, AT, '{"i": 0}')
        assert list(journal.records("r1")) == mine
        assert list(journal.records("r1", after=mine[1].seq)) == mine[2:]
        assert list(journal.records("r1", most=1)) == mine[:1]
        assert list(journal.records("r1", after=mine[0].seq, most=1)) == mine[1:2]

    def test_an_unknown_rollout_is_an_error(self, journal: Journal) -> None:
        """Nothing is written to a rollout that never began."""
        with pytest.raises(StateError, match="no rollout r9"):
            journal.append("r9", AT, "k", "{}")
        with pytest.raises(StateError, match="no rollout r9"):
            journal.end("r9", "done", 0)
        assert list(journal.records("r9")) == []

    def test_a_text_is_bounded(self, journal: Journal) -> None:
        """One MiB of encoded text is kept, a byte more is an error and leaves nothing."""
        journal.begin(row())
        kept = journal.append("r1", AT, "k", "é" * (MAX_BYTES // 2))
        with pytest.raises(StateError, match="1048576"):
            journal.append("r1", AT, "k", "é" * (MAX_BYTES // 2) + "x")
        with pytest.raises(StateError, match="1048576"):
            journal.begin(row("r2", file="x" * (MAX_BYTES + 1)))
        with pytest.raises(StateError, match="1048576"):
            journal.request("web", "abort", "x" * (MAX_BYTES + 1), "anna")
        assert list(journal.records("r1")) == [kept]
        assert [each.id for each in journal.rollouts()] == ["r1"]
        assert list(journal.requests("web")) == []

    def test_bytes_that_are_no_text_are_an_error(self, journal: Journal) -> None:
        """What the command line could not decode is refused as a StateError, not a codec's."""
        journal.begin(row())
        with pytest.raises(StateError, match="not UTF-8"):
            journal.append("r1", AT, "k", "\udcff")
        with pytest.raises(StateError, match="not UTF-8"):
            journal.request("web", "abort", "\udcff", "anna")

    def test_the_first_record_of_a_taken_member_stays(self, journal: Journal) -> None:
        """S8: a later run that finds the member at weight 0 does not overwrite what was found."""
        journal.record_taken([taken("web1"), taken("web2")])
        journal.record_taken([taken("web1", "r2", weight=0), taken("web3", "r2")])
        assert list(journal.taken_by("r1")) == [taken("web1"), taken("web2")]
        assert list(journal.taken_by("r2")) == [taken("web3", "r2")]

    def test_taken_members_are_found_by_backend_and_address(self, journal: Journal) -> None:
        """The same address in another backend is another entry, whichever rollout took it."""
        journal.record_taken([taken("web1"), taken("web1", backend="api"), taken("web2", "r2")])
        keys = [("api", "127.0.0.1:801"), ("web", "127.0.0.1:802"), ("web", "127.0.0.1:809")]
        assert list(journal.taken(keys)) == [taken("web1", backend="api"), taken("web2", "r2")]
        assert list(journal.taken([])) == []

    def test_a_returned_member_is_forgotten(self, journal: Journal) -> None:
        """After `forget_taken` a member may be taken anew with what is found then."""
        journal.record_taken([taken("web1"), taken("web2")])
        journal.forget_taken([("web", "127.0.0.1:801"), ("web", "127.0.0.1:809")])
        assert list(journal.taken_by("r1")) == [taken("web2")]
        journal.record_taken([taken("web1", weight=50)])
        assert list(journal.taken_by("r1")) == [taken("web2"), taken("web1", weight=50)]

    def test_a_request_waits_until_acknowledged(self, journal: Journal) -> None:
        """Requests come oldest first, by name, and go when acknowledged."""
        pause = journal.request("web", "pause", "", "anna")
        abort = journal.request("web", "abort", "wrong build ✗", "bert")
        other = journal.request("api", "pause", "", "anna")
        assert (abort.verb, abort.reason, abort.by, abort.wall) == (
            "abort", "wrong build ✗", "bert", WALL,
        )  # fmt: skip
        assert list(journal.requests("web")) == [pause, abort]
        journal.acknowledge(pause)
        assert list(journal.requests("web")) == [abort]
        assert list(journal.requests("api")) == [other]
        assert journal.is_acknowledged(pause)
        assert not journal.is_acknowledged(abort)

    def test_an_unknown_request_is_an_error(self, journal: Journal) -> None:
        """Nobody waits for the answer to a request that is not in the journal."""
        unknown = Request(99, "web", "pause", "", "anna", WALL)
        with pytest.raises(StateError, match="no request 99"):
            journal.is_acknowledged(unknown)
        with pytest.raises(StateError, match="no request 99"):
            journal.acknowledge(unknown)
