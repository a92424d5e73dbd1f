"""The console script: quick where it can be, and the same as the commands say."""

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner

import controller.cli.demo as demonstration
import poolroll as poolroll_module
from controller import bootstrap, bootstrap_state
from controller.cli.entry import HELP
from controller.cli.main import poolroll
from controller.config import starter
from controller.errors import StateError, UsageFault
from tests.cli.redraw import shown

ENTRY = "import sys; from controller.cli.entry import entry; sys.argv = ['poolroll', *sys.argv[1:]]"


def test_help_is_what_the_commands_say() -> None:
    """The text is what click makes of the commands (else: `python -m tests.cli.redraw`)."""
    assert HELP.read_text("ascii") == shown()


@pytest.mark.parametrize("option", ["--help", "-h", "--version"])
def test_asking_loads_no_library(option: str) -> None:
    """A tenth of a second is for starting Python, not for what is not needed."""
    code = f"{ENTRY}; entry(); print('click' in sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code, option], capture_output=True, text=True, check=True
    )
    whole = CliRunner().invoke(poolroll, [option], prog_name="poolroll")
    assert (done.stdout, done.stderr) == (whole.output, "False\n")


def test_anything_else_is_a_command() -> None:
    """A wrong option is refused as ever, with exit code 2."""
    done = subprocess.run(
        [sys.executable, "-c", f"{ENTRY}; entry()", "--hlep"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "No such option" in done.stderr


def test_output_that_cannot_be_written_is_no_bug() -> None:
    """A full disk behind `>`: one line, and the exit code of a refusal."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", f"{ENTRY}; entry()", "--help"],
            check=False,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert "Traceback" not in done.stderr
    assert done.returncode == 3


def test_a_bug_before_a_run_shows_no_secret(tmp_path: Path) -> None:
    """Its traceback is masked and legible as one within a run is; the exit code is 1."""
    file = tmp_path / "web.yaml"
    secret = "\nvars:\n  api_token: hunter2-of-mine"
    file.write_text(starter("haproxy").replace("\nvars:", secret, 1))
    code = (
        "from controller import bootstrap\n"
        "def failing(*given):\n"
        "    raise RuntimeError('it said hunter2-of-mine \\x1b[31m')\n"
        "bootstrap.state_place = failing\n"
        f"{ENTRY}; entry()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "rehearse", str(file), "--yes"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, "Traceback" in done.stderr) == (1, True)
    assert "RuntimeError: it said ***" in done.stderr
    assert "hunter2" not in done.stderr
    assert "\x1b" not in done.stderr


def command(*argv: str, stdin: str = "", **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(Path(sys.executable).with_name("poolroll")), *argv],
        check=False,
        capture_output=True,
        input=stdin,
        text=True,
        env={"PATH": os.environ["PATH"], **env},
    )


def test_packages_of_the_same_name_elsewhere(tmp_path: Path) -> None:
    """Ours are taken, whatever is on PYTHONPATH or in the folder it is called from."""
    for name in ("controller", "adapters"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise AssertionError('not ours')")
    done = command("check", "-", stdin=starter("haproxy"), PYTHONPATH=str(tmp_path))
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 2)
    assert (done.stdout + done.stderr).startswith("-:")


def test_libraries_of_the_same_name_elsewhere(tmp_path: Path) -> None:
    """Nothing is imported from PYTHONPATH, whoever set it, nor from the folder it is called in."""
    for name in ("click", "ruamel", "rich", "pydantic"):
        (tmp_path / f"{name}.py").write_text("raise AssertionError('not ours')")
    (tmp_path / "web.yml").write_text(starter("haproxy"))
    done = command("check", str(tmp_path / "web.yml"), PYTHONPATH=f"/nowhere::{tmp_path}")
    assert "not ours" not in done.stderr
    assert done.returncode in (0, 2)
    module = [sys.executable, "-m", "poolroll", "check", "web.yml"]
    there = subprocess.run(module, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "not ours" not in there.stderr
    assert there.returncode == done.returncode


@pytest.mark.parametrize("name", ["controller", "adapters"])
@pytest.mark.parametrize("found", ["another's", "nothing"])
def test_a_package_that_was_installed_over_ours(tmp_path: Path, name: str, found: str) -> None:
    """It is not run; one line says whose it is, and what to do."""
    home = Path(poolroll_module.__file__).parent
    (tmp_path / "poolroll.py").write_bytes((home / "poolroll.py").read_bytes())
    for one in ("controller", "adapters"):
        (tmp_path / one).mkdir()
        (tmp_path / one / "__init__.py").write_bytes((home / one / "__init__.py").read_bytes())
    place = tmp_path / name / "__init__.py"
    place.write_text("print('not ours')")
    if found == "nothing":
        place.unlink()
        place.parent.rmdir()
    argv = [sys.executable, str(tmp_path / "poolroll.py"), "--version"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    told = {
        "another's": f"{place} is not poolroll's: another package of that name was installed over",
        "nothing": f"poolroll is not installed as a whole: its package {name!r} is missing in",
    }
    assert done.stderr.startswith(told[found])


@pytest.mark.parametrize("verb", ["run", "rehearse", "rollback"])
@pytest.mark.parametrize("source", ["-", "/dev/stdin", "/dev/fd/0"])
def test_file_that_can_be_read_once_only(verb: str, source: str) -> None:
    """It is refused where it is read again, and nothing is touched: exit 2."""
    done = CliRunner().invoke(poolroll, [verb, source, "--yes"])
    assert isinstance(done.exception, UsageFault | SystemExit)
    assert (done.exit_code, "can be read once only" in done.output) == (2, True)


@pytest.mark.parametrize("verb", ["check", "plan", "gate", "run", "rehearse", "rollback"])
def test_file_that_cannot_be_read(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line that says why: no permission for it or its folder, a name that no file can have, no
    folder to look for it in."""
    shut, gone = tmp_path / "web.yaml", tmp_path / "gone"
    shut.write_text("name: web")
    gone.mkdir()
    with monkeypatch.context() as patched:
        patched.setattr(os, "access", lambda *_: False)
        patched.setattr(os, "stat", _forbidden)
        patched.setattr(Path, "open", _forbidden)
        assert refused(verb, str(shut)) == f"{shut}: permission denied; check its owner and mode"
    name = "x" * 300
    assert refused(verb, name) == f"{name}: cannot be read: File name too long"
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert refused(verb, "web.yaml") == "web.yaml: no such file; check the path"


def _forbidden(*_: object, **__: object) -> None:
    raise PermissionError(errno.EACCES, "Permission denied")


def refused(verb: str, file: str) -> str:
    done = CliRunner().invoke(poolroll, [verb, file], env={"POOLROLL_YES": "1"})
    assert done.exit_code == 2
    return done.output.strip() or str(done.exception)


def test_file_on_standard_input() -> None:
    """What only reads takes it, and says where it is wrong."""
    done = CliRunner().invoke(poolroll, ["check", "-"], input="apiVersion: poolroll/v1\nnme: web\n")
    assert done.exit_code == 2
    assert "-:2:1: nme: " in done.output


def test_demo_where_temporary_files_have_a_long_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Sockets need a short one: /tmp does, and without it that is said."""
    monkeypatch.setattr(tempfile, "tempdir", "/x")
    assert demonstration._short_folder() == "/x"
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("x" * demonstration.LONGEST)))
    assert demonstration._short_folder() == "/tmp"
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UsageFault, match="too long for the sockets in it"):
        demonstration._short_folder()


def test_user_without_a_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A state folder that is named is used, and named to others."""

    def no_default(*_: object) -> Path:
        raise StateError("this user has no home folder; name a state folder with --state")

    monkeypatch.setattr(bootstrap_state, "default_state_dir", no_default)
    assert bootstrap.state_place(str(tmp_path)) == bootstrap.StatePlace(tmp_path)
    assert bootstrap.place_to_name(bootstrap.StatePlace(tmp_path)) == str(tmp_path)
    with pytest.raises(StateError, match="--state"):
        bootstrap.state_place(None)


def test_nothing_of_kubernetes_is_loaded_for_other_pools() -> None:
    """Its libraries take a third of a second; what is common to all commands needs none of them."""
    code = (
        "import sys, controller.bootstrap, controller.cli.run, controller.cli.init\n"
        "names = {name.partition('.')[0] for name in sys.modules}\n"
        "print(*names & {'httpx', 'kubernetes'}, 'adapters.kubernetes.client.api' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]


def test_a_probe_is_asked_without_what_keeps_connections() -> None:
    """httpcore, and anyio for its locks: 2 MiB, for a pool of which a probe wants nothing."""
    code = (
        "import asyncio, sys\n"
        "from adapters.probes.http import HttpAsker\n"
        "from controller.tasks import HttpProbe\n"
        "print(asyncio.run(HttpAsker(HttpProbe('http://127.0.0.1:1/')).ask()))\n"
        "print({'anyio', 'httpcore', 'sniffio', 'certifi'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "connection refused\nset()\n"


@pytest.mark.parametrize(("log_format", "takes"), [("text", False), ("json", True)])
def test_what_paints_terminals_is_not_loaded_without_one(log_format: str, takes: bool) -> None:
    """httpx and structlog would load it, for things that nobody sees here: 4 MiB. structlog itself
    makes JSON only."""
    code = (
        f"{ENTRY}; from controller.cli import main; main.entry = lambda: None; entry()\n"
        "import httpx; from controller.cli.log import LogNarrator\n"
        f"LogNarrator('web-1', None, {log_format!r})._log\n"
        "print('structlog' in sys.modules, {'rich', 'pygments'} & {*sys.modules})\n"
        "import rich.console"
    )
    argv = [sys.executable, "-c", code, "check"]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert done.stdout == f"{takes} set()\n"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("stauts", "No such command 'stauts'; did you mean \"status\"?"),
        ("rol-back", "No such command 'rol-back'; did you mean \"rollback\"?"),
        ("xyzzy", "No such command 'xyzzy'."),
    ],
)
def test_a_mistyped_command_is_told_which_was_meant(command: str, words: str) -> None:
    """As a wrong key of the file is; where none is close, nothing is guessed."""
    done = CliRunner().invoke(poolroll, [command, "web"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == f"Error: {words}"
