"""Doors: where a HAProxy's Runtime API listens (HAProxy configuration manual, `stats socket`)."""

from dataclasses import dataclass
from ipaddress import ip_address

_PATH_LIMIT = 107
"""Bytes of a UNIX socket's path, without its end mark (unix(7), `sun_path`)."""


@dataclass(frozen=True, slots=True)
class UnixDoor:
    path: str


@dataclass(frozen=True, slots=True)
class TcpDoor:
    host: str
    """A name or an address, IPv6 without brackets."""
    port: int


@dataclass(frozen=True, slots=True)
class BadDoor:
    """A text that names no door."""

    reason: str
    """What is wrong and the mend, in one line; does not repeat the text."""


Door = UnixDoor | TcpDoor


def parse_door(text: str) -> Door | BadDoor:
    """Read `unix:/path` or `tcp:host:port` (IPv6 as `tcp:[::1]:9999`)."""
    kind, colon, rest = text.partition(":")
    if colon and kind == "unix":
        return _unix(rest)
    if colon and kind == "tcp":
        return _tcp(rest)
    return BadDoor("not a Runtime API; write unix:/path/to/socket or tcp:host:port")


def is_loopback(door: Door) -> bool:
    """Whether nobody on another machine can come in. A name counts only when it is `localhost`."""
    if isinstance(door, UnixDoor) or door.host == "localhost":
        return True
    try:
        return ip_address(door.host).is_loopback
    except ValueError:
        return False


def _unix(path: str) -> Door | BadDoor:
    if not path or not path.isprintable():
        return BadDoor("the path of the socket is missing; write unix:/path/to/socket")
    if len(path.encode()) > _PATH_LIMIT:
        return BadDoor(f"a socket's path has at most {_PATH_LIMIT} bytes; use a shorter one")
    return UnixDoor(path)


def _tcp(rest: str) -> Door | BadDoor:
    host, colon, port = rest.rpartition(":")
    if not colon:
        return BadDoor("the port is missing; write tcp:host:port")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
        if ":" not in host:
            return BadDoor("brackets are for IPv6 addresses, like tcp:[::1]:9999")
    elif ":" in host:
        return BadDoor("put an IPv6 address into brackets, like tcp:[::1]:9999")
    if not host or not host.isprintable() or any(sign in host for sign in " /[]@"):
        return BadDoor("the host is missing or no host; write tcp:host:port")
    if not (port.isascii() and port.isdecimal() and len(port) <= 5 and 0 < int(port) < 65536):
        return BadDoor("the port must be a number from 1 to 65535")
    return TcpDoor(host, int(port))
