"""What the program beside it is told, and how it says what came of it.

Both are known to `adapters.hosts.tasks`, which starts the program, and to the program itself.
"""

import json
import re

VARIABLE = "POOLROLL_HOST_JOB"
"""Holds the job, as JSON: neither on a command line nor on disk, for it may hold a secret."""
EXIT, LATE, LOST, NEVER = "exit", "late", "lost", "never"
FAILED, REFUSED, UNSEEN, RESET = "failed", "refused", "unseen", "reset"
AWAY = "away"
"""How a job has ended: with an exit code; at its timeout; nobody knows how; never begun; in a way
of its own; not begun at all; out of our sight; `reset` is wanted now; and, of a question: the host
was not reached."""

_HOWS = "|".join((EXIT, LATE, LOST, NEVER, FAILED, REFUSED, UNSEEN, RESET, AWAY))
_TRAILER = re.compile(rf"\n?\[poolroll-host ({_HOWS})(?: ([^\n]*))?\]\n?\Z")


def packed(job: object) -> str:
    return json.dumps(job)


def trailer(how: str, detail: str = "") -> bytes:
    """The last line of the program's output."""
    line = " ".join(f"{how} {detail}".split())
    return f"\n[poolroll-host {line}]\n".encode("utf-8", "backslashreplace")


def parted(output: str) -> tuple[str, str, str]:
    """Output, how it has ended, and the detail of that; no end where the program was cut off."""
    found = _TRAILER.search(output)
    if found is None:
        return output, "", ""
    return output[: found.start()], found[1], found[2] or ""
