"""One session over `ssh`: the script in, the answer out."""

import os
import selectors
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from adapters.hosts.driver import far
from adapters.hosts.driver.words import Failure, Kind, failure_of, let_in

MOST = 4 << 20
"""Bytes of one answer: the host sends 2 MiB of output at most."""
MOST_SAID = 64 * 1024
SILENT = 60.0
"""Seconds: the host says more often that it lives."""
CHUNK = 65536
PATIENCE = 2.0
"""Seconds that ssh has to end, once both its streams have."""
BASE = (
    *("BatchMode=yes", "ControlMaster=no", "ControlPath=none", "RequestTTY=no"),
    *("LogLevel=VERBOSE", "ClearAllForwardings=yes", "ForwardX11=no", "PermitLocalCommand=no"),
)
"""What no configuration may change: nobody is there to answer, and no connection is shared."""
STRICT = "StrictHostKeyChecking"


@dataclass
class Answer:
    lines: list[list[str]] = field(default_factory=list)
    """What the host said between the marks, as words."""
    output: bytes = b""
    is_whole: bool = False
    """It came to its end."""
    failure: Failure | None = None
    was_in: bool = False
    """ssh was let in, so the script may have run."""

    def words(self, name: str) -> list[str] | None:
        """Of the last line that begins so."""
        return next((line[1:] for line in reversed(self.lines) if line[0] == name), None)


def argv_of(access: Mapping[str, object]) -> list[str]:
    """`access`: see `controller.hosts.Access`."""
    options = [str(one) for one in access["options"]]  # type: ignore[attr-defined]
    given = {one.partition("=")[0].strip().lower() for one in options}
    argv = ["ssh", "-T", *(f"-o{one}" for one in BASE)]
    argv += [f"-o{one}" for one in options]
    argv.append(f"-oConnectTimeout={access['connect_timeout']}")
    if STRICT.lower() not in given:
        argv.append(f"-o{STRICT}=yes")
    argv += ["-oServerAliveInterval=15", "-oServerAliveCountMax=3"]
    argv += [f"-oUser={access['user']}"] if access["user"] else []
    argv += [f"-oPort={access['port']}"] if access["port"] else []
    argv += [f"-oProxyJump={access['jump']}"] if access["jump"] else []
    return [*argv, "--", str(access["host"]), far.SUDO if access["sudo"] else far.SHELL]


def talk(argv: Sequence[str], host: str, nonce: str, script: bytes, until: float) -> Answer:
    """`until`: on the monotonic clock; then ssh is ended. Raises OSError when ssh is not there."""
    process = subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    )
    try:
        out, said, is_late = _exchange(process, script, until, f"{nonce} over\n".encode())
        code = _end(process, 0.0 if is_late else PATIENCE)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()
    answer = parsed(out, nonce)
    told = said.decode("utf-8", "replace")
    answer.was_in = let_in(told) or bool(answer.lines)
    if len(out) >= MOST:
        answer.failure = Failure(Kind.SHELL, f"{host} sent more than {MOST >> 20} MiB")
    elif not answer.is_whole and is_late:
        answer.failure = Failure(Kind.CUT, f"no answer from {host} in time")
    elif not answer.is_whole:
        noise = out.decode("utf-8", "replace")
        answer.failure = failure_of(host, code if not answer.lines else 255, told, noise)
    return answer


def _end(process: "subprocess.Popen[bytes]", patience: float) -> int:
    """Its exit code, where it is about to end by itself."""
    try:
        return process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _exchange(
    process: "subprocess.Popen[bytes]", script: bytes, until: float, end: bytes
) -> tuple[bytes, bytes, bool]:
    """What came on standard output and error, and whether the time was over."""
    out, said, left = bytearray(), bytearray(), memoryview(script)
    quiet_since = time.monotonic()
    with selectors.DefaultSelector() as ready:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        os.set_blocking(process.stdin.fileno(), False)
        ready.register(process.stdin, selectors.EVENT_WRITE)
        ready.register(process.stdout, selectors.EVENT_READ, out)
        ready.register(process.stderr, selectors.EVENT_READ, said)
        streams = 2
        while streams:
            now = time.monotonic()
            if now >= min(until, quiet_since + SILENT):
                return bytes(out), bytes(said), True
            for key, _ in ready.select(min(until, quiet_since + SILENT) - now):
                if key.data is None:
                    left = _sent(process, left)
                    if not left:
                        ready.unregister(process.stdin)
                        process.stdin.close()
                    continue
                quiet_since = time.monotonic()
                chunk = os.read(key.fd, CHUNK)
                if not chunk:
                    ready.unregister(key.fileobj)
                    streams -= 1
                key.data.extend(chunk)
            del said[:-MOST_SAID]
            if out.endswith(end) or len(out) >= MOST:
                break  # it may have left somebody behind who keeps the connection open
    return bytes(out), bytes(said), False


def _sent(process: "subprocess.Popen[bytes]", left: memoryview) -> memoryview:
    """What is left to be sent; nothing when nobody reads any more."""
    assert process.stdin is not None
    try:
        return left[os.write(process.stdin.fileno(), left[:CHUNK]) :]
    except BlockingIOError:
        return left
    except BrokenPipeError:
        return memoryview(b"")


def parsed(out: bytes, nonce: str) -> Answer:
    """Lines that begin with the nonce are the host's; what comes after `begun` of a question, and
    after `ended` of a step, is output. What a login shell prints before is left out."""
    answer, mark = Answer(), nonce.encode() + b" "
    end = b"\n" + mark + b"over\n"
    answer.is_whole = out.endswith(end)
    at = 0
    while at < len(out):
        stop = out.find(b"\n", at)
        line = out[at : stop if stop >= 0 else len(out)]
        at = stop + 1 if stop >= 0 else len(out)
        if stop < 0 or not line.startswith(mark):
            continue
        words = line[len(mark) :].decode("utf-8", "replace").split(" ")
        answer.lines.append(words)
        if words[0] == "ended" and answer.is_whole:
            answer.output = out[at : len(out) - len(end)]
            break
        if words[0] == "asked" and answer.is_whole:
            body, _, tail = out[at : len(out) - len(end)].rpartition(b"\n" + mark)
            answer.output = body
            answer.lines.append(tail.decode("utf-8", "replace").split(" "))
            break
    return answer
