"""`--termination-log`: how a run ended, for whoever sees the status of its pod alone."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from controller.cli import complain, last_words
from controller.cli.last_words import LEFT_OUT, MOST, begin, leave, note, shortened, unwritable
from controller.cli.main import poolroll
from controller.errors import UsageFault

COMMAND = str(Path(sys.executable).with_name("poolroll"))
HALT = [
    "SEEN      40 % fail",
    "LIMIT     1 %",
    *(f"  m{n}: fine" for n in range(400)),
    "NEXT      go",
]


def test_short_enough_is_whole() -> None:
    """Line by line, as it was said."""
    assert shortened(["exit code 4", "é"]) == "exit code 4\né\n".encode()


def test_too_long_keeps_both_ends() -> None:
    """What happened and what to do stay; the middle goes, and that is said."""
    text = shortened(HALT)
    lines = text.decode().splitlines()
    assert len(text) <= MOST
    assert (lines[:2], lines[-1], lines.count(LEFT_OUT)) == (HALT[:2], HALT[-1], 1)
    assert MOST - len(text) < 2 * len(HALT[50])


@pytest.mark.parametrize("line", ["x" * 9000, "é" * 9000, "\ud800" * 9000])
def test_a_line_without_end(line: str) -> None:
    """It is cut, at a whole character, and leaves room for the others."""
    for lines in ([line], [line] * 5, ["a", line, "b"]):
        text = shortened(lines)
        assert len(text) <= MOST
        assert text.decode().startswith(lines[0][:1].encode("utf-8", "backslashreplace").decode())
        assert "…" in text.decode()
    assert shortened(["a", line, "b"]).decode().endswith("\nb\n")


def written(path: Path, *argv: str, **env: str) -> tuple[int, list[str], str]:
    whole = {"PATH": os.environ["PATH"], "HOME": str(path.parent), **env}
    done = subprocess.run(
        [COMMAND, *argv], check=False, capture_output=True, text=True, env=whole, cwd=path.parent
    )
    assert "Traceback" not in done.stderr
    return done.returncode, path.read_text().splitlines(), done.stderr


def test_every_way_to_end_early(tmp_path: Path) -> None:
    """A wrong option, a file that is not there; by option or environment, at whatever place; the
    last run's words are gone."""
    path = tmp_path / "words"
    path.write_text("of a former run\n" * 99)
    code, lines, _ = written(path, "run", f"--termination-log={path}", "--yes", "--nonsense")
    assert (code, lines[0]) == (2, "poolroll: exit code 2")
    assert "No such option" in lines[1]
    gone = ("run", "gone.yaml", "--yes", "--log-format", "json")
    code, lines, said = written(path, *gone, "--termination-log", "words")
    assert (code, lines) == (
        2,
        ["poolroll: exit code 2", "gone.yaml: no such file; check the path"],
    )
    told = json.loads(said)
    assert (told["event"], told["level"], told["exit_code"]) == (lines[1], "error", 2)
    code, lines, said = written(path, "run", "--yes", POOLROLL_TERMINATION_LOG=str(path))
    assert (code, lines[0]) == (2, "poolroll: exit code 2")
    assert "Missing argument 'FILE|NAME'" in lines[1]
    assert said.startswith("Usage: ")


def test_only_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`status` in the same container leaves the words of the run as they are."""
    path = tmp_path / "words"
    begin(["status", "web"], {last_words.TWIN: str(path)})
    leave(3)
    assert not path.exists()


def test_a_bug(tmp_path: Path) -> None:
    """Where it is; not what its text says, in which a secret may be."""
    path = tmp_path / "words"
    begin(["run", "x", "--termination-log", str(path)], {})
    try:
        raise RuntimeError("s3cret")
    except RuntimeError as error:
        last_words.note_bug(error)
    leave(1)
    text = path.read_text()
    assert "s3cret" not in text
    assert text.startswith("poolroll: exit code 1\na bug in poolroll: RuntimeError in ")
    assert Path(__file__).name in text


def test_what_cannot_be_written(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """It is refused before anything is touched; a pipe that nobody reads is not waited for. A disk
    that fails at the end is one line, and changes nothing."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert unwritable(str(pipe)) == "No such device or address"
    assert unwritable("/dev/null") == "exists already, and is not a regular file"
    assert unwritable(str(tmp_path / "no" / "where")) == "No such file or directory"
    assert unwritable(str(tmp_path / "words")) is None
    where = ["run", "x.yaml", "--yes", "--termination-log", str(tmp_path / "no" / "where")]
    done = CliRunner().invoke(poolroll, where)
    assert isinstance(done.exception, UsageFault | SystemExit)
    assert f"--termination-log {tmp_path}/no/where: No such file or directory" in done.output
    begin(["run", "--termination-log", "/dev/full"], {})
    note("how it ended")
    leave(0)
    assert "--termination-log /dev/full: not written: No space left" in capfd.readouterr().err


@pytest.mark.parametrize("is_read", [False, True])
def test_nobody_reads_what_could_not_be_written(is_read: bool) -> None:
    """Neither a reader that has gone nor one that takes nothing changes how the run ends."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, bytes(1 << 16))
    os.set_blocking(writing, True)
    if not is_read:
        os.close(reading)
    code = (
        "import os; from controller.cli import last_words as words; words.PATIENCE = 0.1; "
        "words.begin(['run', '--termination-log=/dev/full'], {}); words.leave(4); os._exit(4)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, stderr=writing, timeout=240)
    assert done.returncode == 4
    os.close(writing)
    if is_read:
        os.close(reading)


def test_errors_bind_the_rollout(capfd: pytest.CaptureFixture[str]) -> None:
    """With `--log-format json` every line on standard error is an object with its rollout."""
    complain.as_json(rollout="web")
    try:
        complain.complain("refused", 3, "Usage: …\nrefused")
    finally:
        complain.as_json(is_wanted=False)
    told = json.loads(capfd.readouterr().err)
    assert told.pop("timestamp")
    assert told == {
        "event": "refused",
        "kind": "Ended",
        "level": "error",
        "rollout": "web",
        "exit_code": 3,
    }
    complain.complain("refused", 3, "Usage: …\nrefused")
    assert capfd.readouterr().err == "Usage: …\nrefused\n"
