"""Regular expressions that take no time without end, and mean what they mean elsewhere."""

import re
from itertools import product

import pytest

from controller.core.gates import patterns
from controller.core.gates.gate import Matcher
from controller.core.gates.patterns import Unknown, pattern_of

PATTERNS = [
    *("", "a", ".", "(?s).", "a*", "a+?", "a{2,3}", "a{2}", "a{1,}", "(a|b|)c", "[a-c]+", "[^a]b"),
    *(r"\d+", r"\D", r"\s\S", r"\w+\W?", "(?i)aB", "(?i:[a-c])d", "(?i)[^b]", "[^ab]", "^a$"),
    *(
        r"\Aab\Z",
        "a^b",
        "(?P<x>a)(?:b)",
        "a.*b.*c",
        "(a+)+b",
        "()*a",
        "(a*)*b",
        "[a\\d_]",
        "[\\s-]",
    ),
]


TEXTS = [
    *("".join(signs) for length in range(4) for signs in product("abcB1 _\n", repeat=length)),
    *("aaaa", "aaab", "aaaaaab", "ab1c", "axbyc", "a.b.c.", "cbacbac", "abcabc", "Ab1_ \n"),
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_it_matches_what_python_matches(pattern: str) -> None:
    """The whole of the text, or nothing."""
    ours, theirs = pattern_of(pattern), re.compile(pattern, re.ASCII)
    wrong = [one for one in TEXTS if ours.is_all_of(one) != bool(theirs.fullmatch(one))]
    assert wrong == []


@pytest.mark.parametrize(
    "pattern", ["(a+)+b", "(a|a)*b", "(.*)(.*)(.*)(.*)(.*)x", "(a?){30}a{30}b"]
)
def test_none_takes_long(pattern: str) -> None:
    """Python's own needs longer than the world is old."""
    assert not pattern_of(pattern).is_all_of("a" * 4096)
    assert not Matcher("a", "=~", pattern).holds({"a": "a" * 4096})
    assert Matcher("a", "!~", pattern).holds({"a": "a" * 4096})


@pytest.mark.parametrize(
    "pattern", [r"(a)\1", "(?=a)a", "(?<!b)a", r"\ba", "(?>a)", "a*+", "a{2001}"]
)
def test_what_is_not_known(pattern: str) -> None:
    """It is refused, with a word about how to mend it."""
    with pytest.raises(Unknown):
        pattern_of(pattern)


def test_of_a_former_version() -> None:
    """A plan of the journal may hold what is refused now: it is matched as it was then."""
    assert Matcher("a", "=~", r"\bx").holds({"a": "x"})
    assert not Matcher("a", "=~", r"(?=y)x").holds({"a": "x"})


def test_what_is_kept_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is made again where it was dropped."""
    monkeypatch.setattr(patterns, "KEPT", 2)
    pattern = patterns.Pattern("[a-z]+")
    assert pattern.is_all_of("abcdefabcdef")
    assert pattern.is_all_of("abc")
