"""`history`, `events` and `report` as commands, on a state folder of their own."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from adapters.clock import SystemClock
from adapters.storage.store import open_tables
from adapters.storage.tables import Tables
from controller.cli.events import LOOK_EVERY
from controller.cli.main import poolroll as command
from controller.records import Record
from tests.report import journals

COMMAND = str(Path(sys.executable).with_name("poolroll"))


def poolroll(*argv: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    ran = CliRunner().invoke(command, argv)
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return ran.exit_code, ran.stdout, ran.stderr


def kept(folder: Path, records: list[Record], **changes: Any) -> Tables:
    """A journal with one more rollout in it; the caller closes it."""
    journal = open_tables(folder, SystemClock(), create=True)
    first, *others = records
    journal.begin(journals.row(**changes), first.at, first.kind, first.body)
    write(journal, others, **changes)
    return journal


def write(journal: Tables, records: list[Record], **changes: Any) -> None:
    for record in records:
        journal.append(changes.get("id", record.rollout), record.at, record.kind, record.body)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder with one halted rollout."""
    folder = tmp_path / "state"
    kept(folder, journals.halted().records).close()
    return folder


@pytest.mark.parametrize(
    "argv", [("history",), ("history", "web"), ("events",), ("events", "web"), ("report", "web")]
)
def test_without_a_state_folder_they_refuse_and_name_it(
    argv: tuple[str, ...], tmp_path: Path
) -> None:
    """Exit 3, the folder is named, and nothing is printed that could pass for an all-clear."""
    code, out, err = poolroll(*argv, "--state", str(tmp_path / "none"))
    assert (code, out) == (3, "")
    assert f"there is no state folder at {tmp_path / 'none'}" in err
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("verb", ["history", "events", "report"])
def test_a_name_that_is_not_known_is_refused(verb: str, state: Path) -> None:
    """Exit 3, with the name and the folder."""
    code, out, err = poolroll(verb, "other", "--state", str(state))
    assert (code, out) == (3, "")
    assert "no rollout other in" in err
    assert str(state) in err


def test_history_lists_every_rollout_newest_first(state: Path) -> None:
    """As lines and as JSON, with the state folder that was read."""
    kept(state, journals.healthy(), id="web-2", name="web").close()
    code, out, _ = poolroll("history", "--state", str(state))
    assert code == 0
    assert out.splitlines()[0] == f"state folder {state}"
    assert [line.split()[0] for line in out.splitlines()[2:]] == [
        "web-2",
        "web-20240305-221403-ab12",
    ]
    code, out, _ = poolroll("history", "web", "--json", "--state", str(state))
    value = json.loads(out)
    assert (code, value["state"]) == (0, str(state))
    assert [each["outcome"] for each in value["rollouts"]] == ["done", "halted"]


def test_events_tell_by_name_and_by_id(state: Path) -> None:
    """The newest of a name, or the very one of an id, a dated line for each sentence."""
    kept(state, journals.healthy(), id="web-2", name="web").close()
    code, newest, _ = poolroll("events", "web", "--state", str(state))
    assert code == 0
    assert newest.splitlines()[0] == f"rollout web-2, state folder {state}"
    assert newest.rstrip().endswith("(exit code 0)")
    wanted = ("events", journals.row().id, "--state", str(state))
    code, first, _ = poolroll(*wanted)
    assert code == 0
    assert "gate 'errors': 9 of 60 requests failed" in first


def test_events_as_json_are_all_records_one_a_line(state: Path) -> None:
    """Nothing is left out, and each body is an object."""
    records = journals.halted().records
    code, out, err = poolroll("events", "--json", "--state", str(state))
    assert code == 0
    values = [json.loads(line) for line in out.splitlines()]
    assert [value["kind"] for value in values] == [record.kind for record in records]
    assert [value["body"] for value in values] == [json.loads(record.body) for record in records]
    assert all(set(value) == {"seq", "wall", "kind", "body"} for value in values)
    assert f"state folder {state}" in err


