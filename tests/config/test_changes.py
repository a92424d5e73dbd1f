"""The difference between two rollout files, as an operator reads it."""

from pathlib import Path

import pytest

from controller.config import KEYED, changes, fingerprint, masked, parse
from tests.config.pages import page

_HEADERS = "validate: [{http: {url: 'http://u:%s@h/', headers: {Authorization: '%s'}}}]"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (page(), page()),
        (page(), "# a comment\n" + page()),
        (page(), page("soak: 30s")),
        (page("soak: 60s"), page("soak: 1m")),
        (page(), page().replace("[deploy, ", "[ 'deploy', ")),
    ],
)
def test_same_meaning(old: str, new: str) -> None:
    """Comments, order, quotes and defaults that are spelt out change nothing."""
    assert changes(old, {}, new, {}) == []


def test_set_to_what_the_file_says() -> None:
    """A --set that says what the file says anyway is no change."""
    assert changes(page(), {}, page(), {"version": "2.4.1"}) == []


def test_changed_line() -> None:
    """A change is shown as a difference of the text."""
    assert changes(page("soak: 30s"), {}, page("soak: 31s"), {})[-2:] == [
        "-soak: 30s",
        "+soak: 31s",
    ]


@pytest.mark.parametrize(
    "section",
    [
        "upgrade: {command: [other]}",
        "rollback: {command: [undo]}",
        "validate: [{tcp: {port: 80}}]",
        "pool: {haproxy: {apis: [unix:/run/a.sock], backends: [web]}, members: {host: h}}",
        "vars: {version: '2.4.2'}",
        "on_failure: halt\nowner: us",
    ],
)
def test_every_section_counts(section: str) -> None:
    """Work and variables count as much as settings."""
    assert changes(page(), {}, page(section), {})


def test_changed_sets() -> None:
    """Values of --set are compared by name."""
    assert changes(page(), {"version": "1"}, page(), {}) == [
        '--set version: "1" as started, not given now'
    ]


def test_text_that_is_no_longer_right_is_changed() -> None:
    """A journal may hold a file that another version of poolroll found right."""
    assert "-sok: 1s" in changes(page("sok: 1s"), {}, page(), {})


def test_long_differences_are_cut() -> None:
    """Nobody reads thousands of lines at a prompt."""
    many = page(*(f"k{index}: 1" for index in range(500)))
    lines = changes(page(), {}, many, {})
    assert len(lines) == 201
    assert lines[-1].startswith("… and ")


def test_secrets_are_not_shown() -> None:
    """Header values and passwords in addresses are masked; that they changed is told (S12)."""
    old, new = page(_HEADERS % ("pw-one", "one")), page(_HEADERS % ("pw-two", "two"))
    assert changes(old, {}, new, {}) == ["a value that may be secret has changed; it is not shown"]


def test_variables_in_headers_are_secret() -> None:
    """A variable that a header or an address's password names is masked wherever it is given."""
    text = page(
        "vars: {version: '1', token: abc-1, pw: abc-2}",
        _HEADERS % ("${vars.pw}", "Bearer ${vars.token} ${member.vars.key}"),
        "rollback: {command: [x], vars: {token: abc-3}}",
        "pool: {haproxy: {apis: [unix:/a], backends: [web]}, members: {vars: {a: {key: abc-4}}}}",
    )
    parse(text, "f")
    shown, sets = masked(text, {"token": "abc-5", "version": "2"})
    assert "abc-" not in shown
    assert "version: '1'" in shown
    assert sets == {"token": "***", "version": "2"}
    parse(shown, "f")


def test_masked_blocks_stay_readable() -> None:
    """A value written as a block is masked without taking its line end along."""
    http = "  - http:\n      url: http://h/\n      headers:\n        a: >-\n          s3cret\n"
    text = page(f"validate:\n{http}    within: 5s")
    shown, _ = masked(text, {})
    assert "s3cret" not in shown
    assert parse(shown, "f").rollout.validations[0].within == "5s"


def test_masked_anchors_stay() -> None:
    """A value that others point to is masked for them too, and can still be pointed to."""
    headers = "{a: &key s3cret, b: *key}"
    shown, _ = masked(page(f"validate: [{{http: {{url: 'http://h/', headers: {headers}}}}}]"), {})
    probe = parse(shown, "f").rollout.validations[0].http
    assert probe is not None
    assert probe.headers == {"a": "***", "b": "***"}


def test_what_cannot_be_read_is_not_shown() -> None:
    """Where nothing tells secrets from the rest, all of it is masked."""
    assert masked("a: 'b", {"x": "y"}) == ("***", {"x": "***"})


_GATE = (
    "gates: [{name: a, KIND, auth: {basic: {username: u, password: 'abc-1'}}, "
    "headers: {X-A: 'abc-2'}}ETC}, {name: b, KIND, auth: {bearer: 'x ${vars.token}'}}ETC, "
    "inconclusive: {then: probe}, probe: {url: 'http://h/', headers: {C: 'abc-${vars.pin}'}}}]"
)
_METRIC_GATES = _GATE.replace("KIND", "prometheus: {url: 'http://h', query: q").replace(
    "ETC", ", max: 1"
)
_VARS = "vars: {version: '1', token: abc-3, pin: abc-4}"


