"""What others say, as values: what is let in, and what is not."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller import foreign

_HOSTILE = (
    *("", " ", "a b", "a\n", "a\x1b[2J", "a;b", "a'b", "a\\b", "<<", "a\u202eb", "\ud800"),
    *("a" * 1025, "a\0", "\uff11", "$(id)", None, 7, b"a", ["a"]),
)


@pytest.mark.parametrize("make", [foreign.server_name, foreign.address], ids=["name", "address"])
@pytest.mark.parametrize("text", _HOSTILE, ids=ascii)
def test_hostile_names(make: Callable[[object], str], text: object) -> None:
    """Nothing that a shell, a terminal or a Runtime API would read as more than a name."""
    with pytest.raises(ValueError, match=r"^is (no|a) .*$"):
        make(text)


@pytest.mark.parametrize("text", ["web1", "a_b.c:8-x", "-x", "9", "web-0.example"])
def test_server_names(text: str) -> None:
    """Names that HAProxy and Kubernetes allow; a dash at the beginning is one of HAProxy's."""
    assert foreign.server_name(text) == text


@pytest.mark.parametrize(
    "text", ["10.0.0.1", "::1", "2001:db8::1", "fe80::1%eth0", "web1.example.net", "node_1", "h"]
)
def test_addresses(text: str) -> None:
    """IP addresses of both families, and names of hosts."""
    assert foreign.address(text) == text


@pytest.mark.parametrize(
    "text", ["-oProxyCommand=id", "-x", "-", "fe80::1%-oX=y z", "::1%", "a@b", "user@-x", "1::2::3"]
)
def test_no_address_is_an_option(text: str) -> None:
    """What ssh would take for an option, or for a user, is no address."""
    with pytest.raises(ValueError, match="is no address"):
        foreign.address(text)


@given(st.text(max_size=20))
def test_what_is_let_in_is_plain(text: str) -> None:
    """Whatever passes is printable ASCII on one line, and no address begins with a dash."""
    for make in (foreign.server_name, foreign.address):
        try:
            made = make(text)
        except ValueError:
            continue
        assert made.isascii()
        assert made.isprintable()
        assert not set(made) & set(" ;<\\'\"$`")
        assert make is foreign.server_name or not made.startswith("-")


def test_counters() -> None:
    """Whole numbers of 0 or more, below 2^64, whatever they are written as."""
    assert foreign.counter("0") == 0
    assert foreign.counter(f"{2**64 - 1}") == 2**64 - 1
    assert foreign.counter(7) == 7
    for text in ("", "-1", "+1", "1.0", "\u0663", "1_0", " 1", "9" * 5000, True, None, -1, 1.5):
        with pytest.raises(ValueError, match="is not a number"):
            foreign.counter(text)
    for large in (str(2**64), 2**64):
        with pytest.raises(ValueError, match="is too large a number"):
            foreign.counter(large)
    with pytest.raises(ValueError, match="is too large a number: '70000'"):
        foreign.counter("70000", 65536)


def test_labels_and_users() -> None:
    """The value of a label is any text of some length; a user is one short word."""
    assert foreign.label("a b\x1b") == "a b\x1b"
    assert foreign.user("anna") == "anna"
    for label in (None, 1, "a" * 5000):
        with pytest.raises(ValueError, match="is no text of at most 4096"):
            foreign.label(label)
    for user in (None, "", "a b", "a\x1b", "-x", "a" * 65):
        with pytest.raises(ValueError, match="is no name of a user"):
            foreign.user(user)


def test_what_was_read_is_told_in_short() -> None:
    """A message shows what was read, escaped and not without end."""
    assert foreign.shown("a\x1b\u202e") == r"'a\x1b\u202e'"
    assert len(foreign.shown("a" * 1000)) < 100
    assert foreign.shown([1]) == "of type list"
