"""The doors of load balancers, as the rollout file names them. Pure."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from controller.config.text.places import shown
from controller.config.text.scalars import Wrong, port

MAX_PATH = 107
"""Bytes of a UNIX socket's path, without the closing NUL (unix(7), `sun_path`)."""

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,252})")
_FORMS = "write unix:/path/of.sock or tcp:HOST:PORT"


def check_door(value: object) -> str:
    """`unix:/abs/path`, `tcp:host:port` or `tcp:[v6]:port`. Raises Wrong."""
    if not isinstance(value, str):
        raise Wrong(f"{shown(value)} is not the address of a Runtime API; {_FORMS}")
    scheme, separator, rest = value.partition(":")
    if separator and scheme == "unix":
        _check_path(rest)
    elif separator and scheme == "tcp":
        _check_address(rest)
    elif value.startswith("/"):
        raise Wrong(f"{shown(value)} does not say what it is; write {shown('unix:' + value)}")
    else:
        # An address of another kind may hold a password before its "@".
        told = "this" if "@" in value else shown(value)
        raise Wrong(f"{told} is not the address of a Runtime API; {_FORMS}")
    return value


def is_loopback(door: str) -> bool:
    """Whether only this machine can come to a door that `check_door` let pass."""
    scheme, _, rest = door.partition(":")
    if scheme == "unix":
        return True
    host = rest.rpartition(":")[0]
    if host.startswith("["):
        return IPv6Address(host[1:-1]).is_loopback
    try:
        return IPv4Address(host).is_loopback
    except AddressValueError:
        return host.lower() == "localhost"


def _check_path(path: str) -> None:
    if not path.startswith("/"):
        raise Wrong(f"{shown(path)} is not an absolute path; write unix:/path/of.sock")
    if not path.isprintable() or len(path.encode()) > MAX_PATH:
        raise Wrong(
            f"{shown(path)} cannot be a socket's path; the most is {MAX_PATH} printable bytes"
        )


def _check_address(address: str) -> None:
    host, separator, digits = address.rpartition(":")
    if not separator or address.endswith("]"):
        raise Wrong(f"{shown(address)} has no port; write tcp:HOST:PORT")
    if host.startswith("[") and host.endswith("]"):
        try:
            IPv6Address(host[1:-1])
        except AddressValueError:
            raise Wrong(f"{shown(host)} is not an IPv6 address; write tcp:[::1]:9999") from None
    elif ":" in host:
        raise Wrong(f"{shown(address)}: an IPv6 address stands in brackets, like tcp:[::1]:9999")
    elif not _HOST.fullmatch(host):
        raise Wrong(f"{shown(host)} is not a host; write tcp:HOST:PORT")
    port(digits)
