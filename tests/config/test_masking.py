"""What is masked can be read again, with the same keys and lists, however it was written."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from controller.config import masked, parse
from controller.config.text.document import read
from controller.redaction import discreet
from tests.config.pages import page

BEARER = 'curl -H "Authorization: Bearer abc-12345"'
WRITTEN = {
    "double quotes": r'"curl -H \"Authorization: Bearer abc-12345\""',
    "single quotes": "'curl -H \"Authorization: Bearer abc-12345\"'",
    "single quotes inside": r'''"curl -H 'Authorization: Bearer abc-12345'"''',
    "an escape in the secret": r'"Bearer abc-\x31\u0032345"',
    "over two lines": '"curl\n  -H Authorization: Bearer\n  abc-12345"',
    "a block": ">-\n   curl -H\n   Authorization: Bearer abc-12345\n",
    "a password in quotes": r'"mysql --password=\"abc-1\" x"',
    "a password of two words": r'''"mysql --password='abc-1 abc-2' x"''',
    "a header of one's own": r'"curl -H \"X-Api-Key: abc-1\""',
    "a body": r'"{\"password\": \"abc-1\", \"n\": 1}"',
    "a body in a shell's quotes": r'"curl -d \"{\\\"password\\\": \\\"abc-1\\\"}\""',
    "an anchor": r'&it "x --token=\"abc-1\""',
}


@pytest.mark.parametrize("word", WRITTEN.values(), ids=WRITTEN)
def test_a_secret_in_a_command(word: str) -> None:
    """The kept file can be read: an unfinished rollout can be aborted and restored with it."""
    text = page(f"upgrade:\n  command:\n  - run\n  - {word}\n  - '${{member.name}}'")
    assert parse(text, "f").rollout.upgrade.command is not None
    shown, _ = masked(text, {})
    assert "abc-" not in shown
    command = parse(shown, "f").rollout.upgrade.command
    assert command is not None
    assert (command[0], command[2]) == ("run", "${member.name}")
    assert "***" in command[1]


def test_the_right_half_is_masked() -> None:
    """Escapes of YAML are no part of a secret."""
    text = page(r'upgrade: {command: [mysql, "--password=\"abc-1\"", "-v \"C:\\tmp\""]}')
    shown, _ = masked(text, {})
    assert parse(shown, "f").rollout.upgrade.command == [
        "mysql",
        '--password="***"',
        '-v "C:\\tmp"',
    ]
    assert r'"-v \"C:\\tmp\""' in shown, "what holds no secret stays as it was written"


def test_comments() -> None:
    """A comment is masked by itself: what is below it stays."""
    text = "# Authorization: Bearer\n" + page(
        "soak: 1s  # --token=abc-1", "# password='abc-2 abc-3'"
    )
    shown, _ = masked(text, {})
    assert "abc-" not in shown
    assert parse(shown, "f").settings.name == "web"
    assert "soak: 1s  # --token=***" in shown


def test_a_comment_in_a_block() -> None:
    """The head of a block may have one, and so may the lines below it."""
    text = page(
        "upgrade:\n  command:\n  - run\n  - |- # --token=abc-1\n    word\n  # --token=abc-2",
        "soak: 1s",
    )
    shown, _ = masked(text, {})
    assert "abc-" not in shown
    assert parse(shown, "f").rollout.upgrade.command == ["run", "word"]


def test_a_variable_in_a_secret_of_a_command() -> None:
    """What a header in a command takes from a variable is secret wherever it is given."""
    text = page(
        "vars: {version: '1', pin: abc-1}",
        r'upgrade: {command: [curl, -H, "X-Api-Key: \"${vars.pin}\"", "${vars.version}"]}',
    )
    shown, sets = masked(text, {"pin": "abc-2", "version": "2"})
    assert "abc-" not in shown
    assert sets == {"pin": "***", "version": "2"}
    assert parse(shown, "f", sets).settings.vars == {"version": "2", "pin": "***"}


def test_words_about_a_secret_stay() -> None:
    """A text that a body must contain is no secret for the word "token" in it."""
    text = page("validate: [{http: {url: 'http://h/', contains: 'token: \"${vars.version}\"'}}]")
    assert masked(text, {"version": "2"}) == (text, {"version": "2"})


def test_where_the_text_cannot_be_rewritten() -> None:
    """A secret that is a key too is written as data, with all the rest."""
    text = "a: &k 'http://u:abc-1@h'\nb: {*k : [1, ~, 'x', {c: true}]}\n# --token=abc-2\n"
    shown, _ = masked(text, {})
    assert json.loads(shown) == {
        "a": "http://***@h",
        "b": {"http://***@h": [1, None, "x", {"c": True}]},
    }


_PIECES = st.sampled_from(
    ['"', "'", "\\", "\n", " ", "#", ": ", "--password=", "Authorization: Bearer ", "abcdefgh",
     "://u:p@h", "${vars.x}", "$$", "\x85", "\u2028", "\U0001f600", "{", "}", "[", ",", "&", "*"]
)  # fmt: skip


@given(st.lists(st.lists(_PIECES, max_size=8).map("".join), max_size=3))
@example(['--password="abcdefgh" #'])
def test_any_words(words: list[str]) -> None:
    """Whatever a command says: the same again, but for its secrets, and nothing else moved."""
    text = json.dumps({"upgrade": {"command": words}, "name": "web"}, ensure_ascii=True)
    text = text.replace("\\ud83d\\ude00", "\U0001f600")
    shown, _ = masked(text, {})
    assert read(shown).data == {
        "upgrade": {"command": [discreet(word) for word in words]},
        "name": "web",
    }
    assert masked(shown, {})[0] == shown
