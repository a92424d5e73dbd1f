"""The table of wrong inputs: for each, every message, word for word and with its place."""

from pathlib import Path

import pytest

from controller.config import parse
from controller.errors import ConfigurationError
from tests.config.pages import faults_of, page, pods_page

_FOLDER = Path(__file__).parent


def _cases(name: str = "wrong_inputs.txt") -> list[tuple[str, list[str]]]:
    table = (_FOLDER / name).read_text("utf-8").rstrip("\n")
    blocks = [block.splitlines() for block in table.split("\n\n") if "\n=> " in block]
    return [
        (
            "\n".join(line for line in block if not line.startswith(("=> ", "# "))),
            [line.removeprefix("=> ") for line in block if line.startswith("=> ")],
        )
        for block in blocks
    ]


@pytest.mark.parametrize(("section", "expected"), _cases())
def test_wrong_input(section: str, expected: list[str]) -> None:
    """Each wrong section gets exactly these faults, in the order of their places."""
    assert faults_of(page(section)) == expected


@pytest.mark.parametrize(("sections", "expected"), _cases("wrong_pools.txt"))
def test_wrong_pool(sections: str, expected: list[str]) -> None:
    """What the kind of pool cannot do is told with its place, and how to write it."""
    assert faults_of(pods_page(*sections.splitlines())) == expected


def test_table_is_long_enough() -> None:
    """The table was read as a whole."""
    assert len(_cases()) > 120


def test_page_is_right() -> None:
    """The page that the table starts from has no fault itself."""
    assert parse(page(), "page.yaml").settings.name == "web"


def test_ten_faults_show_ten_lines() -> None:
    """Faults of every kind show all at once, in the order of the file."""
    text = page(
        "name: Web",
        "upgrade: {command: [deploy, '${vars.nope}'], timeout: 15}",
        "pool: {haproxy: {apis: [x], backends: []}, max_unavailable: 0}",
        "sok: 1s",
        "drain: {sticky: 1s, sticky: 2s}",
        "validate: [{}]",
        "on_failure: rollback_all",
    )
    assert [line.split(" ")[1] for line in faults_of(text)] == [
        "name:",
        "upgrade.command[1]:",
        "upgrade.timeout:",
        "pool.haproxy.apis[0]:",
        "pool.haproxy.backends:",
        "pool.max_unavailable:",
        "sok:",
        "drain.sticky:",
        "validate[0]:",
        "on_failure:",
    ]


def test_missing_sections_are_told_at_the_top() -> None:
    """A file that has next to nothing names all that is missing, with an example each."""
    assert faults_of("vars: {}\n") == [
        "1:1: apiVersion: is missing; add it, like apiVersion: poolroll/v1",
        "1:1: name: is missing; add it, like name: web",
        "1:1: pool: is missing; add it, like pool: {haproxy: {…}}",
        "1:1: upgrade: is missing; add it, like upgrade: {command: [ssh, HOST, …]}",
    ]


def test_reserved_keys_are_not_yet() -> None:
    """Every reserved word is refused with "not yet" at the top level."""
    words = ("approve", "change", "silences", "record", "prepare", "wait_for", "lock")
    found = faults_of(page(*(f"{word}: 1" for word in words)))
    assert found == [
        f"{line}:1: {word}: is not yet supported; remove it" for line, word in enumerate(words, 6)
    ]


def test_faults_are_bounded() -> None:
    """A file of another kind does not print thousands of lines."""
    found = faults_of(page(*(f"k{index}: 1" for index in range(300))))
    assert len(found) == 101
    assert found[-1] == "and 200 more faults; fix these first"


def test_error_names_the_file() -> None:
    """A fault renders as FILE:LINE:COL: path: message."""
    with pytest.raises(ConfigurationError) as caught:
        parse(page("soak: 30"), "a/web.yaml")
    assert str(caught.value).startswith("a/web.yaml:6:7: soak: 30 has no unit")


@pytest.mark.parametrize(
    "section",
    [
        "validate: [{http: {url: 'ftp://u:s3cret@h/'}}]",
        "validate: [{http: {url: 'http://a/', headers: {Authorization: \"s3cret\\n\"}}}]",
        "validate: [{http: {url: 'http://a/', headers: {Authorization: 'Bearer ${s3cret'}}}]",
        "pool: {haproxy: {apis: ['http://u:s3cret@h:80'], backends: [web]}}",
        "vars: s3cret",
        "vars: [s3cret]",
        "vars: {password: 's3cret ${vars.password'}",
        "upgrade: {command: 'deploy --token s3cret'}",
        "validate: [{http: {url: 'http://a/', headers: {Authorization: !t s3cret}}}]",
        "validate: [{http: {url: 'http://a/', headers: {Authorization: s3cret: s3cret}}}]",
        "validate: [{http: {url: 'http://a/', headers: {Authorization: 's3cret}}}]",
    ],
)
def test_no_secret_in_a_message(section: str) -> None:
    """What may be secret is not repeated by the fault it has (S12)."""
    found = faults_of(page(section))
    assert found
    assert not [line for line in found if "s3cret" in line]