@asynccontextmanager
async def following(folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        COMMAND,
        *("events", "web", "--follow", "--json", "--state", str(folder)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def line_of(process: asyncio.subprocess.Process, text: str, within: float) -> None:
    """Read on until a line has `text`."""
    assert process.stdout is not None
    async with asyncio.timeout(within):
        while text not in (line := (await process.stdout.readline()).decode()):
            assert line, f"ended without {text!r}"


async def test_following_shows_new_records_at_once_and_ends_with_the_rollout(
    tmp_path: Path,
) -> None:
    """What another process journals is printed while it is new: looked for several times a second;
    `Finished` ends it, exit 0."""
    assert timedelta(milliseconds=200) >= LOOK_EVERY
    records = journals.healthy()
    journal = kept(tmp_path, records[:10])
    try:
        async with following(tmp_path) as process:
            await line_of(process, '"seq": 10,', 60)
            write(journal, records[10:-1])
            await line_of(process, f'"seq": {len(records) - 1},', 60)
            write(journal, records[-1:])
            await line_of(process, '"kind": "Finished"', 60)
            assert await process.wait() == 0
    finally:
        journal.close()


async def test_following_ends_when_the_rollout_is_left_behind(tmp_path: Path) -> None:
    """`run --new` abandons it without a record: nobody waits for ever."""
    journal = kept(tmp_path, journals.healthy()[:10])
    try:
        async with following(tmp_path) as process:
            await line_of(process, '"seq": 10,', 60)
            journal.end(journals.row().id, "abandoned", 7)
            assert await process.wait() == 0
    finally:
        journal.close()


async def test_an_interrupt_ends_following_and_touches_nothing(tmp_path: Path) -> None:
    """Ctrl-C: exit 7, and a word that the rollout goes on without us."""
    kept(tmp_path, journals.healthy()[:10]).close()
    async with following(tmp_path) as process:
        await line_of(process, '"seq": 10,', 60)
        assert process.stderr is not None
        async with asyncio.timeout(60):
            said = (await process.stderr.readuntil(b"`poolroll run`")).decode()
        assert "waiting for the next `poolroll run`" in said
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 7
        said = (await process.stderr.read()).decode()
    assert "no longer following; the rollout was not touched" in said


def test_a_report_is_written_where_it_was_asked_for(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By default under the rollout's id; elsewhere with -o; to standard output with `-o -`."""
    monkeypatch.chdir(state)
    argv = ("--state", str(state))
    code, out, _ = poolroll("report", "web", *argv)
    page = state / f"{journals.row().id}.html"
    assert (code, out.split(":")[0]) == (0, page.name)
    html = page.read_text()
    assert html.startswith("<!DOCTYPE html>")
    code, out, err = poolroll("report", journals.row().id, "-o", "-", *argv)
    assert (code, out) == (0, html)
    assert str(state) in err
    elsewhere = state / "there.html"
    asked = ("report", "web", "-o", str(elsewhere), "--json")
    code, out, _ = poolroll(*asked, *argv)
    assert (code, elsewhere.read_text()) == (0, html)
    assert json.loads(out) == {
        "state": str(state),
        "id": journals.row().id,
        "file": str(elsewhere),
    }


def test_a_report_that_cannot_be_written_or_made_is_an_error(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No such folder: exit 2. A rollout without a plan: exit 3, and no page."""
    monkeypatch.chdir(state)
    argv = ("--state", str(state))
    nowhere = state / "no" / "where.html"
    code, _, err = poolroll("report", "web", "-o", str(nowhere), *argv)
    assert code == 2
    assert f"cannot write {nowhere}: No such file or directory" in err
    kept(state, journals.healthy()[1:2], id="bare-1", name="bare").close()
    code, _, err = poolroll("report", "bare", *argv)
    assert code == 3
    assert "has no plan in the journal" in err
    assert not list(state.glob("bare*.html"))
