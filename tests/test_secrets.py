"""Secrets by value: however a program writes them."""

import base64
import html
import json
import shlex
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.secrets import NONE, Secrets

SECRET = "s3 'cre\"t$/&ü%"
KEPT = Secrets(frozenset({SECRET, "pin-1", "abc", "Bearer canary-token", "line-one\nline-two\n"}))

WRITTEN = {
    "as it is": SECRET,
    "in an address": quote(SECRET, safe=""),
    "in a form": quote_plus(SECRET),
    "in JSON": json.dumps({"a": SECRET}),
    "in JSON as it is": json.dumps({"a": SECRET}, ensure_ascii=False),
    "in JSON in JSON": json.dumps(json.dumps({"a": SECRET})),
    "in Python": repr([SECRET]),
    "in HTML": html.escape(SECRET),
    "in a shell": shlex.quote(SECRET),
    "in base64": base64.b64encode(SECRET.encode()).decode(),
    "in base64 for addresses": base64.urlsafe_b64encode(SECRET.encode()).decode(),
    "in hexadecimal": SECRET.encode().hex(),
    "in a rollout file": SECRET.replace("$", "$$"),
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_every_way_of_writing(text: str) -> None:
    """Nothing of the secret is left, and what stands around it stays."""
    shown = KEPT.hidden(f"before {text} after")
    assert "***" in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert not any(part in shown for part in ("cre", "Y3Jl", "637265"))


def test_lines_and_words() -> None:
    """A word of a header is secret without its scheme, and each line of a key by itself."""
    assert KEPT.hidden("it said canary-token") == "it said ***"
    assert KEPT.hidden("  line-two") == "  ***"


def test_short_ones() -> None:
    """A short secret is masked where it is a word of its own; one of three signs is not."""
    assert KEPT.hidden("pin-1, xpin-1, pin-12, (pin-1)") == "***, xpin-1, pin-12, (***)"
    assert KEPT.hidden("abc") == "abc"


def test_colours_in_the_middle() -> None:
    """As `grep --color` marks what it found."""
    secrets = Secrets(frozenset({"hunter2-of-mine"}))
    assert secrets.masked("is \x1b[01;31m\x1b[Khunter2\x1b[m\x1b[K-of-mine\x1b[0m") == "is ***"
    assert secrets.masked("token=\x1b[1mabcdefgh") == "token=***"


def test_forms_are_a_second_net() -> None:
    """What only looks like a secret is masked beside those that are known."""
    assert KEPT.masked("x --password=other pin-1") == "x --password=*** ***"
    assert NONE.masked("x --password=other pin-1") == "x --password=*** pin-1"
    assert NONE.hidden("pin-1") == "pin-1"


def test_none_is_in_a_message() -> None:
    """Nobody sees them by showing the value that holds them."""
    assert "canary" not in repr(KEPT)
    assert KEPT.with_more(["more-of-it"]).hidden("more-of-it pin-1") == "*** ***"


@given(st.text(min_size=8, max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_any_secret(secret: str, before: str, after: str) -> None:
    """Whatever it consists of."""
    if len(secret.strip()) >= 8:
        assert secret.strip() not in Secrets(frozenset({secret})).hidden(before + secret + after)
