"""Why `ssh` could not do what it was asked to, from what it said (ssh(1); its messages are in
English everywhere)."""

import enum
import re
from dataclasses import dataclass


class Kind(enum.Enum):
    DOWN = "down"
    """It does not answer: for now, or for good."""
    NAME = "name"
    """Nobody knows its name, for now or for good."""
    DENIED = "denied"
    """It lets nobody in. While it starts or is upgraded, that may pass."""
    CHANGED = "changed"
    """Its host key is another one than before."""
    UNKNOWN = "unknown"
    """Its host key is not known here."""
    SHELL = "shell"
    """It let us in, but what should run our script did not."""
    SUDO = "sudo"
    """It let us in, and does not let us become root."""
    CUT = "cut"
    """The connection was there, and broke."""


FINAL = frozenset({Kind.DENIED, Kind.CHANGED, Kind.UNKNOWN, Kind.SHELL, Kind.SUDO})
"""Another try is not worth it, as long as nothing was begun there."""
PASSING = frozenset({Kind.DOWN, Kind.NAME, Kind.CUT})
"""Nobody was reached."""
KEYS = frozenset({Kind.CHANGED, Kind.UNKNOWN})


@dataclass(frozen=True)
class Failure:
    kind: Kind
    why: str
    """A sentence that begins with the host."""


_SIGNS = (
    (Kind.CHANGED, "REMOTE HOST IDENTIFICATION HAS CHANGED|differs from the key for the IP"),
    (Kind.UNKNOWN, "host key is known for|Host key verification failed"),
    (Kind.DENIED, "Permission denied|Too many authentication failures|not permitted to log in"),
    (Kind.NAME, "Could not resolve hostname"),
)
AUTHENTICATED = "Authenticated to "
"""Says ssh with LogLevel VERBOSE once it was let in."""
BY_PROXY = "(via proxy)"
"""It adds where it came through a jump host."""
UNKNOWN = "UNKNOWN port 65535"
"""What it calls a host behind one, where the connection to that fails."""
_CHATTER = re.compile(
    rf"{AUTHENTICATED}|Authenticating to |Warning: |Transferred: |Bytes per second|debug1|"
    r"Server accepts key|\*\*|\s*$|OpenSSH_|Connection established"
)
_BEHIND = re.compile(r"kex_exchange_identification: |stdio forwarding failed|.*UNKNOWN port 65535")
_MOST = 300


def failure_of(host: str, code: int, said: str, noise: str = "") -> Failure:
    """`said`: on standard error; `noise`: on standard output, where nothing of ours came."""
    kind = next((kind for kind, sign in _SIGNS if re.search(sign, said)), None)
    last = last_line(said)
    if kind is Kind.CHANGED:
        return Failure(kind, f"{host}: its host key has changed: {_offender(said)}")
    if kind is Kind.UNKNOWN:
        return Failure(kind, f"{host}: its host key is not known on this machine: {last}")
    if kind is Kind.DENIED:
        return Failure(kind, f"{host} does not let us in: {last}")
    if kind is Kind.NAME:
        return Failure(kind, f"{host} is not known by that name: {last}")
    if not let_in(said) and code in (255, -1):
        return Failure(Kind.DOWN, f"{host} does not answer to ssh: {last or 'no reason given'}")
    if code not in (255, -1) and last.startswith("sudo: "):
        return Failure(Kind.SUDO, f"{host}: no root by `sudo -n`: {last.removeprefix('sudo: ')}")
    if code not in (255, -1):
        told = last or last_line(noise)
        what = f": {told}" if told else ""
        return Failure(Kind.SHELL, f"{host}: no shell for the step (exit code {code}){what}")
    return Failure(Kind.CUT, f"the connection to {host} was cut: {last or 'no reason given'}")


def let_in(said: str) -> bool:
    """Whether the host itself did; a jump host before it does not count."""
    lines = [line for line in said.splitlines() if AUTHENTICATED in line]
    return any(BY_PROXY in line for line in lines) or (bool(lines) and UNKNOWN not in said)


def last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if not _CHATTER.match(line)]
    if lines and UNKNOWN in lines[-1]:
        # The ssh that goes to the jump host has said why before.
        lines = [line for line in lines if not _BEHIND.match(line)] or lines
    return lines[-1].removeprefix("ssh: ")[-_MOST:] if lines else ""


def _offender(said: str) -> str:
    """What stands in the way, and the new key."""
    lines = [line.strip() for line in said.splitlines()]
    print_ = next((line.rstrip(".") for line in lines if line.startswith("SHA256:")), "")
    place = next((line for line in lines if line.startswith("Offending")), "")
    return "; ".join(filter(None, (f"now {print_}" if print_ else "", place))) or lines[-1]


def nothing(host: str) -> Failure:
    """A session that came to its end and said nothing of use."""
    return Failure(Kind.CUT, f"{host} said nothing of its boot")
