"""Stops, starts and asks members' apps; as a program, what the demo's `upgrade.command` runs.

Like `app`, it imports nothing of ours and starts by its path. Exit codes: 0 done, or (`--is`) the
member runs that version; 1 (`--is`) it does not; 2 a fault.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

TERM_WITHIN = 5.0
"""Seconds an app has to end by itself: it cuts everything at once, so this is generous."""
LISTEN_WITHIN = 20.0
"""Seconds from the start of an app to its first connection, `boot_ms` not counted."""
ANSWER_WITHIN = 2.0

BOOT = "import sys; sys.path.append(sys.argv[1].rpartition('/')[0]); import app; app.main()"
"""For `python -c`, followed by the path of the app: a script would be compiled at each start."""


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


def start_app(home: Home) -> subprocess.Popen[bytes]:
    """Start the app in a session of its own, with none of our pipes in its hands.

    Returns at once. It ends by itself with the lifeline of its world. Raises Fault.
    """
    argv = [sys.executable, "-I", "-S", "-c", BOOT, str(Path(__file__).with_name("app.py"))]
    argv += [str(home.read_port()), home.name, str(home.state), str(home.lifeline)]
    with home.log.open("ab") as log:
        app = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            cwd=home.folder,
            start_new_session=True,
        )
    _replace(home.pid, f"{app.pid} {_started(app.pid)}")
    return app


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


def _behaviour(text: str) -> dict[str, Any]:
    values = json.loads(text)
    if not isinstance(values, dict):
        raise argparse.ArgumentTypeError("must be a JSON object")
    return values


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="upgrade", description="Upgrade one member of the demo.")
    parser.add_argument("--folder", type=Path, required=True, help="of the demo's world")
    parser.add_argument("--member", required=True)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--to", metavar="VERSION", help="upgrade to this version")
    what.add_argument("--is", dest="asked", metavar="VERSION", help="does it run this version?")
    parser.add_argument("--behaviour", type=_behaviour, default={}, help="JSON, as for the app")
    parser.add_argument("--takes-ms", type=float, default=0, help="how long the upgrade takes")
    parser.add_argument("--wait", action="store_true", help="until the new version listens")
    return parser.parse_args()


def main() -> int:
    given = _arguments()
    home = Home(given.folder, given.member)
    try:
        if given.asked is not None:
            home.read_port()
            return 0 if running_version(home) == given.asked else 1
        values = {**given.behaviour, "version": given.to}
        upgrade(home, values, given.takes_ms / 1000, wait=given.wait)
    except (Fault, OSError, ValueError) as error:
        print(f"upgrade: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
