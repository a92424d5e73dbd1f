"""Files that are not even YAML, or not what a rollout file may hold of it."""

import os
from pathlib import Path

import pytest

from controller.config import load, parse
from controller.config.text.nodes import MAX_DEPTH
from controller.errors import ConfigurationError
from tests.config.pages import faults_of, page


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1: the file is empty; `poolroll init haproxy` prints a starter file"),
        ("# a\n", "1:1: the file is empty; `poolroll init haproxy` prints a starter file"),
        ("---\n", "1:1: the file is empty; `poolroll init haproxy` prints a starter file"),
        ("- a\n", "1:1: a rollout file must be a mapping; start it with apiVersion: poolroll/v1"),
        ("web\n", "1:1: a rollout file must be a mapping; start it with apiVersion: poolroll/v1"),
        ("a:\n\tb: 1\n", "2:1: a tab cannot indent; use spaces"),
        ("a: b\nc: \x00\n", "2:4: this character is not allowed in text; remove it"),
        (
            "a: b\nc:\xa0d\ne: f\n",
            "2:3: U+00A0 NO-BREAK SPACE cannot be seen here; type this line again, with plain "
            "blanks",
        ),
        (
            "\u00e4: 1\nb\nc: 2\n",
            '2:1: this key has no ":" after it; add it, or check the indentation',
        ),
        ("a: \x1b[0m\n", "1:4: this character is not allowed in text; remove it"),
        ("a: \ud800\n", "1:4: this character is not allowed in text; remove it"),
        ("a: @b\n", "1:4: text cannot begin with this character; put it in quotes"),
        (
            "a: b: c\n",
            '1:5: ":" is not allowed here; check the indentation, or put the text in quotes',
        ),
        ("a: 'b\nc: d\n", "1:4: this quote is never closed; close it"),
        ('a: "\\q"\n', '1:6: unknown escape in "…"; double the backslash, or use single quotes'),
        (
            'a: "\\UFFFFFFFF"\n',
            "1:1: YAML does not allow the text after this; check its escapes",
        ),
        (
            "a:\n  b: 1\n c: 2\n",
            "3:2: this does not fit the lines above it; check indentation and quotes",
        ),
        (
            "a: [b, ${c}]\n",
            "1:4: this list is never closed, or text in it needs quotes; close it with ], "
            'and quote text with special characters, like "${member.host}"',
        ),
        (
            "a: {b: 1\n",
            "1:4: this mapping is never closed, or text in it needs quotes; close it with }, "
            'and quote text with special characters, like "${member.host}"',
        ),
        (
            "a: [*]\n",
            '1:5: an alias without a name; put text that begins with "*" in quotes',
        ),
        (
            "a: *b\n",
            '1:4: no anchor of this name is defined above; put text that begins with "*" in '
            'quotes, like "*"',
        ),
        (
            "a: &b [*b]\n",
            '1:8: no anchor of this name is defined above; put text that begins with "*" in '
            'quotes, like "*"',
        ),
        ("a: !x!y z\n", "1:4: YAML tags (!…) are not supported; remove the tag"),
        ("a: 1\n---\nb: 1\n", "2:1: a second document begins here; use one file for each rollout"),
        ("[1]]\n", "1:4: the document ends here; remove what follows"),
        ("a: ]\n", "1:4: this is not YAML; check indentation, quotes and brackets here"),
    ],
)
def test_form(text: str, expected: str) -> None:
    """Each is told in our words, at the place that needs the mend, and nothing else is told."""
    assert faults_of(text) == [expected]


def test_old_yaml_is_refused() -> None:
    """A %YAML line asks for other rules than those that are read by."""
    found = faults_of("%YAML 1.1\n---\n" + page())
    assert found == ["1:1: rollout files are YAML 1.2; remove the %YAML line"]


def test_faults_before_a_broken_line_show_too() -> None:
    """What was found before the text breaks off is not lost."""
    assert faults_of("a: !x b\nc: @\n") == [
        "1:4: YAML tags (!…) are not supported; remove the tag",
        "2:4: text cannot begin with this character; put it in quotes",
    ]


def test_aliases_are_read() -> None:
    """An anchor may stand for the same text twice."""
    text = page("upgrade: {command: &c [deploy]}", "rollback: {command: *c}")
    assert parse(text, "FILE").has_rollback


def test_fault_in_an_alias_is_told_where_it_is_written() -> None:
    """The mend belongs at the anchor, so both paths point there."""
    text = page("upgrade: {command: &c [deploy, 5]}", "rollback: {command: *c}")
    assert faults_of(text) == [
        "4:32: rollback.command[1]: is a number, not text; put it in quotes",
        "4:32: upgrade.command[1]: is a number, not text; put it in quotes",
    ]


def test_alias_bomb_is_bounded() -> None:
    """Aliases count as what they stand for: nine lines cannot become a billion values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for depth in range(1, 10):
        aliases = ", ".join([f"*a{depth - 1}"] * 10)
        lines += [f"a{depth}: &a{depth} [{aliases}]"]
    found = faults_of("\n".join(lines))
    assert found == [
        "5:45: too many keys and values (aliases expanded); the maximum is 100000",
    ]


def test_nesting_is_bounded() -> None:
    """Depth ends in a fault, not in the interpreter's own limit."""
    assert faults_of("[" * 100_000) == [
        f"1:{MAX_DEPTH + 1}: nested too deeply; no key is more than {MAX_DEPTH} levels down"
    ]


def test_byte_order_mark_and_line_ends_of_other_systems(tmp_path: Path) -> None:
    """A file saved elsewhere is read all the same, and its places are right."""
    path = tmp_path / "web.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + page("soak: 30").replace("\n", "\r\n").encode())
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    assert [(fault.line, fault.column) for fault in caught.value.faults] == [(6, 7)]


def _load_fault(path: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    return str(caught.value).removeprefix(str(path))


def test_file_that_cannot_be_read(tmp_path: Path) -> None:
    """Missing, a folder, too long, another encoding, no name at all: each is told."""
    assert _load_fault(tmp_path / "no.yaml") == ": no such file; check the path"
    assert _load_fault(tmp_path) == ": this is a folder; name the rollout file in it"
    assert (
        _load_fault(tmp_path / "x" / "\0") == ": this cannot be the name of a file; check the path"
    )
    assert _load_fault(tmp_path / ("x" * 300)).startswith(": cannot be read: ")
    path = tmp_path / "web.yaml"
    path.write_bytes(b"#" * (1024 * 1024 + 1))
    assert _load_fault(path) == ": longer than 1 MiB; a rollout file is a page or two"
    path.write_bytes("a: ä\nb: é".encode("latin-1"))
    assert _load_fault(path) == ":1:4: this is not UTF-8; save the file in that encoding"


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_forbidden_file(tmp_path: Path) -> None:
    """A file without read permission is told as such."""
    path = tmp_path / "web.yaml"
    path.write_text(page())
    path.chmod(0)
    assert _load_fault(path) == ": permission denied; check its owner and mode"
