"""Which proxy the environment names for an address, as curl reads it. Pure.

No library does this for us: one that finds a value that it cannot use, in a variable that does not
even matter for the address, would lose every notice.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Proxy:
    variable: str
    url: str = field(repr=False)
    """May hold a password."""


class Unusable(ValueError):
    """A proxy that cannot be used; `str()` names the variable and shows no password."""


def proxy_for(url: str, environ: Mapping[str, str]) -> Proxy | None:
    """None: the address is asked directly. Raises Unusable."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or _PORTS.get(parts.scheme, 0)
    found = _named(parts.scheme, environ)
    if found is None or _is_exempt(host, port, environ):
        return None
    variable, value = found
    given = _SCHEME.match(value)
    proxy = value if given else f"http://{value}"
    scheme = given.group(1).lower() if given else "http"
    mend = f"only http:// and https:// proxies are; unset it, or add {host} to NO_PROXY"
    if scheme not in _PORTS:
        raise Unusable(f"the proxy in {variable} is not supported ({scheme}://): {mend}")
    if not _is_whole(proxy):
        raise Unusable(f"the proxy in {variable} is not a complete URL: {mend}")
    return Proxy(variable, proxy)


def _named(scheme: str, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """The lower-case name wins. `HTTP_PROXY` in a CGI program comes from a header of the request
    (CVE-2016-5385)."""
    for name in (f"{scheme}_proxy", "all_proxy"):
        for variable in (name, name.upper()):
            if variable == "HTTP_PROXY" and "REQUEST_METHOD" in environ:
                continue
            if value := environ.get(variable, "").strip():
                return variable, value
    return None


def _is_whole(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0 and url.isprintable() and " " not in url
    except ValueError:
        return False


def _is_exempt(host: str, port: int, environ: Mapping[str, str]) -> bool:
    listed = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    return any(_covers(entry, host.lower(), port) for entry in re.split(r"[,\s]+", listed.lower()))


def _covers(entry: str, host: str, port: int) -> bool:
    """What is not understood covers nothing."""
    if not entry or entry == "*":
        return entry == "*"
    address = _address(host)
    if "/" in entry:
        try:
            network = ip_network(entry, strict=False)
        except ValueError:
            return False
        return address is not None and address.version == network.version and address in network
    name, limit = _split(entry)
    if limit is not None and limit != port:
        return False
    if address is not None:
        return _address(name) == address
    name = name.removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _split(entry: str) -> tuple[str, int | None]:
    """A name or an address, and the port that it is limited to."""
    if _address(entry) is not None:
        return entry, None
    name, colon, port = entry.rpartition(":")
    return (name, int(port)) if colon and port.isdecimal() else (entry, None)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
