"""What a gate asks and sends, with its templates filled."""

from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from controller.config import RolloutFile, parse
from controller.core.gates.evidence import Query
from controller.core.gates.gate import Gate, MetricGate
from controller.core.gates.promql import escaped, is_plain_selector, literal_ranges
from controller.core.pool import Member
from controller.errors import ConfigurationError
from controller.tasks import HttpProbe
from tests.config.pages import page

_POOL = (
    "pool: {haproxy: {apis: [unix:/a], backends: [web]}, members: {vars: {web1: {rack: 'a\"b'}}}}"
)
_SECONDS = timedelta(seconds=1)


def _file(*gates: str) -> RolloutFile:
    return parse(page(_POOL, f"gates: [{', '.join(gates)}]"), "/srv/web.yaml", {"version": "3"})


def _gate(file: RolloutFile) -> Gate:
    *_, last = (
        gate for gate in file.settings.policies.gates if gate.name not in ("errors", "latency")
    )
    return last


def _asked(
    file: RolloutFile, member: Member | None, window: timedelta = 61.9 * _SECONDS
) -> dict[Query, str]:
    gate = _gate(file)
    assert isinstance(gate, MetricGate)
    return file.queries(gate, member, "r-1", window)


def _member(file: RolloutFile, name: str = "web1", address: str = "10.0.0.1") -> Member:
    return file.member(name, address, 8080)


def test_every_query_is_filled() -> None:
    """Each query knows the member, the variables, the rollout and the window."""
    file = _file(
        "{name: other, haproxy: {}, max: 1%}",
        "{name: a, prometheus: {url: 'http://h', errors: 'e{s=\"${member.name}\"}[${window}]', "
        "requests: 'r{a=\"${member.address}:${member.port}\"}', traffic: 't${vars.version}', "
        "evidence: 'up{h=\"${member.host}\"}', "
        "baseline: {errors: 'be{s!=\"${member.name}\"}[${window}]', "
        "requests: '$${r} $ ${rollout.id}'}}, max: 1%}",
    )
    assert _asked(file, _member(file)) == {
        Query.ERRORS: 'e{s="web1"}[61s]',
        Query.REQUESTS: 'r{a="10.0.0.1:8080"}',
        Query.TRAFFIC: "t3",
        Query.EVIDENCE: 'up{h="10.0.0.1"}',
        Query.BASELINE_ERRORS: 'be{s!="web1"}[61s]',
        Query.BASELINE_REQUESTS: "${r} $ r-1",
    }


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (timedelta(0), "1s"),
        (timedelta(milliseconds=1999), "1s"),
        (timedelta(seconds=119, milliseconds=999), "119s"),
        (timedelta(minutes=5), "120s"),
    ],
)
def test_window(window: timedelta, expected: str) -> None:
    """Whole seconds that never reach behind the return, at least one, at most window_max."""
    file = _file(
        "{name: a, prometheus: {url: 'http://h', query: 'q[${window}]', baseline: 'b[${window}]', "
        "window_max: 2m}, max_increase: 1}"
    )
    assert _asked(file, None, window) == {
        Query.VALUE: f"q[{expected}]",
        Query.BASELINE: f"b[{expected}]",
    }


def test_values_of_members_are_escaped() -> None:
    """What a member is called cannot end the string that it stands in."""
    file = _file(
        "{name: a, prometheus: {url: 'http://h', query: 'q{r=\"${member.vars.rack}\"}'}, max: 1}"
    )
    assert _asked(file, _member(file)) == {Query.VALUE: r'q{r="a\x22b"}'}


@given(st.text(max_size=20), st.sampled_from("\"'"))
def test_escaped_text_stays_in_its_string(value: str, quote: str) -> None:
    """Whatever the value and the quote, the string ends where it was meant to."""
    assume("${" not in value)  # which a template would be, but a filled-in value is none
    text = escaped(value)
    assert quote not in text
    assert "\n" not in text
    assert is_plain_selector(f"up{{a={quote}{text}{quote}}}")


def test_member_without_a_variable() -> None:
    """A query that cannot be filled is told with its place and its member."""
    file = _file(
        "{name: a, prometheus: {url: 'http://h', query: 'q{r=\"${member.vars.rack}\"}'}, max: 1}"
    )
    with pytest.raises(ConfigurationError) as caught:
        _asked(file, _member(file, "web2"))
    assert str(caught.value) == (
        "/srv/web.yaml:6:56: gates[0].prometheus.query: member web2: member.vars.rack has no "
        "value; set one"
    )


def test_a_probe_that_is_not_there() -> None:
    """Asking for what the gate does not have is a mistake of ours."""
    file = _file("{name: a, haproxy: {}, max: 1%}")
    with pytest.raises(ValueError, match="gate a has no probe"):
        file.probe(_gate(file), _member(file), "r-1")


def test_member_gate_without_a_member() -> None:
    """A gate on the member in hand has no queries for the pool."""
    file = _file(
        "{name: a, prometheus: {url: 'http://h', query: 'q{r=\"${member.name}\"}'}, max: 1}"
    )
    with pytest.raises(ValueError, match="no member to fill its queries for"):
        _asked(file, None)


_PROBE = (
    "{name: a, prometheus: {url: 'http://h', query: q}, max: 1, inconclusive: {then: probe}, "
    "probe: {url: 'http://${member.address}/${vars.version}', "
    "headers: {Cookie: 'SRV=${member.name}; R=${member.vars.rack}'}}}"
)


def test_probe() -> None:
    """Marked requests name the member; an IPv6 address gets its brackets."""
    file = _file(_PROBE)
    probe = file.probe(_gate(file), _member(file, address="fd00::1"), "r-1")
    headers = {"Cookie": 'SRV=web1; R=a"b'}
    assert probe == HttpProbe("http://[fd00::1]/3", headers=headers)


def test_probe_that_makes_no_sense() -> None:
    """What cannot be filled in is told with its place."""
    file = _file(_PROBE.replace("${member.address}", "${member.vars.rack}"))
    with pytest.raises(ConfigurationError) as caught:
        file.probe(_gate(file), _member(file, "web2"), "r-1")
    assert [fault.path for fault in caught.value.faults] == [
        "gates[0].probe.url",
        "gates[0].probe.url",
        "gates[0].probe.headers.Cookie",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "up",
        " ns:rule_1 ",
        "up{}",
        'up { job = "a" , i=~\'b.*\', c!=``, d!~"}[5m]" , }',
        '{__name__="up"}',
        '{"my.metric", "a.b"="c"}',
        'up{s="${member.name}"}',
        '${vars.metric}{s="a"}',
    ],
)
def test_plain_selectors(text: str) -> None:
    """A metric, matchers, or both; templates may stand in them."""
    assert is_plain_selector(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{}", "1", "up[5m]", "up offset 5m", "sum(up)", "up + up", "-up", "up{job}"),
        *('up{job="a}', 'up{a="x" b="y"}', "up{,}", 'up{a="x"} # }', "up @ 0", "up{a=b}"),
    ],
)
def test_other_expressions(text: str) -> None:
    """Whatever computes, ranges or shifts has no samples of its own."""
    assert not is_plain_selector(text)


def test_literal_ranges() -> None:
    """Ranges of a fixed length are found, and neither templates nor what stands in strings."""
    assert literal_ranges('a[5m] b[ 10s:1s ] c[${window}] d{e="[7m]"} f[1h:]') == (
        "5m",
        "10s",
        "1h",
    )
