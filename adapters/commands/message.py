"""What the helper is told, and how it tells that a command could not be started. It imports nothing
of ours."""

import errno
import os

CONTROL_FD = 0
LONGEST = 200
"""Characters of a program's name that are told."""
NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP)


class Spec:
    """A job as it comes over the control socket: a length, then fields that end in NUL."""

    def __init__(self, payload: bytes) -> None:
        timeout, grace, levels, folder, self.cwd, ok, count, *rest = payload.split(b"\0")[:-1]
        self.timeout, self.grace, self.levels = float(timeout), float(grace), int(levels)
        self.folder = os.fsdecode(folder)
        self.well = {f"exit {code}" for code in ok.decode().split()}
        """Outcomes that are a success."""
        self.argv, added = rest[: int(count)], rest[int(count) :]
        self.env = {**os.environb, **dict(entry.split(b"=", 1) for entry in added)}

    @staticmethod
    def pack(fields: list[bytes]) -> bytes:
        payload = b"".join(field + b"\0" for field in fields)
        return b"%016x" % len(payload) + payload

    @classmethod
    def receive(cls) -> "Spec | None":
        """None when the sender was cut off: nothing was begun then."""
        data, wanted = b"", 16
        while len(data) < wanted:
            if not (chunk := os.read(CONTROL_FD, 65536)):
                return None
            data += chunk
            if len(data) >= 16:
                wanted = 16 + int(data[:16], 16)
        return cls(data[16:])


def explain(stage: str, number: int, name: str, cwd: str) -> str:
    """Why a command could not be started. `stage`: `cwd`, `interpreter` or `exec`."""
    name = name if len(name) <= LONGEST else name[:LONGEST] + "..."
    if stage == "cwd":
        return f"{name}: working directory {cwd!r}: {os.strerror(number)}"
    if stage == "interpreter":
        return f"{name}: the interpreter in its first line was not found"
    if number in NOT_THERE:
        return f"{name}: command not found"
    if number == errno.EACCES and "/" not in name:  # of a folder on PATH, or of the program
        return f"{name}: not found, or not executable for this user ({os.strerror(number)})"
    if number == errno.EACCES:
        return f"{name}: not executable for this user ({os.strerror(number)})"
    return f"{name}: {os.strerror(number)}"
