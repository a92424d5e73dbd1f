"""What a person types in place of poolroll does the same as poolroll would."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from controller.foreign import address
from controller.hosts import Access, HostCommand, Reboot
from controller.tasks import Command, Task
from controller.typed import for_any, in_folder, typed
from tests.support.tables import table

LIMIT = timedelta(seconds=5)
HOST = address("db1.lan")
WHOLE = Access(HOST, "admin", 2222, "gw@jump:22", ("IdentityFile=/etc/k y", "Ciphers=a"), sudo=True)
WORDS = ("rm", "-f", "/srv/sorry page", "it's", "$HOME")


@table(
    "task text",
    {
        "nothing": (None, ""),
        "here": (Command(("./lb.sh", "out", "a b"), LIMIT), "./lb.sh out 'a b'"),
        "there": (HostCommand(Access(HOST), ("rm", "x"), LIMIT), "ssh db1.lan 'rm x'"),
        "as ssh is told to": (
            HostCommand(WHOLE, ("rm", "x"), LIMIT),
            "ssh -o 'IdentityFile=/etc/k y' -o Ciphers=a -l admin -p 2222 -J gw@jump:22 db1.lan "
            "'sudo rm x'",
        ),
        "what nobody types": (Reboot(Access(HOST), LIMIT), ""),
    },
)
def test_words(task: Task | None, text: str) -> None:
    assert typed(task) == text


def test_it_arrives_as_it_is(tmp_path: Path) -> None:
    """Through the shell here, ssh, which joins its words, and the shell there."""
    ssh, rm = tmp_path / "ssh", tmp_path / "rm"
    ssh.write_text('#!/bin/sh\nfor last; do :; done\nexec /bin/sh -c "$last"\n')
    rm.write_text("#!/bin/sh\nprintf '%s\\n' rm \"$@\"\n")
    for one in (ssh, rm):
        one.chmod(0o755)
    line = typed(HostCommand(Access(HOST), WORDS, LIMIT))
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": "/root"}
    said = subprocess.run(
        ["/bin/sh", "-c", line], env=environment, capture_output=True, text=True, check=True
    )
    assert tuple(said.stdout.splitlines()) == WORDS


@pytest.mark.parametrize(
    ("commands", "form", "each"),
    [
        ({"db1": "out db1", "db2": "out db2"}, "out {member}", False),
        ({"db1": "ssh db1.lan 'off db1'"}, "ssh {member}.lan 'off {member}'", False),
        ({"db1": "", "db2": ""}, "", False),
        ({"db1": "ssh -p 22 db1", "db2": "ssh -p 23 db2"}, "", True),
        ({"db1": "out 10.0.0.1", "db2": "out 10.0.0.2"}, "", True),
    ],
)
def test_for_any(commands: dict[str, str], form: str, each: bool) -> None:
    """One form where only the name differs, so that a long pool has one line."""
    assert for_any(commands) == (form, commands if each else {})


def test_where() -> None:
    there = HostCommand(Access(HOST), ("rm",), LIMIT)
    assert in_folder(None, there) == ""
    assert in_folder(there, Command(("./x",), LIMIT, cwd="/srv")) == "in /srv"
