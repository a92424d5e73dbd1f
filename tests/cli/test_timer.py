"""`timer` as a command: what it refuses, and what it hands on."""

from pathlib import Path

import pytest

from tests.cli.test_report import poolroll
from tests.report import journals

WHEN = ("--on-calendar", "Mon..Fri 05:00")


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "web.yml"
    path.write_text(journals.FILE + "rollback: {command: [back], timeout: 20m}\nsoak: 1s\n")
    return str(path)


def test_all_that_is_run_has_a_whole_path(file: str, tmp_path: Path) -> None:
    """The file, its folder and the state; as the user who is named; long enough to stop: the
    longer of both ways, the checks, the return, and two minutes."""
    state = tmp_path / "state"
    argv = ("--state", str(state), "--user", "deploy", "--set", "version=2", "--deadline", "3h")
    code, out, err = poolroll("timer", file, *WHEN, *argv, "--part", "service")
    assert (code, err) == (0, "")
    said = dict(line.split("=", 1) for line in out.splitlines() if "=" in line and line[0] != "#")
    program, _, rest = said["ExecStart"].partition(" ")
    assert program.startswith("/")
    assert rest == f"run {file} --yes --set version=2 --deadline 3h --state {state}"
    assert (said["User"], said["WorkingDirectory"]) == ("deploy", str(tmp_path))
    assert int(said["TimeoutStopSec"]) == (20 + 1 + 1 + 2) * 60
    assert "EnvironmentFile" not in said


def test_a_reboot_takes_the_longest(file: str) -> None:
    """It has its own time, in which a host may check its file systems."""
    text = Path(file).read_text()
    steps = "upgrade: {steps: [{ssh: [dnf, -y, upgrade]}, {reboot: {timeout: 40m}}]}"
    lines = [steps if line.startswith("upgrade:") else line for line in text.splitlines()]
    Path(file).write_text("\n".join(lines))
    _, out, _ = poolroll("timer", file, *WHEN, "--part", "service")
    assert f"TimeoutStopSec={(40 + 1 + 1 + 2) * 60}\n" in out


def test_a_guard_is_started_by_a_halt(file: str, tmp_path: Path) -> None:
    """Of the same rollout, in the same state; without it nothing names one."""
    state = tmp_path / "state"
    _, out, _ = poolroll("timer", file, *WHEN, "--guard", "--state", str(state))
    assert "\nOnFailure=poolroll-web.guard.service\n" in out
    assert f" guard web --state {state}\n" in out
    assert "OnFailure" not in poolroll("timer", file, *WHEN)[1]
    assert poolroll("timer", file, *WHEN, "--part", "guard")[0] == 2


def test_secrets_of_the_environment_have_a_file(file: str, tmp_path: Path) -> None:
    """Beside the rollout file, unless another one is named."""
    with Path(file).open("a") as text:
        text.write("notify: [{webhook: {url: {env: CHAT_URL}}}]\n")
    _, out, _ = poolroll("timer", file, *WHEN)
    assert f"EnvironmentFile={tmp_path}/web.env\n" in out
    assert f"root set -a; . {tmp_path}/web.env; exec " in out.replace(f" {whoami()} ", " root ")
    _, out, _ = poolroll("timer", file, *WHEN, "--env-file", "/etc/pool.env")
    assert "EnvironmentFile=/etc/pool.env\n" in out


def whoami() -> str:
    from controller.bootstrap_who import who

    return who().partition("@")[0]


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("--on-calendar", "every night"), "names no day of the week: 'every'"),
        ((*WHEN, "--user", "a b"), "timer --user 'a b': is not the name of a user"),
        ((*WHEN, "--deadline", "3"), "timer --deadline: 3 has no unit"),
        ((*WHEN, "--state", "a\nb"), "cannot stand in a unit"),
        ((*WHEN, "--env-file", "a\nExecStart=x"), "cannot stand in a unit"),
        ((*WHEN, "--set", "db_password=x"), "every user could read it; put it into FILE"),
        ((), "Missing option '--on-calendar'"),
    ],
)
def test_what_cannot_be_said(file: str, argv: tuple[str, ...], words: str) -> None:
    """Exit 2, and not half a unit."""
    text = Path(file).read_text().replace('"2.4.0"}', '"2.4.0", db_password: x}')
    Path(file).write_text(text)
    code, out, err = poolroll("timer", file, *argv)
    assert (code, out) == (2, "")
    assert words in err


def test_a_variable_that_is_secret_by_its_use(file: str) -> None:
    """It is in a header, so it stands in no unit, and in no error."""
    text = (
        Path(file)
        .read_text()
        .replace(
            "  - tcp: {port: 8080}",
            "  - http: {url: 'http://h/', headers: {X-A: '${vars.version}'}}",
        )
    )
    Path(file).write_text(text)
    code, out, err = poolroll("timer", file, *WHEN, "--set", "version=hunter2-x")
    assert (code, out) == (2, "")
    assert "timer --set version: every user could read it" in err
    assert "hunter2" not in err


def test_no_line_of_its_own(file: str) -> None:
    """A line end between two words of a time is a space."""
    _, out, _ = poolroll("timer", file, "--on-calendar", "Mon\n05:00", "--part", "timer")
    assert "OnCalendar=Mon 05:00\n" in out
