"""Stops, starts and asks members' apps.

Like `app`, it imports nothing of ours, and little: `tool` is started for each upgrade. `json`,
`pathlib`, `signal` and `socket` take longer to load than Python to start; what an ordinary upgrade
needs of them is beneath them.
"""

from __future__ import annotations

import os
import sys
import time
from _socket import AF_INET, AF_UNIX, SOCK_SEQPACKET, SOCK_STREAM
from _socket import socket as Socket  # noqa: N812

TYPE_CHECKING = False  # as `typing` has it, without the time to import that
if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import Any

TERM_WITHIN = 5.0
"""Seconds an app has to end by itself: it cuts everything at once, so this is generous."""
LISTEN_WITHIN = 20.0
"""Seconds from the start of an app to its first connection, `boot_ms` not counted."""
ANSWER_WITHIN = 2.0

TERM, KILL = 15, 9
"""Signals (signal(7))."""

OPTIONS = ("--folder", "--member", "--to", "--is", "--behaviour", "--takes-ms", "--wait")
"""Upgrade the member of that world to a version, which behaves as the JSON says, in so many
milliseconds; with `--wait`, until it listens. Or ask whether it runs that version."""

BOOT = "import sys; sys.path.append(sys.argv[1].rpartition('/')[0]); import app; app."
"""For `python -c`, with what to call, followed by the path of the app: a script would be compiled
at each start."""


class Fault(Exception):
    """What could not be done, in one line."""


class Home:
    """Where a member's app lives: its files in the folder of its world."""

    def __init__(self, folder: Path | str, name: str) -> None:
        self.folder = str(folder)
        self.name = name
        place = f"{folder}/{name}"
        self.state, self.port, self.log = f"{place}.json", f"{place}.port", f"{place}.log"
        self.pid = f"{place}.pid"
        """Process id and start time (proc(5), field 22): together they name one process."""
        self.lifeline = f"{folder}/lifeline"
        self.forker = f"{folder}/apps.sock"
        """The socket at which apps can be had, of the whole world."""

    def write_port(self, port: int) -> None:
        _replace(self.port, str(port))

    def read_port(self) -> int:
        try:
            return int(_read(self.port))
        except (OSError, ValueError) as error:
            raise Fault(f"{self.name}: no member of the world in {self.folder}") from error


def read_state(home: Home) -> dict[str, Any]:
    import json

    values: dict[str, Any] = json.loads(_read(home.state))
    return values


def write_state(home: Home, values: Mapping[str, Any]) -> None:
    _replace(home.state, _as_json(values))


def _as_json(values: Mapping[str, Any]) -> str:
    version = str(values.get("version"))
    if [*values] == ["version"] and version.isascii() and version.isalnum():
        return f'{{"version": "{version}"}}'
    import json

    return json.dumps(values)


def start_app(home: Home) -> subprocess.Popen[bytes] | None:
    """Start the app in a session of its own, with none of our pipes in its hands: forked by the
    forker of its world (None), or as a child of ours where there is none, or another user's.

    Returns at once. It ends by itself with the lifeline of its world. Raises Fault.
    """
    pid, child = _forked(home), None
    if pid is None:
        argv = [str(home.read_port()), home.name, home.state, home.lifeline]
        with open(home.log, "ab") as log:
            child = _python(home.folder, "main()", *argv, stderr=log.fileno())
        pid = child.pid
    _replace(home.pid, f"{pid} {_started(pid)}")
    return child


def start_forker(home: Home, listener: int) -> subprocess.Popen[bytes]:
    """Start what forks apps, for the descriptor of a listening socket. See `app.fork_for`."""
    with open(home.log, "ab") as log:
        call = f"fork_for({listener}, sys.argv[2])"
        return _python(home.folder, call, home.lifeline, stderr=log.fileno(), keep=listener)


def _python(
    folder: str, call: str, *argv: str, stderr: int, keep: int | None = None
) -> subprocess.Popen[bytes]:
    """A process of `app`, at that call."""
    import subprocess  # takes as long to load as all the others

    path = f"{__file__.rpartition('/')[0]}/app.py"
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", BOOT + call, path, *argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        cwd=folder,
        start_new_session=True,
        pass_fds=[] if keep is None else [keep],
    )


def _forked(home: Home) -> int | None:
    """The process id of an app that the forker made; None when there is no forker of ours."""
    told = [home.name, str(home.read_port()), home.state, home.log, home.lifeline]
    link = Socket(AF_UNIX, SOCK_SEQPACKET)
    try:
        if os.stat(home.forker).st_uid != os.geteuid():
            return None
        link.connect(home.forker)
        link.sendall("\0".join(told).encode())
        return int(link.recv(64) or 0) or None
    except OSError:
        return None
    finally:
        link.close()


