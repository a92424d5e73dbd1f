"""Stops, starts and asks members' apps.

Like `app`, it imports nothing of ours, and little: `tool` is started for each upgrade.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

TYPE_CHECKING = False  # as `typing` has it, without the time to import that
if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping
    from typing import Any

TERM_WITHIN = 5.0
"""Seconds an app has to end by itself: it cuts everything at once, so this is generous."""
LISTEN_WITHIN = 20.0
"""Seconds from the start of an app to its first connection, `boot_ms` not counted."""
ANSWER_WITHIN = 2.0

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

    __slots__ = ("folder", "name")

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name

    @property
    def state(self) -> Path:
        return self.folder / f"{self.name}.json"

    @property
    def pid(self) -> Path:
        """Process id and start time (proc(5), field 22): together they name one process."""
        return self.folder / f"{self.name}.pid"

    @property
    def port(self) -> Path:
        return self.folder / f"{self.name}.port"

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    @property
    def lifeline(self) -> Path:
        return self.folder / "lifeline"

    @property
    def forker(self) -> Path:
        """The socket at which apps can be had, of the whole world."""
        return self.folder / "apps.sock"

    def read_port(self) -> int:
        try:
            return int(self.port.read_text())
        except (OSError, ValueError) as error:
            raise Fault(f"{self.name}: no member of the world in {self.folder}") from error


def read_state(home: Home) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(home.state.read_text())
    return values


def write_state(home: Home, values: Mapping[str, Any]) -> None:
    _replace(home.state, json.dumps(values))


def start_app(home: Home) -> subprocess.Popen[bytes] | None:
    """Start the app in a session of its own, with none of our pipes in its hands: forked by the
    forker of its world (None), or as a child of ours where there is none, or another user's.

    Returns at once. It ends by itself with the lifeline of its world. Raises Fault.
    """
    pid, child = _forked(home), None
    if pid is None:
        argv = [str(home.read_port()), home.name, str(home.state), str(home.lifeline)]
        with home.log.open("ab") as log:
            child = _python(home.folder, "main()", *argv, stderr=log.fileno())
        pid = child.pid
    _replace(home.pid, f"{pid} {_started(pid)}")
    return child


def start_forker(home: Home, listener: int) -> subprocess.Popen[bytes]:
    """Start what forks apps, for the descriptor of a listening socket. See `app.fork_for`."""
    with home.log.open("ab") as log:
        call = f"fork_for({listener}, sys.argv[2])"
        return _python(home.folder, call, str(home.lifeline), stderr=log.fileno(), keep=listener)


def _python(
    folder: Path, call: str, *argv: str, stderr: int, keep: int | None = None
) -> subprocess.Popen[bytes]:
    """A process of `app`, at that call."""
    import subprocess  # takes as long to load as all the others

    path = str(Path(__file__).with_name("app.py"))
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
    request = "\0".join([home.name, str(home.read_port()), str(home.state), str(home.log)])
    try:
        if home.forker.stat().st_uid != os.geteuid():
            return None
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as link:
            link.connect(str(home.forker))
            link.sendall(request.encode())
            return int(link.recv(64) or 0) or None
    except OSError:
        return None


def running_pid(home: Home) -> int | None:
    """The process id of the member's app, or None when it does not run."""
    try:
        pid, started = home.pid.read_text().split()
    except FileNotFoundError:
        return None
    return int(pid) if _started(int(pid)) == started else None


def stop_app(home: Home) -> None:
    """End the member's app, if it runs: TERM, then KILL. Raises Fault when it cannot be ended."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if (pid := running_pid(home)) is None:
            return
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        if _wait(lambda: running_pid(home) is None, TERM_WITHIN):
            return
    raise Fault(f"{home.name}: its process does not end")


def wait_listening(home: Home) -> None:
    """Return when the app takes connections. Raises Fault, with its log, when it does not."""
    boot = float(read_state(home).get("boot_ms", 0)) / 1000
    _wait(lambda: running_pid(home) is None or _listens(home), LISTEN_WITHIN + boot)
    if running_pid(home) is None or not _listens(home):
        raise Fault(f"{home.name}: does not listen: {home.log.read_text()[-2000:].strip()}")


def running_version(home: Home) -> str | None:
    """The version that the running app says it is, or None when none answers."""
    try:
        with socket.create_connection(("127.0.0.1", home.read_port()), ANSWER_WITHIN) as link:
            link.sendall(b"GET /health HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n\r\n")
            reply = b""
            while b"\r\n\r\n" not in reply and (chunk := link.recv(4096)):
                reply += chunk
    except OSError:
        return None
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
        wait_listening(home)


def _replace(path: Path, text: str) -> None:
    """A reader sees the old file or the new one, never half of it."""
    fresh = path.with_suffix(f"{path.suffix}.{os.getpid()}.new")
    fresh.write_text(text)
    fresh.replace(path)


def _started(pid: int) -> str | None:
    """When a process started, in clock ticks; None when it is gone or only waits to be reaped. One
    whose threads are still ending has its sockets yet (proc(5), `num_threads` of a zombie)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, threads, started = fields[0], int(fields[17]), fields[19]
    return None if state in "ZX" and threads <= 1 else started


def _listens(home: Home) -> bool:
    try:
        socket.create_connection(("127.0.0.1", home.read_port()), ANSWER_WITHIN).close()
    except OSError:
        return False
    return True


def _wait(condition: Callable[[], bool], within: float) -> bool:
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def _given(arguments: list[str]) -> dict[str, str]:
    # argparse takes longer to load than all that is done here.
    given, left = {"--behaviour": "{}", "--takes-ms": "0"}, iter(arguments)
    for argument in left:
        name, is_whole, value = argument.partition("=")
        if name not in OPTIONS:
            raise Fault(f"{argument}: not one of {' '.join(OPTIONS)}")
        given[name] = value if is_whole or name == "--wait" else next(left, "")
    if not {"--folder", "--member"} <= given.keys() or ("--to" in given) is ("--is" in given):
        raise Fault("--folder, --member and either --to or --is are needed")
    return given


def _values(given: Mapping[str, str]) -> dict[str, Any]:
    behaviour = json.loads(given["--behaviour"])
    if not isinstance(behaviour, dict):
        raise Fault("--behaviour must be a JSON object")
    return {**behaviour, "version": given["--to"]}


def main() -> int:
    try:
        given = _given(sys.argv[1:])
        home = Home(Path(given["--folder"]), given["--member"])
        if "--is" in given:
            home.read_port()
            return 0 if running_version(home) == given["--is"] else 1
        takes = float(given["--takes-ms"]) / 1000
        upgrade(home, _values(given), takes, wait="--wait" in given)
    except (Fault, OSError, ValueError) as error:
        print(f"upgrade: {error}", file=sys.stderr)
        return 2
    return 0
