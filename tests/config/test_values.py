"""Values of variables: empty ones that a template uses, and others that look wrong."""

import pytest

from controller.config import parse
from controller.config.text.blank import is_blank
from controller.errors import ConfigurationError
from tests.config.pages import faults_of, page

UPGRADE = "upgrade: {command: [deploy, 'web-${vars.version}']}"
BLANK = {
    "nothing": "",
    "a space": " ",
    "a line end": "\n",
    "no-break space": "\xa0",
    "zero width": "\u200b",
    "a filler": "\u3164",
}


def refusal(text: str, sets: dict[str, str]) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        parse(text, "FILE", sets)
    return str(caught.value).splitlines()


def warnings(text: str, sets: dict[str, str] | None = None) -> list[str]:
    every = parse(text, "FILE", sets or {}).settings.warnings
    return [line for line in every if "no probe checks" not in line]


@pytest.mark.parametrize("value", BLANK.values(), ids=BLANK)
def test_an_empty_set(value: str) -> None:
    """The variable of a pipeline was not set: refused, with the first place that uses it."""
    assert is_blank(value)
    assert refusal(page(UPGRADE), {"version": value}) == [
        "FILE: --set version: is empty, and upgrade.command[1] uses it; give it a value"
    ]


USES = {
    "unless": "upgrade: {command: [x], unless: {command: [rpm, '${vars.version}']}}",
    "a step": "upgrade: {steps: [{command: ['${vars.version}']}]}",
    "contains": "validate: [{http: {url: 'http://h/', contains: '${vars.version}'}}]",
    "a header": "validate: [{http: {url: 'http://h/', headers: {A: 'x ${vars.version}'}}}]",
    "a query": "gates: [{name: a, prometheus: {url: 'http://h', query: 'q{v=\"${vars.version}\"}'},"
    " max: 1}]",
    "evidence": "gates: [{name: a, prometheus: {url: 'http://h', query: q, "
    "evidence: 'up{v=\"${vars.version}\"}'}, max: 1}]",
    "a matcher": "gates: [{name: a, alerts: {url: 'http://h', matchers: ["
    "'v=\"${vars.version}\"']}}]",
    "traffic of its own": "gates: [{name: a, haproxy: {}, max: 1%, inconclusive: {then: probe}, "
    "probe: {url: 'http://h/${vars.version}'}}]",
    "a host": "pool: {haproxy: {apis: [unix:/a], backends: [web]}, "
    "members: {host: '${vars.version}'}}",
    "a notice": "notify: [{command: [page, '${vars.version}']}]",
    "the way back": "rollback: {command: [undo, '${vars.version}']}",
}


@pytest.mark.parametrize("section", USES.values(), ids=USES)
def test_wherever_it_is_used(section: str) -> None:
    """Missing evidence must not read as health, wherever a variable stands (S5)."""
    (fault,) = faults_of(page("vars: {version: ' '}", section))
    assert fault.startswith("3:17: vars.version: is empty, and ")


def test_a_variable_that_nothing_uses() -> None:
    """It may be empty."""
    assert faults_of(page("vars: {version: ''}")) == []
    parse(page(), "FILE", {"version": ""})


def test_the_way_back_has_its_own_values() -> None:
    """A value of `rollback.vars` counts for the rollback and for `validate`, and there alone."""
    probe = "validate: [{http: {url: 'http://h/', contains: '${vars.version}'}}]"
    empty = "rollback: {command: [undo, '${vars.version}'], vars: {version: ''}}"
    assert faults_of(page(empty)) == [
        "6:64: rollback.vars.version: is empty, and rollback.command[1] uses it; give it a value"
    ]
    assert faults_of(page(probe, "rollback: {command: [undo], vars: {version: ''}}")) == [
        "7:45: rollback.vars.version: is empty, and validate[0].http.contains uses it; "
        "give it a value"
    ]
    own = "rollback: {command: [undo, '${vars.flags}'], vars: {flags: x}}"
    assert faults_of(page("vars: {version: '1', flags: ''}", own)) == []
    assert faults_of(page("rollback: {command: [undo], vars: {version: ''}}", UPGRADE)) == []


