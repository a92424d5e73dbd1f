"""`abort` of a rollout that no process runs, whatever became of its rollout file; and what another
process does between the commands of an operator and their effect."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.storage.lock import FileHold, FileLock
from adapters.storage.store import open_tables
from controller import bootstrap
from controller.records import Holder
from tests.cli.test_report import kept, poolroll, write
from tests.report import journals

UNREADABLE = {
    "no YAML": 'upgrade: {command: [curl, -H, ""Authorization: Bearer ***"]}',
    "another version's": journals.FILE.replace("haproxy:", "another:"),
    "nothing": "",
}


def outcome(folder: Path) -> str | None:
    with closing(open_tables(folder, SystemClock(), create=False)) as journal:
        return journal.rollouts("web")[0].outcome


@pytest.mark.parametrize("file", UNREADABLE.values(), ids=UNREADABLE)
def test_abort_needs_no_rollout_file(tmp_path: Path, file: str) -> None:
    """The journal is enough to end it: the members that are out are named, with the way back."""
    folder = tmp_path / "state"
    path = str(tmp_path / "web.yml")
    kept(folder, journals.halted().records, file=file, path=path).close()
    code, out, err = poolroll("abort", "web", "--state", str(folder))
    assert (code, outcome(folder)) == (0, "aborted"), err
    assert "nothing was set on any load balancer (the rollout file in the journal cannot" in err
    assert "according to the journal, out because of us: web2" in err
    assert "web2  OUT OF ROTATION" in out
    assert "set server web/web2 state ready" in out


def test_restore_needs_the_file_as_it_was_run(tmp_path: Path) -> None:
    """Its validations are in no other place: refused, with what is possible."""
    folder, path = tmp_path / "state", tmp_path / "web.yml"
    kept(folder, journals.halted().records, file="name: [", path=str(path)).close()
    path.write_text(journals.FILE)
    for now in ("has changed since the run", "cannot be used (no such file"):
        code, out, err = poolroll("abort", "web", "--restore", "--state", str(folder))
        assert (code, out, outcome(folder)) == (3, "", None)
        assert "the copy of the rollout file in the journal cannot be read" in err
        assert f"{path} {now}" in err
        assert "restore that file as it was run, or abort without --restore" in err
        path.unlink(missing_ok=True)


HALTED, RESUMED = journals.halted().records, journals.resumed()


def meanwhile(monkeypatch: pytest.MonkeyPatch, folder: Path, does: Callable[[], object]) -> None:
    """Whoever holds the lock, or is looked for as its holder, is another process that does this,
    and ends."""

    class Lock(FileLock):
        @asynccontextmanager
        async def hold(self, name: str) -> AsyncIterator[FileHold]:
            does()
            async with super().hold(name) as hold:
                yield hold

        async def holder(self, name: str) -> Holder | None:
            does()
            return await super().holder(name)

    made = Lock(folder, SystemClock(), "kim@ops1")
    monkeypatch.setattr(bootstrap, "lock", lambda *given: made)


def go_on(folder: Path, most: int | None = None, *, ends: bool = False) -> None:
    """The halted rollout is resumed, and more of its records are written."""
    with closing(open_tables(folder, SystemClock(), create=False)) as journal:
        write(journal, RESUMED[len(HALTED) : most])
        if ends:
            journal.end(journals.row().id, "done", 0)


@pytest.fixture
def halted(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    kept(folder, HALTED, path=str(tmp_path / "web.yml")).close()
    return folder


@pytest.mark.parametrize("verb", [("abort", "web"), ("pause", "web"), ("resume", "web")])
def test_a_run_ended_it_meanwhile(
    verb: tuple[str, ...], halted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read as unfinished, and done by a run that ended before the lock was had: it stays done, and
    nobody is told that the next run will act."""
    meanwhile(monkeypatch, halted, lambda: go_on(halted, ends=True))
    options = ("--reason", "mended") if verb[0] == "resume" else ()
    code, out, err = poolroll(*verb, *options, "--state", str(halted))
    assert (code, outcome(halted)) == (3, "done"), (out, err)
    assert f"the newest, {journals.row().id}, ended" in err
    assert "takes effect" not in out


def test_abort_ends_it_as_it_is_by_then(halted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that was killed has gone on with it: web2 is back, and it is web3 that is out."""
    resumed = [record.kind for record in RESUMED[len(HALTED) :]]
    returned = [at for at, kind in enumerate(resumed) if kind == "MemberReturned"]
    drained = resumed.index("StepEnded", returned[0])
    meanwhile(monkeypatch, halted, lambda: go_on(halted, len(HALTED) + drained))
    code, out, err = poolroll("abort", "web", "--state", str(halted))
    assert (code, outcome(halted)) == (0, "aborted"), err
    assert "according to the journal, out because of us: web3" in err
    assert "web3  OUT OF ROTATION" in out
    assert "web2  OUT OF ROTATION" not in out


def test_another_rollout_began_meanwhile(halted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that was meant is over: the new one is not aborted in its place."""

    def begins() -> None:
        go_on(halted, ends=True)
        kept(halted, HALTED, id="web-2").close()

    meanwhile(monkeypatch, halted, begins)
    code, _, err = poolroll("abort", "web", "--state", str(halted))
    assert (code, outcome(halted)) == (3, None)
    assert f"rollout {journals.row().id} was ended a moment ago" in err
    assert "web-2: say it again if that one is meant" in err


@pytest.mark.parametrize("verb", ["abort", "pause"])
def test_the_outcome_is_left_to_the_run_that_lives(verb: str, halted: Path) -> None:
    """Between its last record and its outcome: in a cluster, whoever notes it takes the journal
    away from that run."""
    go_on(halted)

    async def beside() -> tuple[int, str, str]:
        async with FileLock(halted, SystemClock(), "kim@ops1").hold("web"):
            return await asyncio.to_thread(poolroll, verb, "web", "--state", str(halted))

    code, _, err = asyncio.run(beside())
    assert (code, outcome(halted)) == (3, None)
    assert f"the newest, {journals.row().id}, ended: done" in err
    code, _, err = poolroll(verb, "web", "--state", str(halted))
    assert (code, outcome(halted)) == (3, "done")