def test_secrets_of_gates_are_masked() -> None:
    """Passwords, tokens, headers and what variables put into them are in no copy (S12)."""
    text = page(_VARS, _METRIC_GATES)
    shown, sets = masked(text, {"token": "abc-5"})
    assert "abc-" not in shown
    assert "username: u" in shown
    assert sets == {"token": "***"}
    parse(shown, "f")


def test_secrets_of_alerts_are_masked() -> None:
    """The same under `alerts`, in any form of YAML; names of where a secret is are shown."""
    text = page(
        "gates:\n- name: a\n  alerts:\n    url: http://h\n    auth:\n      bearer: >-\n"
        "        abc-1\n    headers: {A: {env: NAME}, B: abc-2, C: {file: pw}}\n  every: 5s"
    )
    shown, _ = masked(text, {})
    assert "abc-" not in shown
    assert "{env: NAME}" in shown
    assert "{file: pw}" in shown
    assert list(parse(shown, "f").servers) == ["a"]


def test_password_in_the_address_of_a_gate() -> None:
    """Not allowed there, and masked all the same."""
    shown, _ = masked(page("gates: [{name: a, alerts: {url: 'http://u:abc-1@h'}}]"), {})
    assert "abc-" not in shown


@pytest.mark.parametrize("secret", ["abc-1", "abc-2", "abc-3"])
def test_changed_secrets_of_gates(secret: str) -> None:
    """A secret of a gate is part of what a file means, and of its fingerprint."""
    old = page(_VARS, _METRIC_GATES)
    new = old.replace(secret, "abc-9")
    assert fingerprint(parse(old, "f", {}), "s") != fingerprint(parse(new, "f", {}), "s")
    assert changes(old, {}, new, {}) == ["a value that may be secret has changed; it is not shown"]


def test_a_fingerprint_needs_the_key() -> None:
    """Nobody without the key of the state can try out secrets with it; where there is no key, a
    try takes a while. Those of former versions are still compared with."""
    file = parse(page("vars: {version: '1', password: weak-one}"), "f", {})
    keyed = fingerprint(file, "s", b"k", like=KEYED)
    assert keyed == fingerprint(file, "s", b"k", like=keyed)
    assert keyed != fingerprint(file, "s", b"other", like=keyed)
    assert keyed != fingerprint(file, "s", b"", like=keyed)
    slow = fingerprint(file, "s", b"", like=KEYED)
    assert slow == fingerprint(file, "s", b"", like=slow) != fingerprint(file, "t", b"", like=slow)
    former = fingerprint(file, "s", b"k", like="abc")
    assert former == fingerprint(file, "s")
    other = parse(page("vars: {version: '1', password: weak-two}"), "f", {})
    assert fingerprint(other, "s", b"k", like=keyed) != keyed


def test_fingerprint_is_the_same_in_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relative paths in a gate do not make another rollout of it elsewhere."""
    text = page("gates: [{name: a, alerts: {url: 'https://h', tls: {ca: ca.pem}}}]")
    here = fingerprint(parse(text, "f", {}), "s")
    monkeypatch.chdir(tmp_path)
    assert fingerprint(parse(text, "f", {}), "s") == here


def test_spelt_out_defaults_of_gates() -> None:
    """Defaults that are spelt out are no change, and no other fingerprint."""
    bare = page("gates: [{name: a, prometheus: {url: 'http://h', query: q}, max: 1}]")
    full = page(
        "gates: [{name: a, prometheus: {url: ['http://h'], query: q, timeout: 10s}, max: 1.0, "
        "every: 5000ms, confidence: 99%}]"
    )
    assert changes(bare, {}, full, {}) == []
    assert fingerprint(parse(bare, "f", {}), "s") == fingerprint(parse(full, "f", {}), "s")


def test_whom_a_run_is_limited_to_is_no_change() -> None:
    """`--only` and `--canaries-only` are of one run; the rollout stays the same."""
    text = page("pool: {haproxy: {apis: [unix:/a], backends: [web]}, canaries: [web3]}")
    whole = fingerprint(parse(text, "f"), "s")
    assert fingerprint(parse(text, "f", only=("web1",)), "s") == whole
    assert fingerprint(parse(text, "f", canaries_only=True), "s") == whole


HTTP = "validate: [{http: {url: 'https://h/'}}]"
PROBE = (
    "gates: [{name: a, prometheus: {url: 'http://h', query: q}, max: 1, "
    "inconclusive: {then: probe}, probe: {url: 'https://h/'}}]"
)


@pytest.mark.parametrize("section", [HTTP, PROBE])
def test_a_key_of_a_later_version(section: str) -> None:
    """Given, it is a change. Not given, it is in no repr, so that the fingerprint of a rollout that
    a former version began stays the same."""
    old, new = page(section), page(section.replace("//h/'", "//h/', server_name: n"))
    assert changes(old, {}, new, {})
    assert fingerprint(parse(old, "f"), "s") != fingerprint(parse(new, "f"), "s")
    assert "server_name=None" not in repr(parse(page(HTTP), "f").rollout.validations)
    assert "server_name='n'" in repr(
        parse(page(HTTP.replace("//h/'", "//h/', server_name: n")), "f").rollout.validations
    )
