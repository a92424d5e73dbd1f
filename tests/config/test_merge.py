"""Merge keys: `<<: *NAME` brings in the keys of another mapping."""

from typing import Any

import pytest

from controller.config import masked, parse
from controller.config.text.document import read
from tests.config.pages import faults_of, page

BASE = "a: &a {x: one, y: two}\nb: &b {y: three, z: four}\n"


def data_of(text: str) -> Any:
    document = read(BASE + text)
    assert document.faults == ()
    assert document.data is not None
    return document.data["c"]


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("c: {<<: *a}", {"x": "one", "y": "two"}),
        ("c: {<<: *a, y: own}", {"x": "one", "y": "own"}),
        ("c: {y: own, <<: *a}", {"x": "one", "y": "own"}),
        ("c: {<<: [*b, *a]}", {"x": "one", "y": "three", "z": "four"}),
        ("c: {<<: *a, <<: *b}", {"x": "one", "y": "two", "z": "four"}),
        ("c: {<<: {<<: *a, y: mine}}", {"x": "one", "y": "mine"}),
        ('c: {"<<": *a}', {"<<": {"x": "one", "y": "two"}}),
    ],
)
def test_what_is_merged(text: str, data: object) -> None:
    """A key's own value first, then the mappings in their order; a quoted `<<` is a key."""
    assert data_of(text) == data


@pytest.mark.parametrize("text", ["c: {<<: word}", "c: {<<: [*a, word]}", "c: {<<: [[*a]]}"])
def test_only_mappings(text: str) -> None:
    """Anything else is a fault at its place."""
    (fault,) = read(BASE + text).faults
    assert (fault.line, fault.path) == (3, "c.<<")
    assert fault.message == "merges mappings only; write *NAME of a mapping, or a list of them"


def test_a_rollout_file() -> None:
    """The way back with the steps of the way there."""
    text = page("rollback:\n  <<: *u\n  timeout: 1m").replace("upgrade: {", "upgrade: &u {")
    lines = text.splitlines()
    file = parse("\n".join(sorted(lines[:5], key=lambda s: "<<" in s) + lines[5:]) + "\n", "FILE")
    assert file.has_rollback
    assert file.rollout.rollback is not None
    assert file.rollout.rollback.command == ["deploy", "--", "${member.name}"]
    assert file.rollout.rollback.timeout == "1m"


def test_faults_keep_their_place() -> None:
    """What is wrong in a mapping that is merged is told where it is written, for both."""
    text = page("drain: &d {timeout: 5}", "return: {<<: *d}")
    assert faults_of(text) == [
        '6:12: return.timeout: is not a key of this section; did you mean "within"?',
        "6:21: drain.timeout: 5 has no unit; write 5s, or another of ms, s, m, h",
    ] or "6:21: drain.timeout" in "".join(faults_of(text))


def test_a_secret_that_is_merged() -> None:
    """It is masked where it is written, and the file can be read again."""
    text = page(
        "validate:\n  - http: &h {url: 'http://h/', headers: {Authorization: hunter2}}\n"
        "  - http: {<<: *h, status: 201}"
    )
    shown, _ = masked(text, {})
    assert "hunter2" not in shown
    second = parse(shown, "FILE").rollout.validations[1].http
    assert second is not None
    assert (second.status, second.headers) == (201, {"Authorization": "***"})
