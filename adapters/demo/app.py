"""A small HTTP/1.1 server: one member of the demo's pool, in a process of its own.

Imports the standard library alone, little of it, and nothing of ours, so that it starts by itself,
under `python -I -S`, in a few hundredths of a second (see `BOOT` of `upgrade`); and in a few
thousandths from a process that has imported it (see `fork_for`). Each client has a thread, which
ends with the process. Its state is a JSON file:

    version     read once, at the start: an upgrade is a new file and a new process
    boot_ms     milliseconds from the start to the first connection taken
    health      status of `/health`
    error_ratio share of requests answered 500, at random (`/health` stays as it is)
    slow_ms     milliseconds that each request takes (`/health` stays as it is)
    fail_every  every so many-th request is answered 500: the same, evenly spread

All but the first two are looked up again when the file is replaced.
"""

import json
import os
import select
import signal
import socket
import sys
import threading
import time

TYPE_CHECKING = False  # as `typing` has it, without the time to import that
if TYPE_CHECKING:
    from typing import Any

HEAD_LIMIT = 16_384
"""Bytes of one request's head; HAProxy sends far less."""
SLOW_DEFAULT = 0.1
"""Seconds that `/slow` takes when it is not told."""
SLOW_LIMIT = 60_000
"""Milliseconds that `/slow` may be asked to take."""
BACKLOG = 256


class State:
    """The state file, read again when it is another one."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._values: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._served = 0
        self.refresh()
        self.version = str(self._values.get("version", "v1"))
        self.boot = float(self._values.get("boot_ms", 0)) / 1000

    def refresh(self) -> None:
        found = os.stat(self._path)
        with self._lock:
            if self._stamp != (stamp := (found.st_ino, found.st_mtime_ns)):
                with open(self._path) as file:
                    self._values = json.load(file)
                self._stamp = stamp

    @property
    def health(self) -> int:
        return int(self._values.get("health", 200))

    def be_slow(self) -> None:
        if slow := float(self._values.get("slow_ms", 0)):
            time.sleep(slow / 1000)

    def next_fails(self) -> bool:
        """Whether the request now to be answered is one of those that fail."""
        with self._lock:
            self._served += 1
            every = int(self._values.get("fail_every", 0))
            if every and self._served % every == 0:
                return True
        share = float(self._values.get("error_ratio", 0))
        return share > 0 and int.from_bytes(os.urandom(4), "big") < share * 2**32


class Connection:
    """One client: requests are answered in turn, each whole before the next is looked at."""

    def __init__(self, name: str, state: State, link: socket.socket) -> None:
        self._name = name
        self._state = state
        self._link = link
        self._buffer = b""

    def serve(self) -> None:
        """Return when either side has closed it."""
        with self._link:
            try:
                while (head := self._next_head()) is not None:
                    if not self._take(head):
                        self._close()
                        return
            except OSError:
                return  # the client is gone

    def _next_head(self) -> str | None:
        while b"\r\n\r\n" not in self._buffer:
            if len(self._buffer) > HEAD_LIMIT:
                self._answer(431, "head too long", close=True)
                self._close()
                return None
            if not (chunk := self._link.recv(65_536)):
                return None
            self._buffer += chunk
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        return head.decode("latin-1")

    def _take(self, head: str) -> bool:
        """Answer one request; False when it was the last."""
        line, *headers = head.split("\r\n")
        words = line.split(" ")
        if len(words) != 3 or words[0] != "GET":
            self._answer(405, "GET only", close=True)
            return False
        close = any(h.lower().replace(" ", "") == "connection:close" for h in headers)
        path, _, query = words[1].partition("?")
        self._state.refresh()
        if path == "/health":
            status = self._state.health
        else:
            status = 500 if self._state.next_fails() else 200
        if path == "/slow":
            time.sleep(_delay(query))
        elif path != "/health":
            self._state.be_slow()
        self._answer(status, self._state.version, close=close)
        return not close

    def _answer(self, status: int, text: str, *, close: bool) -> None:
        """The reason phrase may be empty (RFC 9112, section 4)."""
        body = f"{text}\n"
        lines = [
            f"HTTP/1.1 {status} ",
            "Content-Type: text/plain",
            f"Content-Length: {len(body)}",
            f"X-Version: {self._state.version}",
            f"X-Member: {self._name}",
            *(["Connection: close"] if close else []),
        ]
        self._link.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    def _close(self) -> None:
        """What the client still sends is read, or the reply might be lost (RFC 9112, section
        9.6)."""
        self._link.shutdown(socket.SHUT_WR)
        self._link.settimeout(1)
        while self._link.recv(65_536):
            pass


def _delay(query: str) -> float:
    """Seconds that a slow request takes: as its `ms` has it."""
    fields = (field.partition("=") for field in query.split("&"))
    wanted = next((value for name, _, value in fields if name == "ms"), "")
    return min(int(wanted), SLOW_LIMIT) / 1000 if wanted.isdecimal() else SLOW_DEFAULT


def listen(port: int) -> socket.socket:
    """A listening socket on loopback. It shares its port with a socket that merely reserves it
    (socket(7), SO_REUSEPORT)."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def hold(lifeline: str | None) -> int | None:
    """The FIFO opened for reading; None without one. Exits when nobody holds it for writing."""
    if lifeline is None:
        return None
    line = os.open(lifeline, os.O_RDONLY | os.O_NONBLOCK)
    try:
        os.read(line, 1)
    except BlockingIOError:
        return line
    sys.exit(0)