def running_pid(home: Home) -> int | None:
    """The process id of the member's app, or None when it does not run."""
    try:
        pid, started = _read(home.pid).split()
    except FileNotFoundError:
        return None
    return int(pid) if _started(int(pid)) == started else None


def stop_app(home: Home) -> None:
    """End the member's app, if it runs: TERM, then KILL. Raises Fault when it cannot be ended."""
    for number in (TERM, KILL):
        if (pid := running_pid(home)) is None:
            return
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        if _wait(lambda: running_pid(home) is None, TERM_WITHIN):
            return
    raise Fault(f"{home.name}: its process does not end")


def wait_listening(home: Home, values: Mapping[str, Any] | None = None) -> None:
    """Return when the app takes connections. Raises Fault, with its log, when it does not.
    `values`: what is in its state file, where that is known."""
    boot = float((values or read_state(home)).get("boot_ms", 0)) / 1000
    _wait(lambda: running_pid(home) is None or _listens(home), LISTEN_WITHIN + boot)
    if running_pid(home) is None or not _listens(home):
        raise Fault(f"{home.name}: does not listen: {_read(home.log)[-2000:].strip()}")


def running_version(home: Home) -> str | None:
    """The version that the running app says it is, or None when none answers."""
    if (link := _connected(home)) is None:
        return None
    try:
        link.sendall(b"GET /health HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n\r\n")
        reply = b""
        while b"\r\n\r\n" not in reply and (chunk := link.recv(4096)):
            reply += chunk
    except OSError:
        return None
    finally:
        link.close()
    for line in reply.decode("latin-1").split("\r\n"):
        if line.startswith("X-Version: "):
            return line.removeprefix("X-Version: ")
    return None


def upgrade(home: Home, values: Mapping[str, Any], takes: float, *, wait: bool) -> None:
    """Replace the app by one of the version in `values`; `takes` seconds pass in between."""
    home.read_port()
    stop_app(home)
    write_state(home, values)
    time.sleep(takes)
    start_app(home)
    if wait:
        wait_listening(home, values)


def _read(path: str) -> str:
    with open(path) as file:
        return file.read()


def _replace(path: str, text: str) -> None:
    """A reader sees the old file or the new one, never half of it."""
    fresh = f"{path}.{os.getpid()}.new"
    with open(fresh, "w") as file:
        file.write(text)
    os.replace(fresh, path)


def _started(pid: int) -> str | None:
    """When a process started, in clock ticks; None when it is gone or only waits to be reaped. One
    whose threads are still ending has its sockets yet (proc(5), `num_threads` of a zombie)."""
    try:
        fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, threads, started = fields[0], int(fields[17]), fields[19]
    return None if state in "ZX" and threads <= 1 else started


def _connected(home: Home) -> Socket | None:
    where, link = ("127.0.0.1", home.read_port()), Socket(AF_INET, SOCK_STREAM)
    try:
        link.settimeout(ANSWER_WITHIN)
        link.connect(where)
    except OSError:
        link.close()
        return None
    return link


def _listens(home: Home) -> bool:
    if (link := _connected(home)) is not None:
        link.close()
    return link is not None


def _wait(condition: Callable[[], bool], within: float) -> bool:
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def _given(arguments: list[str]) -> dict[str, str]:
    # argparse takes longer to load than all that is done here.
    given, left = {"--takes-ms": "0"}, iter(arguments)
    for argument in left:
        name, is_whole, value = argument.partition("=")
        if name not in OPTIONS:
            raise Fault(f"{argument}: not one of {' '.join(OPTIONS)}")
        given[name] = value if is_whole or name == "--wait" else next(left, "")
    if not {"--folder", "--member"} <= given.keys() or ("--to" in given) is ("--is" in given):
        raise Fault("--folder, --member and either --to or --is are needed")
    return given


def _values(given: Mapping[str, str]) -> dict[str, Any]:
    import json

    behaviour = json.loads(given["--behaviour"])
    if not isinstance(behaviour, dict):
        raise Fault("--behaviour must be a JSON object")
    return {**behaviour, "version": given["--to"]}


def main() -> int:
    try:
        given = _given(sys.argv[1:])
        home = Home(given["--folder"], given["--member"])
        if "--is" in given:
            home.read_port()
            return 0 if running_version(home) == given["--is"] else 1
        takes = float(given["--takes-ms"]) / 1000
        values = _values(given) if "--behaviour" in given else {"version": given["--to"]}
        upgrade(home, values, takes, wait="--wait" in given)
    except (Fault, OSError, ValueError) as error:
        print(f"upgrade: {error}", file=sys.stderr)
        return 2
    return 0
