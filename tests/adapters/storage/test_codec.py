"""Values as the text that the journal keeps, and back."""

import json
from pathlib import Path

import pytest

from adapters.storage.codec import decode_found, encode_found
from adapters.storage.holders import Claim, decode_claim, encode_claim, read_claim
from controller.core.pool import Found, FoundLine, LineKey
from controller.records import Holder
from tests.support.journal_contract import WALL

HERE = LineKey("unix:/run/a.sock", "web")


def claim(*keys: str) -> Claim:
    return Claim(Holder("web", 77, "host", "anna", WALL), frozenset(keys))


@pytest.mark.parametrize("keep", [{}, {"agent": "on"}, {"größe ✓": "", "a": 'b"}]'}])
def test_what_is_kept_of_a_line_comes_back(keep: dict[str, str]) -> None:
    """Any words of a balancer's own survive the journal, beside weight and place."""
    found = Found((FoundLine(HERE, 7, keep), FoundLine(LineKey("tcp:[::1]:9", "api"), 0)))
    assert decode_found(encode_found(found)) == found


@pytest.mark.parametrize(("agent", "keep"), [(True, {"agent": "on"}), (False, {})])
def test_the_former_form_of_what_was_found(agent: bool, keep: dict[str, str]) -> None:
    """Version 1 kept whether an agent check was on: that is restored all the same."""
    line = {"instance": HERE.instance, "backend": HERE.backend, "weight": 100, "agent": agent}
    assert decode_found(json.dumps([line])) == Found((FoundLine(HERE, 100, keep),))


@pytest.mark.parametrize(
    "change",
    [
        {"keep": None},
        {"keep": []},
        {"keep": [["agent", "on"]]},
        {"keep": {"agent": True}},
        {"keep": {"agent": None}},
        {"agent": "on"},
        {"agent": 1},
        {"agent": None},
        {"weight": "100"},
        {"weight": True},
        {"weight": 1.0},
    ],
)
def test_damage_is_never_guessed(change: dict[str, object]) -> None:
    """What `encode_found` did not write is an error: whatever is read there would be restored."""
    line: dict[str, object] = {"instance": "a", "backend": "b", "weight": 1, "keep": {}}
    assert decode_found(json.dumps([line])).lines[0].weight == 1
    with pytest.raises((ValueError, TypeError)):
        decode_found(json.dumps([line | change]))


def test_a_claim_comes_back() -> None:
    """Who holds a pool, and all its keys."""
    mine = claim("web/127.0.0.1:8081", "api/::1:80")
    assert decode_claim(encode_claim(mine)) == mine


def test_a_claim_of_a_former_version() -> None:
    """A live process of version 1 wrote the two parts of a key apart: they are the same keys."""
    raw = json.loads(encode_claim(claim()))
    raw["keys"] = [["web", "127.0.0.1:8081"], ["api", "::1:80"]]
    assert decode_claim(json.dumps(raw)) == claim("web/127.0.0.1:8081", "api/::1:80")


@pytest.mark.parametrize(
    "keys", [None, 1, "web/a:1", {"web": "a:1"}, [1], [None], [["web"]], [["web", 1]], [[]]]
)
def test_keys_that_are_none_make_a_claim_unreadable(tmp_path: Path, keys: object) -> None:
    """Fail closed: a claim with a key that cannot be read is taken to hold everything."""
    raw = json.loads(encode_claim(claim())) | {"keys": keys}
    (tmp_path / "web.json").write_text(json.dumps(raw))
    assert read_claim(tmp_path / "web.json") is None
