"""Pools of two machines that look alike: each HAProxy has its servers beside it, on loopback."""

from adapters.haproxy.nearby import told_apart
from controller.core.pool import Line, Occupant
from tests.support.lines import a_line
from tests.support.tables import table


def at(address: str) -> Line:
    return a_line("web1", occupant=Occupant(f"{address}:80", address, 80))


@table(
    "line same_anywhere",
    {
        "beside it": (at("127.0.0.1"), False),
        "beside it, another address": (at("127.8.0.1"), False),
        "beside it, IPv6": (at("::1"), False),
        "an address of the network": (at("10.0.0.1"), True),
        "no address": (a_line("web1", occupant=None), True),
    },
)
def test_whose_servers(line: Line, same_anywhere: bool) -> None:
    """The same for one machine, whichever way its HAProxy is reached; no other machine's."""
    here, there = told_apart([line, line], "edge1"), told_apart([line], "edge2")
    assert here[0].key == here[1].key
    assert (here[0].key == there[0].key) == same_anywhere
    assert told_apart([line], "") == (line,)
