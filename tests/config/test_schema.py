"""The JSON Schema refuses what it can, and never what `check` accepts."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.config import schema, starter
from controller.config.text.document import read
from tests.config.pages import faults_of, page, pods_page
from tests.support.json_schema import is_valid

_POOL = "pool: {haproxy: {apis: [unix:/run/a.sock], backends: [web]%s}%s}"
_PROMETHEUS = "prometheus: {url: 'http://h', %s}"
_DRAWN = schema()

RIGHT = (
    _POOL % ("", ", max_unavailable: 0%"),
    _POOL % ("", ", max_unavailable: '4'"),
    _POOL % ("", ", max_unavailable: 100%, min_available: 0%"),
    _POOL % ("", ", members: {expect: '0010'}"),
    "pool: {haproxy: {apis: ['unix:/', 'tcp:[::1]:9'], backends: [web]}}",
    "return: {ramp: [0.5%, 0.5%, 12.5%, 100%]}",
    "return: {ramp: ['00099.999999999%']}",
    "soak: 0s",
    "soak: 0.000001s",
    "drain: {timeout: 0.5s, sticky: 0.0s}",
    "on_failure: halt",
    "on_failure: rollback_all\nrollback: {command: [x]}",
    "gates: []",
    "gates: [{name: a, haproxy: {}, max: 0%, confidence: 50%}]",
    "gates: [{name: a, haproxy: {}, max: 100.0%, confidence: 0.999}]",
    "gates: [{name: a, " + _PROMETHEUS % "query: q" + ", min: -3}]",
    "gates: [{name: a, " + _PROMETHEUS % "query: q, baseline: b" + ", max_increase: 1}]",
    "gates: [{name: a, "
    + _PROMETHEUS % "errors: e, requests: r, baseline: {errors: e, requests: r}"
    + "}]",
    "gates: [{name: a, alerts: {url: ['http://h', 'https://i'], matchers: ['a=\"b\"']}}]",
    "vars: {u: 'http://h'}\ngates: [{name: a, alerts: {url: '${vars.u}'}}]",
    "notify: [{on: [halted], webhook: {url: {env: U}}}]",
    "notify: [{webhook: {url: 'https://h/x'}}]",
    "validate: [{http: {url: '${member.address}'}}]",
    "drain: {idle: {prometheus: {url: 'http://h', query: 'x${member.name}'}, max: 1%}}",
    "state: {kubernetes: {namespace: ops, retain: 5}}",
)

RIGHT_PODS = (
    "on_failure: rollback_all",
    "pool: {kubernetes: {service: web, workload: daemonset/web.v1, rotation: delete}}",
    "upgrade: {}",
    "gates: [{kubernetes: {measure: oom}}, {name: a, kubernetes: {measure: oom}, max: 2}]",
    "pool: {kubernetes: {nodes: {selector: a=b}}}\nupgrade: {job: {spec: {}}}",
    "pool: {kubernetes: {nodes: {selector: a=b}}}\nupgrade: {command: [x], expect: {boot_id: "
    "changed}}",
)

WRONG_PODS = (
    "pool: {kubernetes: {}}",
    "pool: {kubernetes: {service: web, nodes: {selector: a}}}",
    "pool: {kubernetes: {service: web}, haproxy: {apis: ['unix:/a'], backends: [web]}}",
    "pool: {kubernetes: {service: We_b}}",
    "pool: {kubernetes: {service: web, workload: cronjob/web}}",
    "gates: [{prometheus: {url: 'http://h', query: q}, max: 1}]",
    "gates: [{kubernetes: {measure: cpu}}]",
    "state: {}",
)

WRONG = (
    _POOL % ("", ", max_unavailable: 101%"),
    _POOL % ("", ", max_unavailable: '0'"),
    _POOL % ("", ", members: {expect: '10001'}"),
    _POOL % ("", ", canaries: [a, a]"),
    _POOL % (", lost_after: 0s", ""),
    "pool: {haproxy: {apis: ['unix:/a', 'unix:/a'], backends: [web]}}",
    "pool: {haproxy: {apis: ['unix:/a'], backends: [web, web]}}",
    "return: {ramp: [0.0%]}",
    "return: {ramp: [100.1%]}",
    "return: {within: 0.0s}",
    "drain: {timeout: 0ms}",
    "on_failure: rollback_all",
    "on_failure: rollback_member",
    "gates: [{name: a, haproxy: {}}]",
    "gates: [{name: a, haproxy: {}, min: 1%}]",
    "gates: [{name: a, haproxy: {}, max: 1%, confidence: 1}]",
    "gates: [{name: a, " + _PROMETHEUS % "query: q" + "}]",
    "gates: [{name: a, alerts: {url: 'ftp://h', matchers: ['a=\"b\"']}}]",
    "gates: [{name: a, alerts: {url: ['http://h', 'http://h'], matchers: ['a=\"b\"']}}]",
    "notify: [{on: [halted, halted], command: [x]}]",
    "notify: [{webhook: {url: 'ftp://h/'}}]",
    "validate: [{http: {url: 'ftp://h/'}}]",
)


def is_refused(text: str) -> bool:
    return not is_valid(read(text).data, _DRAWN)


@pytest.mark.parametrize("section", RIGHT)
def test_right(section: str) -> None:
    """Accepted by both."""
    assert faults_of(page(section)) == []
    assert not is_refused(page(section))


@pytest.mark.parametrize("section", WRONG)
def test_wrong(section: str) -> None:
    """Refused by both."""
    assert faults_of(page(section)) != []
    assert is_refused(page(section))


@pytest.mark.parametrize("section", RIGHT_PODS)
def test_right_in_kubernetes(section: str) -> None:
    """Accepted by both."""
    text = pods_page(*section.splitlines())
    assert faults_of(text) == []
    assert not is_refused(text)


@pytest.mark.parametrize("section", WRONG_PODS)
def test_wrong_in_kubernetes(section: str) -> None:
    """Refused by both."""
    assert faults_of(pods_page(section)) != []
    assert is_refused(pods_page(section))


def test_files_of_the_project() -> None:
    """The starters, and the example of the documentation."""
    example = Path(__file__).parents[1] / "docs" / "example.yaml"
    for text in (starter("haproxy"), starter("kubernetes"), example.read_text("utf-8")):
        assert faults_of(text) == []
        assert not is_refused(text)


_DIGITS = st.text(alphabet="0159", min_size=1, max_size=6)
_NUMBERS = st.tuples(_DIGITS, st.one_of(st.just(""), _DIGITS.map(lambda d: f".{d}"))).map("".join)
_SCALARS = st.one_of(
    st.tuples(_NUMBERS, st.sampled_from(["", "ms", "s", "m", "h", "%"])).map("".join),
    _DIGITS.map(lambda d: f"'{d}'"),
    st.sampled_from(["unix:/", "tcp:h:1", "http://h", "https://", "${vars.version}", "halt"]),
)
_PLACES = (
    "soak: %s",
    "drain: {timeout: %s}",
    "drain: {sticky: %s}",
    "return: {within: %s}",
    "return: {ramp: [%s]}",
    "validate: [{tcp: {port: %s}}]",
    "validate: [{tcp: {port: 1}, within: 100h, consecutive: %s}]",
    "validate: [{http: {url: %s}}]",
    "gates: [{name: a, haproxy: {}, max: %s}]",
    "gates: [{name: a, haproxy: {}, max: 1%%, confidence: %s}]",
    "gates: [{name: a, prometheus: {url: %s, query: q}, max: 1}]",
    "gates: [{name: a, prometheus: {url: 'http://h', query: q}, min: %s}]",
    _POOL % (", lost_after: %s", ""),
    _POOL % ("", ", max_unavailable: %s"),
    _POOL % ("", ", min_available: %s"),
    _POOL % ("", ", members: {expect: %s}"),
    "pool: {haproxy: {apis: [%s], backends: [web]}}",
    "heartbeat: {url: %s}",
    "heartbeat: {url: 'http://h', every: %s}",
)


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(_PLACES), _SCALARS)
def test_never_what_check_accepts(place: str, value: str) -> None:
    """Whatever stands at a place: what `check` finds right the schema does too."""
    text = page(place % value)
    assert faults_of(text) != [] or not is_refused(text), text
