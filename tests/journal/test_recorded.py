"""What former versions of poolroll wrote is read as they meant it (see `record`)."""

import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.clock import SystemClock
from adapters.storage.lock import FileLock
from controller.core.phases import Phase
from tests.adapters.storage.processes import child
from tests.adapters.storage.test_folder import CARL
from tests.cli.test_report import poolroll
from tests.journal.rebuilt import RECORDED, dumped, jobs_of, rebuild
from tests.journal.record import MAX_BYTES
from tests.journal.scenes import SCENES
from tests.support.operators import needs_root

V1 = RECORDED / "v1"


@dataclass(frozen=True)
class Left:
    """How a rollout was left, as an operator sees it."""

    status: str
    exit_code: int | None
    phases: dict[str, Phase]
    out: tuple[str, ...] = ()
    """Members out of rotation because of us."""
    says: str = ""
    """A part of what `events` says about it."""


ONE_UPGRADED = {"web1": Phase.DONE, "web2": Phase.WAITING}
BOTH_UPGRADED = {"web1": Phase.DONE, "web2": Phase.DONE}
ONE_FAILED = {"web1": Phase.FAILED, "web2": Phase.WAITING, "web3": Phase.WAITING}

SCENARIOS = {
    "done": Left("done", 0, BOTH_UPGRADED, says="done (exit code 0)"),
    "rehearsed": Left("done", 0, BOTH_UPGRADED, says="done (exit code 0)"),
    "ramp_refused": Left("done", 0, BOTH_UPGRADED, says="the ramp is dropped"),
    "paused": Left(
        "done",
        0,
        {"web1": Phase.DONE, "web2": Phase.LEFT, "web3": Phase.DONE},
        says="looks well",
    ),
    "begun_again": Left("done", 0, BOTH_UPGRADED, says="done (exit code 0)"),
    "aborted": Left("aborted", 7, ONE_UPGRADED, says="aborted: by alice@host"),
    "restored": Left("aborted", 7, ONE_UPGRADED, says="aborted: by alice@host"),
    "put_back": Left("aborted", 7, ONE_UPGRADED, says="ended with exit code 1"),
    "halted": Left("halted", 4, ONE_FAILED, ("web1",), "halted (exit code 4): gate 'errors'"),
    "resumed": Left("halted", 4, ONE_FAILED, ("web1",), "halted (exit code 4): gate 'errors'"),
    "rolled_back": Left(
        "halted",
        4,
        {"web1": Phase.DONE, "web2": Phase.DONE, "web3": Phase.WAITING},
        says="halted (exit code 4): gate 'errors'",
    ),
    "foreign": Left(
        "halted",
        5,
        {"web1": Phase.FAILED, "web2": Phase.WAITING},
        ("web1",),
        "halted (exit code 5)",
    ),
    "pausing": Left(
        "stopped",
        7,
        {"web1": Phase.SOAKING, "web2": Phase.WAITING},
        says="stopped (exit code 7): SIGTERM",
    ),
    "cut_off_draining": Left(
        "cut off", None, {"web1": Phase.DRAINING, "web2": Phase.WAITING}, ("web1",)
    ),
    "cut_off_upgrading": Left(
        "cut off", None, {"web1": Phase.UPGRADING, "web2": Phase.WAITING}, ("web1",)
    ),
    "cut_off_validating": Left(
        "cut off", None, {"web1": Phase.VALIDATING, "web2": Phase.WAITING}, ("web1",)
    ),
    "cut_off_soaking": Left("cut off", None, {"web1": Phase.SOAKING, "web2": Phase.WAITING}),
}


def script(name: str) -> str:
    return (V1 / f"{name}.sql").read_text(encoding="utf-8")


@pytest.fixture
def state(name: str, tmp_path: Path) -> Path:
    """The state folder of the scene `name`, as it was left."""
    folder = tmp_path / "state"
    rebuild(script(name), folder)
    return folder


def asked(verb: str, state: Path, *options: str) -> str:
    """What a command prints that must end well."""
    code, out, err = poolroll(verb, *options, "--state", str(state))
    assert code == 0, err
    return out


EACH = pytest.mark.parametrize("name", SCENARIOS)


def test_every_scene_is_recorded() -> None:
    """None is missing here or there, and none that is recorded goes unread."""
    assert set(SCENES) == set(SCENARIOS) == {each.stem for each in V1.glob("*.sql")}


@EACH
def test_status(name: str, state: Path) -> None:
    """How it stands, its exit code, where each member was left, and who is out because of us."""
    left = SCENARIOS[name]
    value = json.loads(asked("status", state, "web", "--json"))
    assert (value["status"], value["exit_code"]) == (left.status, left.exit_code)
    members = value["members"]
    assert {member: each["phase"] for member, each in members.items()} == left.phases
    assert tuple(m for m, each in members.items() if each["out_because_of_us"]) == left.out
    assert value["by"] == "alice@host"
    assert "rollout web: " + left.status in asked("status", state, "web")


@EACH
def test_history(name: str, state: Path) -> None:
    """Every rollout, how it ended, of which kind, with which values, and by whom it was begun."""
    left = SCENARIOS[name]
    newest, *former = json.loads(asked("history", state, "web", "--json"))["rollouts"]
    assert (newest["outcome"], newest["exit_code"]) == (left.status, left.exit_code)
    assert [each["outcome"] for each in former] == (["abandoned"] if name == "begun_again" else [])
    is_rehearsal = name == "rehearsed"
    assert newest["purpose"] == ("rehearsal" if is_rehearsal else "upgrade")
    assert newest["values"] == {"version": "v1" if is_rehearsal else "v2"}
    assert newest["by"] == "alice@host"
    assert newest["id"] in asked("history", state)


