"""The grammar of Runtime API endpoints, and what their answers say together."""

import pytest

from controller.pools.haproxy import (
    Endpoint,
    HaproxyFacts,
    NotAnEndpoint,
    TcpEndpoint,
    UnixEndpoint,
    is_loopback,
    listed_twice,
    parse_endpoint,
)


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("unix:/run/haproxy/admin.sock", UnixEndpoint("/run/haproxy/admin.sock")),
        ("tcp:127.0.0.1:9999", TcpEndpoint("127.0.0.1", 9999)),
        ("tcp:lb1.example.com:1", TcpEndpoint("lb1.example.com", 1)),
        ("tcp:[::1]:65535", TcpEndpoint("::1", 65535)),
    ],
)
def test_endpoints(text: str, endpoint: Endpoint) -> None:
    """Each form is read."""
    assert parse_endpoint(text) == endpoint


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "'' is not the address of a Runtime API; write unix:/path/of.sock or tcp:HOST:PORT"),
        ("/run/admin.sock", "is not the address of a Runtime API"),
        ("http:127.0.0.1:80", "is not the address of a Runtime API"),
        ("http://me:secret@lb1:80", "^this is not the address of a Runtime API"),
        ("unix:", "is not an absolute path"),
        ("unix:a.sock", "'a.sock' is not an absolute path"),
        ("unix:/a\nb", "cannot be a socket's path"),
        (f"unix:/{'x' * 107}", "use at most 107 printable bytes"),
        ("tcp:", "has no port"),
        ("tcp:host", "'host' has no port"),
        ("tcp:[::1]", "has no port"),
        ("tcp::9999", "is not a host"),
        ("tcp:a b:9999", "'a b' is not a host"),
        ("tcp:::1:9999", "without brackets; write tcp:"),
        ("tcp:[host]:9999", r"'\[host\]' is not an IPv6 address"),
        ("tcp:host:0", "'0' is not a port; write a number from 1 to 65535"),
        ("tcp:host:65536", "is not a port"),
        ("tcp:host:" + "9" * 5000, "is not a port"),
        ("tcp:host:٣", "is not a port"),
        ("tcp:host:", "is not a port"),
    ],
)
def test_texts_that_are_no_endpoints(text: str, reason: str) -> None:
    """Everything else is refused with what is wrong; a password is not shown."""
    with pytest.raises(NotAnEndpoint, match=reason):
        parse_endpoint(text)


def test_loopback() -> None:
    """Only sockets and addresses that no other machine can reach are loopback."""
    near = ["unix:/x", "tcp:127.8.9.1:1", "tcp:[::1]:1", "tcp:localhost:1", "tcp:LOCALHOST:1"]
    far = ["tcp:10.0.0.1:1", "tcp:lb1:1", "tcp:0.0.0.0:1", "tcp:[::]:1"]
    found = [is_loopback(parse_endpoint(text)) for text in (*near, *far)]
    assert found == [True] * 5 + [False] * 4


def facts(api: str, identity: str) -> HaproxyFacts:
    return HaproxyFacts(api, "2.8.5", "admin", {}, (), frozenset(), {}, identity=identity)


def test_one_haproxy_listed_twice() -> None:
    """Two endpoints of one process are named; where it is not known, nothing is said."""
    one, other = "process 7 on lb1, started at 9", "process 7 on lb2, started at 9"
    assert listed_twice([facts("a", one), facts("b", other), facts("c", ""), facts("d", "")]) == []
    first, second = listed_twice([facts("a", one), facts("b", one), facts("c", one)])
    assert first.startswith(f"a and b lead to the same HAProxy ({one}): list it once; ")
    assert second.startswith("a and c lead")