def serve(name: str, port: int, state: State, lifeline: str | None) -> None:
    """Serve until SIGTERM, whose default action cuts everything at once, or until the last process
    that holds the FIFO `lifeline` open for writing is gone, however it went (fifo(7))."""
    watched = select.poll()
    line = hold(lifeline)
    if line is not None:
        watched.register(line)
    if watched.poll(state.boot * 1000):
        return
    listener = listen(port)
    watched.register(listener, select.POLLIN)
    while all(number == listener.fileno() for number, _ in watched.poll()):
        try:
            link, _ = listener.accept()
        except OSError:
            continue  # it has left again
        link.setblocking(True)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = Connection(name, state, link)
        threading.Thread(target=client.serve, daemon=True).start()


def run(name: str, port: str, state: str, lifeline: str | None) -> None:
    """See `serve`. Exits with one line when it cannot."""
    try:
        serve(name, int(port), State(state), lifeline)
    except (OSError, ValueError) as error:
        sys.exit(f"{name}: {error}")


def fork_for(asked: int, lifeline: str) -> None:
    """Start an app for each connection to the listening socket `asked` (its descriptor), as a
    process of its own, until nobody holds the FIFO `lifeline` open for writing.

    A request is one packet, `NAME PORT STATE LOG LIFELINE` with NULs in between, the last one that
    of the app; the answer is the process id. The kernel reaps what ends (waitpid(2), SIGCHLD
    ignored).
    """
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=asked) as listener:
        line, watched = hold(lifeline), select.poll()
        watched.register(listener, select.POLLIN)
        if line is not None:
            watched.register(line)
        while all(number == asked for number, _ in watched.poll()):
            link, _ = listener.accept()
            with link:
                if not (request := link.recv(HEAD_LIMIT)):
                    continue
                if (pid := os.fork()) == 0:
                    break
                link.sendall(str(pid).encode())
        else:
            return
    name, port, state, log, of_app = request.decode().split("\0")
    _leave_home(log)
    if line is not None:
        os.close(line)
    run(name, port, state, of_app)


def _leave_home(log: str) -> None:
    """Be as if started by itself, with what it says in `log`."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    os.dup2(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666), 2)


def main() -> None:
    """`FILE PORT NAME STATE LIFELINE`; see `serve`."""
    port, name, state, *lifeline = sys.argv[2:]
    run(name, port, state, lifeline[0] if lifeline else None)