def test_a_variable_of_one_member() -> None:
    """It is told at its place, for every member that has it empty."""
    members = "members: {vars: {web1: {key: ''}, web2: {key: x}, web3: {key: ' '}, web4: {}}}"
    pool = f"pool: {{haproxy: {{apis: [unix:/a], backends: [web]}}, {members}}}"
    command = "upgrade: {command: [x, '${member.vars.key}', '${member.name}']}"
    assert [fault.split(";")[0].split(" ", 1)[1] for fault in faults_of(page(pool, command))] == [
        "pool.members.vars.web1.key: is empty, and upgrade.command[1] uses it",
        "pool.members.vars.web3.key: is empty, and upgrade.command[1] uses it",
    ]


def test_a_text_that_every_body_contains() -> None:
    """A blank `contains` is refused."""
    assert faults_of(page("validate: [{http: {url: 'http://h/', contains: '  '}}]")) == [
        "6:48: validate[0].http.contains: is blank, and nearly every body contains that; "
        "write what to look for"
    ]


BLANKS = {
    "a query": (
        "gates: [{name: a, max: 1, prometheus: {url: 'http://h', query: ' '}}]",
        "is blank; ",
    ),
    "a secret": ("notify: [{webhook: {url: 'http://h/', secret: ' '}}]", "is blank; "),
    "a program": ("validate: [{command: [' ', x]}]", "names no program; "),
}


@pytest.mark.parametrize(("section", "what"), BLANKS.values(), ids=BLANKS)
def test_a_text_that_shows_nothing(section: str, what: str) -> None:
    """It is refused offline, like one that is empty."""
    (fault,) = faults_of(page(section))
    assert f": {what}" in fault


UNFILLED = "looks like a template that was not filled in; check where it comes from"
DOUBTS = {
    "{{ version }}": [UNFILLED],
    "web-<%= version %>": [UNFILLED],
    "$VERSION": [UNFILLED],
    "${VERSION}": [UNFILLED],
    "$(cat version)": [UNFILLED],
    "%VERSION%": [UNFILLED],
    "None": ["is None, as if a value were missing; check where it comes from"],
    " null": [
        "is null, as if a value were missing; check where it comes from",
        "begins or ends with a blank, which counts; remove it if it is not meant",
    ],
    "<no value>": ["is <no value>, as if a value were missing; check where it comes from"],
    "2.4.1\n": ["ends with a line end, which counts; remove it if it is not meant"],
    "2.4.1\u200b": [
        "contains U+200B ZERO WIDTH SPACE, which cannot be seen or looks like another; "
        "type it again"
    ],
    "2.4.\u0430": [
        "contains U+0430 CYRILLIC SMALL LETTER A, which cannot be seen or looks like another; "
        "type it again"
    ],
    "2.4\u20131": [
        "contains U+2013 EN DASH, which cannot be seen or looks like another; type it again"
    ],
    "v\uff12": [
        "contains U+FF12 FULLWIDTH DIGIT TWO, which cannot be seen or looks like another; "
        "type it again"
    ],
    "\u7248\u672c\uff12": [],
    "a\xa0b": [
        "contains U+00A0 NO-BREAK SPACE, which cannot be seen or looks like another; type it again"
    ],
    "\x07a": ["contains U+0007, which cannot be seen or looks like another; type it again"],
    "\u0432\u0435\u0440\u0441\u0438\u044f 2": [],
    "costs $5": [],
    "100%": [],
    "the none": [],
    "2.4.1": [],
}


@pytest.mark.parametrize(("value", "expected"), DOUBTS.items(), ids=ascii)
def test_values_that_are_not_what_they_look_like(value: str, expected: list[str]) -> None:
    """`check` warns; no value is refused for its look."""
    found = warnings(page(UPGRADE), {"version": value})
    assert found == [f"--set version: {doubt}" for doubt in expected]


def test_values_in_the_file() -> None:
    """Those of the file are looked at too, with their path; what --set replaces is not."""
    text = page(
        "vars: {version: 'None', other: '$$HOME'}",
        "pool: {haproxy: {apis: [unix:/a], backends: [web]}, members: {vars: {a: {k: nil}}}}",
        "rollback: {command: [x], vars: {version: '{{ former }}'}}",
        "validate: [{http: {url: 'http://h/', contains: \"ok\\n\"}}]",
    )
    assert warnings(text, {"version": "2"}) == [
        f"vars.other: {UNFILLED}",
        f"rollback.vars.version: {UNFILLED}",
        "pool.members.vars.a.k: is nil, as if a value were missing; check where it comes from",
        "validate[0].http.contains: ends with a line end, which counts; remove it if it is not "
        "meant",
    ]
    assert "vars.version: is None, as if a value were missing; check where it comes from" in (
        warnings(text)
    )
