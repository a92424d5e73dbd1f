"""Gates on a metrics system: what their keys mean, and what is questionable in them."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from controller.config import RolloutFile, parse
from controller.core.gates.evidence import Query, Reduce
from controller.core.gates.gate import (
    AlertGate,
    CounterGate,
    Gate,
    Matcher,
    MetricGate,
    Scope,
    Then,
    TimingGate,
)
from controller.metrics_servers import MetricsServer, Secret
from tests.config.pages import page

BUILTIN = CounterGate("errors", Scope.MEMBER, 0.01)
LATENCY = TimingGate("latency", Scope.MEMBER, failures=2, is_builtin=True)

_VALIDATE = "validate: [{tcp: {port: 80}}]"
_FILE = "/srv/rollouts/web.yaml"


def _file(text: str, **sets: str) -> RolloutFile:
    return parse(page(f"gates: [{text}]"), _FILE, sets)


def _gate(text: str, **sets: str) -> Gate:
    gate, *builtin = _file(text, **sets).settings.policies.gates
    assert builtin == [*([] if isinstance(gate, CounterGate) else [BUILTIN]), LATENCY]
    return gate


def _servers(text: str, **sets: str) -> Sequence[MetricsServer]:
    ((gate, servers),) = _file(text, **sets).servers.items()
    assert gate == "a"
    return servers


def test_least_of_a_value() -> None:
    """What may be left out of a gate on a query has the documented defaults."""
    text = "{name: a, prometheus: {url: 'http://h:9090/p', query: q}, min: -2.5}"
    assert _gate(text) == MetricGate(
        "a",
        Scope.POOL,
        {Query.VALUE: "q"},
        every=timedelta(seconds=5),
        confidence=0.99,
        minimum=-2.5,
        is_ratio=False,
    )
    assert _servers(text) == (MetricsServer("http://h:9090/p"),)


def test_every_key_of_a_value() -> None:
    """Each key lands where it belongs, in its unit; templates of members stay in place."""
    text = """{
      name: a,
      prometheus: {
        url: [http://one, "http://${vars.version}/two"], query: 'q{s="${member.name}"}[${window}]',
        baseline: b, traffic: t, evidence: e, reduce: avg, max_age: 15s, window_max: 10s,
        timeout: 2s
      },
      max: 1%, min: 0.1%, max_increase: 0.5%, min_requests: 7, every: 50ms, failures: 2,
      inconclusive: {hold: 1s, then: probe},
      probe: {url: "http://h/${member.name}", every: 60ms, headers: {Cookie: "S=${member.name}"}}
    }"""
    timeout = timedelta(seconds=2)
    assert _gate(text) == MetricGate(
        "a",
        Scope.MEMBER,
        {
            Query.VALUE: 'q{s="${member.name}"}[${window}]',
            Query.BASELINE: "b",
            Query.TRAFFIC: "t",
            Query.EVIDENCE: "e",
        },
        servers=2,
        every=timedelta(milliseconds=50),
        confidence=0.99,
        min_requests=7,
        failures=2,
        hold=timedelta(seconds=1),
        then=Then.PROBE,
        reduce=Reduce.AVG,
        max_age=timedelta(seconds=15),
        window_max=timedelta(seconds=10),
        maximum=0.01,
        minimum=0.001,
        max_increase=0.005,
        probe_every=timedelta(milliseconds=60),
    )
    assert _servers(text) == (
        MetricsServer("http://one", timeout=timeout),
        MetricsServer("http://2.4.1/two", timeout=timeout),
    )


def test_counts() -> None:
    """Counts on both sides need no other limit, and have a confidence of their own."""
    gate = _gate(
        "{name: a, prometheus: {url: 'http://h', errors: e, requests: r, "
        "baseline: {errors: be, requests: br}}, confidence: 95%, min_errors: 2}"
    )
    assert gate == MetricGate(
        "a",
        Scope.POOL,
        {
            Query.ERRORS: "e",
            Query.REQUESTS: "r",
            Query.BASELINE_ERRORS: "be",
            Query.BASELINE_REQUESTS: "br",
        },
        every=timedelta(seconds=5),
        confidence=0.95,
        min_errors=2,
    )


def test_baseline_as_a_section() -> None:
    """A baseline may be written with its key as well as without."""
    form = "{name: a, prometheus: {url: 'http://h', query: q, baseline: %s}, max_increase: 1}"
    assert _gate(form % "{query: b}") == _gate(form % "b")


@pytest.mark.parametrize(
    ("keys", "scope"),
    [
        ("query: up", Scope.POOL),
        ("query: 'up{v=\"${vars.version}\"}'", Scope.POOL),
        ("query: 'up{s=\"$${member.name}\"}'", Scope.POOL),
        ("query: 'up{s=\"${member.vars.rack}\"}'", Scope.MEMBER),
        ("query: up, evidence: 'up{s=\"${member.host}\"}'", Scope.MEMBER),
        ("query: up, traffic: 'up{s=\"${member.host}\"}'", Scope.MEMBER),
        ("errors: e, requests: 'r{s=\"${member.port}\"}'", Scope.MEMBER),
        (
            "errors: e, requests: r, baseline: {errors: e, requests: 'r{s!=\"${member.name}\"}'}",
            Scope.MEMBER,
        ),
    ],
)
def test_scope(keys: str, scope: Scope) -> None:
    """A gate that names the member in hand anywhere judges it; any other judges the pool."""
    text = page(
        f"gates: [{{name: a, prometheus: {{url: 'http://h', {keys}}}, max: 1%}}]",
        "pool: {haproxy: {apis: [unix:/a], backends: [web]}, members: {vars: {w: {rack: a}}}}",
    )
    assert parse(text, _FILE).settings.policies.gates[0].scope is scope


def test_being_let_in() -> None:
    """Secrets stay where they are, variables are filled in, paths begin at the file's folder."""
    servers = _servers(
        "{name: a, alerts: {url: 'https://h', "
        "auth: {basic: {username: 'u-${vars.version}', password: {file: sub/pw}}}, "
        "headers: {X-A: {env: TENANT}, X-B: 'b-${vars.version} 5$$'}, "
        "tls: {ca: ca.pem, cert: /etc/c.pem, key: '${vars.version}.key', server_name: s, "
        "verify: true}}}",
        version="3",
    )
    assert servers == (
        MetricsServer(
            "https://h",
            username="u-3",
            password=Secret(file="/srv/rollouts/sub/pw"),
            headers={"X-A": Secret(env="TENANT"), "X-B": Secret(inline="b-3 5$")},
            ca="/srv/rollouts/ca.pem",
            cert="/etc/c.pem",
            key="/srv/rollouts/3.key",
            server_name="s",
        ),
    )


def test_bearer() -> None:
    """A token may stand in the file; it is neither in what is printed nor in the settings."""
    file = _file(
        "{name: a, prometheus: {url: 'http://h', query: q, auth: {bearer: 't ${vars.version}'}, "
        "tls: {verify: false}}, max: 1}",
        version="s3cret",
    )
    (server,) = file.servers["a"]
    assert server.bearer == Secret(inline="t s3cret")
    assert not server.verify
    assert "s3cret" not in repr(file.servers)
    assert "s3cret" not in repr(file.settings.policies)


def test_alerts() -> None:
    """Matchers are read as Alertmanager reads them; the gate is the pool's."""
    gate = _gate(
        "{name: a, alerts: {url: 'http://h', preexisting: fail, matchers: ["
        """'severity="page"', "b = 'x y'", team=web, 'd!=""', 'e=~"a.*|${vars.version}$"', """
        r"""'f!~"\\d+ \" \n"']}}"""
    )
    assert gate == AlertGate(
        "a",
        Scope.POOL,
        (
            Matcher("severity", "=", "page"),
            Matcher("b", "=", "x y"),
            Matcher("team", "=", "web"),
            Matcher("d", "!=", ""),
            Matcher("e", "=~", "a.*|2.4.1$"),
            Matcher("f", "!~", '\\d+ " \n'),
        ),
        every=timedelta(seconds=5),
        confidence=0.99,
        counts_preexisting=True,
    )


def test_probe_of_a_counted_gate() -> None:
    """HAProxy's own counters can be fed by requests of our own as well."""
    gate = _gate(
        "{name: a, haproxy: {}, max: 1%, inconclusive: {then: probe}, probe: {url: 'http://h/'}}"
    )
    second = timedelta(seconds=1)
    assert gate == CounterGate("a", Scope.MEMBER, 0.01, then=Then.PROBE, probe_every=second)


@pytest.mark.parametrize(
    ("gate", "soak", "expected"),
    [
        ("prometheus: {url: 'http://h', query: q}, max: 1", "1s", []),
        (
            "prometheus: {url: 'http://h', evidence: up, baseline: 'q{s=\"[1m]\"}[5m]', query: "
            "'rate(q{s=\"${member.name}\"}[5m]) + rate(q[ 1h30m : 1m ]) + rate(q[${window}])'}, "
            "max_increase: 1",
            "1s",
            [
                "gates[0].prometheus.query: [5m] reaches back before the member's return, to "
                "the former version; write [${window}]",
                "gates[0].prometheus.query: [1h30m] reaches back before the member's return, "
                "to the former version; write [${window}]",
            ],
        ),
        (
            "prometheus: {url: 'http://h', evidence: up, query: 'sum(irate(q[5m]))'}, max: 1",
            "1s",
            [
                "gates[0].prometheus.query: irate uses only the last two samples, which is "
                "too noisy for a gate; use rate"
            ],
        ),
        (
            "prometheus: {url: 'http://h', evidence: up, query: q}, max: 1, confidence: 99%",
            "1s",
            ["gates[0].confidence: has no effect without errors and requests under prometheus"],
        ),
        (
            "prometheus: {url: ['http://h'], evidence: up, errors: e, requests: r, tls: {}}, "
            "max: 100%",
            "1s",
            [
                "gates[0].max: 100% of errors is allowed: this gate never fails",
                "gates[0].prometheus.tls: has no effect without https",
            ],
        ),
        (
            "alerts: {url: 'http://h'}",
            "1s",
            ["gates[0].alerts.matchers: are not given: any alert that fires stops this rollout"],
        ),
        ("alerts: {url: 'http://h', matchers: [a=b]}", "1s", []),
    ],
)
def test_warnings(gate: str, soak: str, expected: list[str]) -> None:
    """What is questionable is told once, and what is fine is not told."""
    local = gate.replace("//h'", "//localhost'")
    text = page(_VALIDATE, f"soak: {soak}", f"gates: [{{name: a, {local}}}]")
    assert list(parse(text, _FILE).settings.warnings) == expected


PROM = "{name: a, prometheus: {url: 'http://h', query: q}, max: 1}"


@pytest.mark.parametrize(
    ("gates", "names"),
    [
        (f"[{PROM}]", ["a", "errors", "latency"]),
        ("[{name: a, alerts: {url: 'http://h', matchers: [a=b]}}]", ["a", "errors", "latency"]),
        (
            "[{name: errors, alerts: {url: 'http://h', matchers: [a=b]}}]",
            ["errors", "counters", "latency"],
        ),
        (f"[{PROM}, {{name: mine, haproxy: {{}}, max: 2%}}]", ["a", "mine", "latency"]),
        (f"[{PROM}, {{name: errors, builtin: false}}]", ["a"]),
        (f"[{{name: errors, builtin: false}}, {PROM}]", ["a"]),
        ("[{name: errors, builtin: false}]", []),
        ("[{name: latency, builtin: false}]", ["errors"]),
        (f"[{PROM}, {{name: latency, builtin: false}}]", ["a", "errors"]),
        ("[{name: slow, haproxy: {measure: response_time}}]", ["slow", "errors"]),
        ("[{name: a, haproxy: {measure: retries}, max: 5%}]", ["a", "errors", "latency"]),
        ("[{name: latency, haproxy: {}, max: 1%}]", ["latency", "response-time"]),
        ("[]", []),
    ],
)
def test_the_builtin_gate_stays_on(gates: str, names: list[str]) -> None:
    """Beside gates that only ask a metrics system, which are later, unless the file says no."""
    file = parse(page(f"gates: {gates}"), _FILE)
    assert [gate.name for gate in file.settings.policies.gates] == names
    is_warned = any("NO GATES" in warning for warning in file.settings.warnings)
    assert is_warned is (not names)


def test_response_time() -> None:
    """Each key of a gate on response times lands where it belongs; two samples must fail."""
    text = "{name: a, haproxy: {measure: response_time, times: 1.5, above: 2s}, every: 200ms}"
    gate, errors = _file(text).settings.policies.gates
    assert errors == BUILTIN
    assert gate == TimingGate(
        "a",
        Scope.MEMBER,
        times=1.5,
        above=timedelta(seconds=2),
        every=timedelta(milliseconds=200),
        failures=2,
    )
    one = "{name: a, haproxy: {measure: response_time}, failures: 1}"
    assert _file(one).settings.policies.gates[0].failures == 1


def test_queue() -> None:
    """The same on how long requests wait; the gate on response times stays on beside it."""
    queue, errors, latency = _file("{name: a, haproxy: {measure: queue}}").settings.policies.gates
    assert queue == TimingGate("a", Scope.MEMBER, measure="queue", failures=2)
    assert (errors, latency) == (BUILTIN, LATENCY)


def test_further_measures() -> None:
    """What else is counted of a member, in its own words."""
    text = "{name: a, haproxy: {measure: status_4xx}, max: 20%}"
    gate = _file(text).settings.policies.gates[0]
    assert gate == CounterGate(
        "a",
        Scope.MEMBER,
        0.2,
        measure="status_4xx",
        happened="were answered with a status from 400 to 499",
    )
