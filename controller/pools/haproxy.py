"""Pools behind HAProxy: their settings, the grammar of Runtime API endpoints, and the facts that
the plan and `init` need. Pure.

An endpoint is where a Runtime API listens (HAProxy configuration manual, `stats socket`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv6Address, ip_address
from typing import Final

MAX_PATH: Final = 107
"""Bytes of a UNIX socket's path, without the closing NUL (unix(7), `sun_path`)."""

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,252})")
_FORMS = "is not the address of a Runtime API; write unix:/path/of.sock or tcp:HOST:PORT"


AGENT: Final = "agent"
"""What is kept of a line besides its weight (`Line.keep`): that its agent check was on."""


@dataclass(frozen=True, slots=True)
class HaproxyPool:
    """Where the pool is: every HAProxy in front of it, and the backends a member is in."""

    apis: tuple[str, ...]
    """Endpoints, each a text that `parse_endpoint` reads."""
    backends: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OtherServer:
    """A server of a backend that is not listed."""

    backend: str
    name: str
    address: str
    """Without brackets; empty where it is not known."""
    port: int
    has_users: bool
    """Neither in maintenance nor a backup."""

    @property
    def path(self) -> str:
        return f"{self.backend}/{self.name}"


@dataclass(frozen=True, slots=True)
class HaproxyFacts:
    """What one HAProxy is and can do: nothing here changes during a rollout."""

    api: str
    """Its endpoint, as the rollout file has it."""
    version: str
    """As HAProxy prints it, like `2.6.12-1+deb12u4`."""
    level: str
    """Permission level of the endpoint: `admin`, `operator` or `user`."""
    sticky: Mapping[str, str]
    """Backends with persistence → what kind, like `cookie SRV` or `stick table`."""
    trackers: tuple[tuple[str, str], ...]
    """Pairs (`backend/server` that follows, `backend/server` it follows), whole instance."""
    static: frozenset[str]
    """Backends whose algorithm is known to take only weights 0 and 100 %."""
    modes: Mapping[str, str]
    """Backend → `http` or `tcp`."""
    maxconn: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(backend, server) → how many sessions it takes at once, where it has a limit."""
    prefers_idle: frozenset[str] = frozenset()
    """Backends whose algorithm prefers servers with few requests under way."""
    weighed_by_dns: frozenset[str] = frozenset()
    """Backends with servers that SRV records fill, whose answers set their weights."""
    others: tuple[OtherServer, ...] = ()
    """Servers of the other backends of this HAProxy."""
    identity: str = ""
    """Which process this is, in words; empty where that cannot be told."""

    def leader_of(self, path: str) -> str:
        """The `backend/server` whose health check decides about `path`: it may follow one that
        follows another. HAProxy refuses circles."""
        leaders = dict(self.trackers)
        for _ in leaders:
            path = leaders.get(path, path)
        return path


def listed_twice(facts: Sequence[HaproxyFacts]) -> list[str]:
    """Endpoints that lead to one and the same HAProxy, as reasons to refuse: what it shows would
    be counted twice."""
    first: dict[str, str] = {}
    reasons = []
    for one in facts:
        known = first.setdefault(one.identity, one.api)
        if one.identity and known != one.api:
            reasons.append(
                f"{known} and {one.api} lead to the same HAProxy ({one.identity}): list it once; "
                "two that only look the same need a `node` of their own in section `global`"
            )
    return reasons


@dataclass(frozen=True, slots=True)
class UnixEndpoint:
    path: str


@dataclass(frozen=True, slots=True)
class TcpEndpoint:
    host: str
    """A name or an address, IPv6 without brackets."""
    port: int


Endpoint = UnixEndpoint | TcpEndpoint


class NotAnEndpoint(ValueError):
    """A text that names no endpoint."""

    def __init__(self, part: str | None, problem: str) -> None:
        self.part = part
        """What is wrong; None where it may hold a password."""
        self.problem = problem
        """What is wrong with it and how to write it, as the rest of a sentence."""
        super().__init__(f"{'this' if part is None else repr(part)} {problem}")


def parse_endpoint(text: str) -> Endpoint:
    """Read `unix:/path` or `tcp:host:port` (IPv6 as `tcp:[::1]:9999`). Raises NotAnEndpoint."""
    scheme, colon, rest = text.partition(":")
    if colon and scheme == "unix":
        return _unix(rest)
    if colon and scheme == "tcp":
        return _tcp(rest)
    # An address of another kind may hold a password before its "@".
    raise NotAnEndpoint(None if "@" in text else text, _FORMS)


def is_loopback(endpoint: Endpoint) -> bool:
    """Whether no other machine can reach it. A name counts only when it is `localhost`."""
    if isinstance(endpoint, UnixEndpoint) or endpoint.host.lower() == "localhost":
        return True
    try:
        return ip_address(endpoint.host).is_loopback
    except ValueError:
        return False


def _unix(path: str) -> UnixEndpoint:
    if not path.startswith("/"):
        raise NotAnEndpoint(path, "is not an absolute path; write unix:/path/of.sock")
    if not path.isprintable() or len(path.encode()) > MAX_PATH:
        raise NotAnEndpoint(
            path, f"cannot be a socket's path; use at most {MAX_PATH} printable bytes"
        )
    return UnixEndpoint(path)


def _tcp(address: str) -> TcpEndpoint:
    host, colon, digits = address.rpartition(":")
    if not colon or address.endswith("]"):
        raise NotAnEndpoint(address, "has no port; write tcp:HOST:PORT")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
        try:
            IPv6Address(host)
        except AddressValueError:
            raise NotAnEndpoint(
                f"[{host}]", "is not an IPv6 address; write tcp:[::1]:9999"
            ) from None
    elif ":" in host:
        raise NotAnEndpoint(address, "has an IPv6 address without brackets; write tcp:[::1]:9999")
    elif not _HOST.fullmatch(host):
        raise NotAnEndpoint(host, "is not a host; write tcp:HOST:PORT")
    if not re.fullmatch("[0-9]{1,5}", digits) or not 1 <= int(digits) <= 65535:
        raise NotAnEndpoint(digits, "is not a port; write a number from 1 to 65535")
    return TcpEndpoint(host, int(digits))
