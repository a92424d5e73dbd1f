"""What reaches a program on the host, under whatever login shell its user has. As sshd does it:
the shell gets one word, the script comes on standard input."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.hosts.driver import far
from adapters.hosts.driver.link import parsed
from tests.support.hosts import systemd_run
from tests.support.hosts.sshd import program

NASTY = [
    *("", " ", "  two  blanks ", "a b", "\t", "\n", "line\nline", "ends in a line\n", "\r\n"),
    *("'", "''", '"', '"quoted"', "it's", "'\"'\"'", "`id`", "$(id)", "${HOME}", "$HOME", "$$"),
    *(
        "*",
        "?",
        "[a-z]*",
        "~",
        "~root",
        "{a,b}",
        "a;b",
        "a&b",
        "a|b",
        "a>b",
        "<a",
        "(a)",
        "!",
        "!!",
    ),
    *("#", "a#b", "\\", "\\\\", "\\n", "a\\", "%s%n", "-", "--", "-n", "-e", "--help", "=x", "^"),
    *(
        "grüße",
        "日本語",
        "🚀",
        "e\u0301",
        "\u202e",
        "\x01\x1b[31m",
        "\x7f",
        "END-",
        "}",
        "EOF",
        "x" * 9000,
    ),
    *(b"\xff\xfe".decode("utf-8", "surrogateescape"), "$'\\x41'", "a\\'b", "\\$(id)"),
]
NONCE = "0123abcd"
SHOW = "import json,os,sys; print(json.dumps([os.fsencode(a).hex() for a in sys.argv[1:]]))"


@pytest.mark.parametrize("shell", ["sh", "bash", "dash", "fish"])
def test_arguments_arrive_byte_for_byte(shell: str) -> None:
    """Fifty nasty ones and more: blanks, quotes, newlines, `$()`, globs, dashes, other letters,
    nothing at all, and bytes that are no text."""
    assert len(NASTY) >= 50
    argv = [sys.executable, "-I", "-S", "-c", SHOW, *NASTY]
    script = far.script(far.ASK, NONCE, "a/b/c", argv, {"ODD": "a 'b'\n$(c)"})
    done = subprocess.run(
        [program(shell), "-c", far.SHELL], input=script, capture_output=True, check=False
    )
    answer = parsed(done.stdout, NONCE)
    assert answer.words("ended") == ["exit", "0"], done
    sent = [one.encode("utf-8", "surrogateescape").hex() for one in NASTY]
    assert json.loads(answer.output) == sent


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9, 0.99])
def test_a_script_that_is_cut_off_does_nothing(cut: float) -> None:
    """It is one group: a shell runs it whole, or not at all."""
    script = far.script(far.ASK, NONCE, "a/b/c", ["echo", "ran"])
    part = script[: int(len(script) * cut)]
    done = subprocess.run([program("sh")], input=part, capture_output=True, check=False)
    assert done.stdout == b""


def test_names_on_the_host() -> None:
    """A job's folder has the end of its key, which names member and step; the part that all steps
    of a member share is not that of another."""
    assert far.folder_of("web-1/web1/upgrade-0-0") == "web-1~web1~upgrade-0-0"
    assert len(far.folder_of("r" * 80 + "/" + "m" * 200 + "/upgrade-0-0")) <= far.LONGEST
    assert far.kin_of("web-1/web1/upgrade-0-0") == "~web1~"
    assert far.kin_of("web-2/web11/upgrade-0-0") == "~web11~"
    assert far.kin_of("-") == "-"


@pytest.mark.parametrize("length", [160, 187, 188, 200])
def test_a_long_name_is_no_former_step(length: int) -> None:
    """Each rollout has a folder of its own for the same step of a member, however long its name
    is: what ran there once is not taken for what is to run now. The steps are still known for
    those of one member."""
    keys = [f"{name}/{'m' * length}/upgrade-0-0" for name in ("web-1", "web-2", "r" * 84)]
    folders = {far.folder_of(key) for key in keys}
    assert len(folders) == len(keys)
    assert all(len(folder) <= far.LONGEST for folder in folders)
    assert all(far.kin_of(key) in far.folder_of(key) for key in keys)
    # As a former version named it.
    assert far.kin_of(keys[0]) in keys[0].replace("/", "~")[-far.LONGEST :]


@pytest.mark.parametrize("works", [True, False], ids=["a unit", "systemd-run fails"])
def test_under_systemd(tmp_path: Path, works: bool) -> None:
    """Where systemd runs and we are root, the step is a unit of its own, out of reach of sshd's
    sessions; where that cannot be had, a session of its own. It runs once, with what it is to find
    around it."""
    stand_in = f"{sys.executable} -I -S {systemd_run.__file__} {tmp_path}/units"
    tools = {"id": "echo 0", "systemd-run": f'{stand_in} "$@"' if works else "exit 1"}
    for name, text in tools.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    shown = 'echo "$HOME $VERSION $DEBIAN_FRONTEND $PWD"'
    argv = ["sh", "-c", f"echo x >> {tmp_path}/ran; {shown}; exit 3"]
    env = {"VERSION": "a 'b' $c"}
    script = far.script(far.STEP, NONCE, "web-1/w%2Eb/upgrade-0-0", argv, env, limit=20)
    around = {"POOLROLL_STEPS": f"{tmp_path}/steps", "POOLROLL_SYSTEMD": str(tmp_path)}
    there = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path), **around}
    done = subprocess.run(
        [program("sh")], input=script, env=there, capture_output=True, check=False
    )
    answer = parsed(done.stdout, NONCE)
    assert answer.words("ended") == ["exit", "3"], done
    assert answer.output.decode() == f"{tmp_path} a 'b' $c noninteractive {tmp_path}\n"
    assert (tmp_path / "ran").read_text() == "x\n"
    if works:
        (line,) = (tmp_path / "units").read_text().splitlines()
        unit = json.loads(line)
        assert unit["options"]["unit"] == ["poolroll-web-1-w-2Eb-upgrade-0-0"]
        assert unit["options"]["property"] == ["KillMode=process"]
        assert unit["command"][0] == "/bin/sh"


@pytest.mark.skipif(shutil.which("systemd-run") is None, reason="no systemd here")
@pytest.mark.parametrize("more", [[], ["--no-such-option"]], ids=["ours", "another"])
def test_systemd_knows_the_options(more: list[str]) -> None:
    """The real one reads them, as far as it does without a systemd to speak to."""
    text = (Path(far.__file__).parent / "far.sh").read_text("utf-8")
    ours = text.partition("\n  systemd-run ")[2].partition('"$@"')[0]
    assert "--unit=" in ours
    script = f'name=poolroll-x key=x; set -- {" ".join(more)} --help; exec systemd-run {ours} "$@"'
    done = subprocess.run([program("sh"), "-c", script], capture_output=True, check=False)
    assert (done.returncode == 0) is (not more), done.stderr