@EACH
def test_events(name: str, state: Path) -> None:
    """All is told in sentences, and as JSON record by record, from the plan on."""
    text = asked("events", state, "web")
    assert SCENARIOS[name].says in text
    assert "alice@host" in text
    records = values(asked("events", state, "web", "--json"))
    assert records[0]["kind"] == "Plan"
    assert len(records) >= text.count("\n") - 1
    assert all(isinstance(record["body"], dict) for record in records)


def values(lines: str) -> Sequence[dict[str, Any]]:
    return [json.loads(line) for line in lines.splitlines()]


@EACH
def test_report(name: str, state: Path, tmp_path: Path) -> None:
    """One page, with the outcome and every member."""
    page = tmp_path / "page.html"
    asked("report", state, "web", "-o", str(page))
    text = page.read_text()
    left = SCENARIOS[name]
    assert text.startswith("<!DOCTYPE html>")
    is_open = left.exit_code is None
    outcomes = re.findall(r'class="outcome[^>]*>([^<]*)', text)
    assert [one.removesuffix(" after a halt").split(", then ")[-1] for one in outcomes] == [
        "unfinished" if is_open else left.status
    ]
    (code,) = re.findall(r"<dt>exit code</dt><dd>([^<]*)", text)
    assert code.startswith("none yet" if is_open else f"{left.exit_code}: ")
    for member in left.phases:
        assert member in text


def test_report_of_every_kind_of_gate(tmp_path: Path) -> None:
    """Counters, queries of every kind and alerts: each gate that judged stands on the page."""
    folder = tmp_path / "state"
    rebuild(script("done"), folder)
    page = tmp_path / "page.html"
    asked("report", folder, "web", "-o", str(page))
    text = page.read_text()
    for gate in ("errors", "pool-errors", "limit", "beside", "counts", "up", "pages"):
        assert gate in text


@pytest.mark.parametrize("name", ["halted", "resumed", "foreign", "rolled_back"])
def test_the_halt_is_told_as_it_was(name: str, state: Path) -> None:
    """The lines that were printed then, word by word, from `status`."""
    kept = re.search(r'"told":\["(SEEN[^"]*)"', script(name))
    assert kept is not None
    lines = asked("status", state, "web").splitlines()
    assert kept[1].replace("''", "'") in lines
    assert {"LIMIT", "MEMBERS", "USERS", "CAN WAIT"} <= {line[:10].strip() for line in lines}


def test_what_was_asked_for_since_is_still_to_be_heard(tmp_path: Path) -> None:
    """A `pause` and a `resume` that no run has heard yet are told by `status`."""
    told = {"pausing": "paused by alice@host", "resumed": "resumed by alice@host: the errors were"}
    for name, words in told.items():
        rebuild(script(name), tmp_path / name)
        assert f"NEXT      {words}" in asked("status", tmp_path / name, "web")


@pytest.mark.parametrize(
    "argv",
    [
        ("status",),
        ("history",),
        ("events", "web"),
        ("report", "web"),
        ("pause", "web"),
        ("resume", "web", "--reason", "why not"),
        ("abort", "web"),
    ],
    ids=lambda argv: argv[0],
)
def test_a_journal_of_a_newer_version_is_refused(argv: tuple[str, ...], tmp_path: Path) -> None:
    """Exit 3 and one line that says so, whatever is asked; the journal stays as it was."""
    newer = script("cut_off_upgrading").replace("user_version = 1;", "user_version = 1000;")
    rebuild(newer, tmp_path / "state")
    code, out, err = poolroll(*argv, "--state", str(tmp_path / "state"))
    assert (code, out, err.count("\n")) == (3, "", 1)
    assert "the journal was written by a newer poolroll (schema 1000, " in err
    without_jobs = re.sub(r"(?m)^-- job .*\n", "", newer)
    assert dumped(tmp_path / "state") == without_jobs


@needs_root
async def test_a_user_who_may_only_read_it() -> None:
    """Nothing needs to be written in order to read what a former version wrote."""
    text = script("halted")
    (rollout,) = set(re.findall(r"'(web-[0-9]+-[0-9]+-[0-9a-f]+)'", text))
    written = text.count('INSERT INTO "records"')
    with tempfile.TemporaryDirectory() as base:
        Path(base).chmod(0o755)
        folder = Path(base) / "state"
        rebuild(text, folder)
        async with FileLock(folder, SystemClock(), "anna").hold("web"):
            pass
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        with child("read_on", folder, rollout, user=CARL) as carl:
            carl.tell()
            assert carl.hear() == f"{written} nobody"


@EACH
def test_the_recording_itself(name: str, tmp_path: Path) -> None:
    """It is rebuilt exactly, small, and holds no secret and no name of the machine."""
    text = script(name)
    rebuild(text, tmp_path / "state")
    for job in jobs_of(text):
        (tmp_path / "state" / "jobs" / job).mkdir(parents=True)
    assert dumped(tmp_path / "state") == text
    assert len(text.encode()) <= MAX_BYTES
    assert "hunter2" not in text
    assert set(re.findall(r"[\w.-]+@[\w.-]+", text)) == {"alice@host"}
    tops = set(re.findall(r"(?<![\w.:/}\]])/([\w.-]+)/", text))
    assert tops <= {"srv", "bin", "usr"}
