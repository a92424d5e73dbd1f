"""What is sent to a host: one script for its /bin/sh, quoted exactly.

The login shell of the user there reads `SHELL` alone, which all shells read alike. The script comes
on standard input, as one group in braces: cut off half-way, none of it runs.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence

SHELL = "exec /bin/sh"
SUDO = "exec sudo -n /bin/sh"
STEP, BEGIN, LOOK, ASK = "step", "begin", "look", "ask"
"""What a session is for: run a step to its end, only begin it, only look, or ask a question."""
QUIET: Mapping[str, str] = {
    "DEBIAN_FRONTEND": "noninteractive",
    "APT_LISTCHANGES_FRONTEND": "none",
    "APT_LISTBUGS_FRONTEND": "none",
    "GIT_TERMINAL_PROMPT": "0",
    "SYSTEMD_PAGER": "cat",
    "PAGER": "cat",
    "TERM": "dumb",
}
"""So that no tool asks a question: nobody is there to answer."""
LONGEST = 200
"""Characters of the name of a folder, see NAME_MAX in pathconf(3)."""
_DIGEST = 32
_KIN = 100
"""Characters at most that all steps of a member share: they are whole in the name of a folder."""

_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120


def quoted(text: str) -> bytes:
    """For a POSIX shell, byte for byte."""
    return b"'" + os.fsencode(text).replace(b"'", b"'\\''") + b"'"


def folder_of(key: str) -> str:
    """The name of a job on the host: of its key, whose parts have no tilde. Cut off, it would be
    that of the same step in every rollout."""
    name = key.replace("/", "~")
    if len(name) <= LONGEST:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_DIGEST]
    return f"{digest}~{name[_DIGEST + 1 - LONGEST :]}"


def kin_of(key: str) -> str:
    """What the names of all jobs of a member of that name have in common, in any rollout."""
    parts = key.split("/")
    return f"~{'~'.join(parts[1:-1])}~"[-_KIN:] if len(parts) > 2 else folder_of(key)


def script(
    mode: str,
    nonce: str,
    key: str,
    argv: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    *,
    places: Iterable[str] = (),
    limit: int = 1,
    ok: Iterable[int] = (0,),
    joins: bool = False,
) -> bytes:
    """One session. `limit`: seconds that the step may take."""
    exports = [
        b"export %s=%s" % (os.fsencode(name), quoted(value))
        for name, value in {**QUIET, **(env or {})}.items()
    ]
    arguments = b"set -- " + b" ".join(map(quoted, argv))
    runner = [
        b'rm -f "$0"',
        b"job=$1 um=$2 limit=$3 ok=$4",
        *exports,
        arguments,
        _text("runner.sh"),
    ]
    end = b"END-%s" % nonce.encode()
    given = {
        "nonce": nonce,
        "mode": mode,
        "key": folder_of(key),
        "kin": kin_of(key),
        "places": "\n".join(places),
        "joins": str(int(joins)),
        "limit": str(max(1, limit)),
        "ok": f" {' '.join(map(str, sorted(ok)))} ",
    }
    lines = [
        b"{",
        *(b"%s=%s" % (name.encode(), quoted(value)) for name, value in given.items()),
        b"runner() { cat <<'%s'" % end,
        *runner,
        end,
        b"}",
        *exports,
        arguments,
        _text("far.sh"),
        b"exit 0; }",
    ]
    return b"\n".join(lines) + b"\n"


def _text(name: str) -> bytes:
    with open(f"{_HERE}/{name}", "rb") as file:  # noqa: PTH123 - pathlib is slow to import
        return file.read()
