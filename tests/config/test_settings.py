"""What the keys of a right file mean: values and defaults."""

from datetime import timedelta

import pytest

from controller.config import RolloutFile, fingerprint, parse
from controller.config.stand_in import pin_words, stand_in
from controller.core.gates.gate import CounterGate, Scope, Then, TimingGate
from controller.core.gates.gate import Test as GateTest
from controller.core.gates.quiet import Quiet
from controller.core.settings import (
    Amount,
    DrainPolicy,
    OnFailure,
    OnTimeout,
    Policies,
    ReturnPolicy,
    Selection,
    Settings,
)
from controller.core.steps import Course
from controller.errors import ConfigurationError
from controller.pools.haproxy import HaproxyPool
from tests.config.pages import page

LATENCY = TimingGate("latency", Scope.MEMBER, failures=2, is_builtin=True)

_FULL = """
apiVersion: poolroll/v1
name: web
owner: web-team, ext. 4711
runbook: "https://wiki.example.net/${rollout.name}/${vars.version}"
vars: {version: "2.4.1", cost: "5$$"}
pool:
  haproxy:
    apis: [unix:/run/haproxy/admin.sock, "tcp:[::1]:9999"]
    backends: [web, api]
    lost_after: 10s
  members:
    include: ["web*"]
    exclude: [web9]
    expect: 8
  canaries: [web3, web1]
  max_unavailable: 25%
  min_available: 5
  wait_for_capacity: 0s
drain: {timeout: 1.5m, sticky: 0s, on_timeout: cut}
upgrade: {command: [deploy]}
rollback: {command: [undo]}
validate: [{tcp: {port: 80}}]
return: {within: 2h, hold: 0s}
soak: 500ms
gates:
  - name: mine
    haproxy: {measure: error_ratio, scope: pool}
    max: 0.5%
    test: threshold
    every: 50ms
    min_requests: 200
    window: 5m
    failures: 2
    inconclusive: {hold: 0s, then: pass}
  - {name: other, haproxy: {}, max: 2%, confidence: 0.99, min_errors: 5}
on_failure: rollback_all
"""


def test_every_key() -> None:
    """Each key of a full file lands where it belongs, in its unit."""
    settings = parse(_FULL, "web.yaml", only=["web1"], canaries_only=True).settings
    assert settings == Settings(
        name="web",
        pool=HaproxyPool(("unix:/run/haproxy/admin.sock", "tcp:[::1]:9999"), ("web", "api")),
        selection=Selection(
            ("web*",), ("web9",), 8, ("web3", "web1"), only=("web1",), canaries_only=True
        ),
        policies=Policies(
            max_unavailable=Amount(25, is_percent=True),
            min_available=Amount(5),
            wait_for_capacity=timedelta(0),
            lost_after=timedelta(seconds=10),
            drain=DrainPolicy(timedelta(seconds=90), timedelta(0), OnTimeout.CUT),
            comeback=ReturnPolicy(within=timedelta(hours=2)),
            soak=timedelta(milliseconds=500),
            gates=(
                CounterGate(
                    "mine",
                    Scope.POOL,
                    0.005,
                    test=GateTest.THRESHOLD,
                    every=timedelta(milliseconds=50),
                    min_requests=200,
                    window=timedelta(minutes=5),
                    failures=2,
                    hold=timedelta(0),
                    then=Then.PASS,
                ),
                CounterGate("other", Scope.MEMBER, 0.02, confidence=0.99, min_errors=5),
                LATENCY,
            ),
            on_failure=OnFailure.ROLLBACK_ALL,
        ),
        owner="web-team, ext. 4711",
        runbook="https://wiki.example.net/web/2.4.1",
        vars={"version": "2.4.1", "cost": "5$"},
    )


def test_defaults() -> None:
    """A file with what is required alone gets the documented defaults."""
    settings = parse(page(), "web.yaml").settings
    assert settings.selection == Selection()
    assert settings.policies == Policies(gates=(CounterGate("errors", Scope.MEMBER, 0.01), LATENCY))


def test_set_overrides_a_variable_as_it_is_typed() -> None:
    """The command line's value wins, and nothing in it is a template."""
    settings = parse(page(), "web.yaml", {"version": "$${vars.x}"}).settings
    assert settings.vars == {"version": "$${vars.x}"}


@pytest.mark.parametrize(
    ("sets", "canaries_only", "expected"),
    [
        (
            {"versoin": "1"},
            False,
            'web.yaml: --set versoin: no such variable in vars; did you mean "version"?',
        ),
        (
            {"version": "\udcff"},
            False,
            "web.yaml: --set version: the value is not valid UTF-8; type it again",
        ),
        ({}, True, "web.yaml: --canaries-only: the file has no canaries; add pool.canaries"),
    ],
)
def test_options_without_ground(sets: dict[str, str], canaries_only: bool, expected: str) -> None:
    """An option that the file gives no ground for is a fault beside the file's own."""
    with pytest.raises(ConfigurationError) as caught:
        parse(page("soak: 30"), "web.yaml", sets, canaries_only=canaries_only)
    assert str(caught.value).splitlines()[1:] == [expected]


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("validate: [{tcp: {port: 80}}]", []),
        (
            "soak: 0s",
            [
                "validate: no probe checks an upgraded member from outside before it "
                "serves users; only the load balancer's own health check does"
            ],
        ),
        ("gates: []", ["gates: NO GATES: no error rate stops this rollout"]),
        ("gates: [{name: a, haproxy: {}, max: 1%, test: threshold, min_requests: 100}]", []),
        (
            "gates: [{name: a, haproxy: {}, max: 7%, test: threshold, min_requests: 14}]",
            [
                "gates[0].test: a single error in 14 requests is more than 7% and trips this "
                "gate; write min_requests: 15 or test: exact"
            ],
        ),
        (
            "gates: [{name: a, haproxy: {}, max: 0%, test: threshold}]",
            [
                "gates[0].test: a single error in 20 requests is more than 0% and trips this "
                "gate; write test: exact"
            ],
        ),
        (
            "gates: [{name: a, haproxy: {}, max: 100%, window: 5m, min_requests: 9}]",
            [
                "gates[0].max: 100% of errors is allowed: this gate never fails",
                "gates[0].min_requests: has no effect with test: exact",
                "gates[0].window: has no effect for a member: everything since its return is "
                "judged",
            ],
        ),
        (
            "upgrade: {command: [ssh, '${member.host}', x, '${member.name}'], "
            "unless: {command: [ssh, --, '${member.host}', '--of=${member.name}']}}",
            [
                "upgrade.command[1]: begins with ${member.host}, which others name: a name there "
                'that begins with a dash would be refused; write "--" before it, or it as '
                "--NAME=${…}"
            ],
        ),
        (
            "upgrade: {command: [ssh, '${member.host}'], "
            "unless: {command: [ssh, '${member.host}']}}\n"
            "rollback: {command: [ssh, '${member.name}'], vars: {version: '1'}}",
            [
                "upgrade.command[1], upgrade.unless.command[1], rollback.command[1]: begin with "
                "${member.host} or ${member.name}, which others name: a name there that begins "
                'with a dash would be refused; write "--" before it, or it as --NAME=${…}'
            ],
        ),
        (
            "upgrade: {steps: [" + ", ".join(["{command: [ssh, '${member.host}']}"] * 8) + "]}",
            [
                ", ".join(f"upgrade.steps[{at}].command[1]" for at in range(6))
                + " and 2 more: begin with ${member.host}, which others name: a name there that "
                'begins with a dash would be refused; write "--" before it, or it as --NAME=${…}'
            ],
        ),
        ("return: {hold: 1s}", ["return.hold: has no effect without a ramp"]),
        ("return: {ramp: [10%, 50%], hold: 1s}", []),
        (
            "return: {ramp: [10%, 50%]}",
            ["return.ramp: without a hold the next step follows as soon as the gates allow it"],
        ),
        (
            "pool: {haproxy: {apis: ['tcp:10.0.0.1:9999', 'tcp:127.0.0.2:1', 'tcp:[::1]:1', "
            "'tcp:localhost:1'], backends: [web]}}",
            [
                "pool.haproxy.apis[0]: tcp:10.0.0.1:9999 is not on this machine: a Runtime "
                "API has no password, so anyone who reaches the port controls the load balancer"
            ],
        ),
        (
            "pool: {haproxy: {apis: [unix:/a], backends: [web]}, members: {expect: 2}, "
            "max_unavailable: 100%}",
            ["pool.max_unavailable: 100% of 2 members may all be out at the same time"],
        ),
    ],
)
def test_warnings(section: str, expected: list[str]) -> None:
    """What is questionable is told once, and what is fine is not told."""
    sections = [section] if section == "soak: 0s" else ["validate: [{tcp: {port: 80}}]", section]
    assert list(parse(page(*sections), "web.yaml").settings.warnings) == expected


def test_warning_of_a_version_that_stays() -> None:
    """Validating the new version while rolling back is questioned; given the former, it is not."""
    probe = "validate: [{http: {url: 'http://a/', contains: '${vars.version}'}}]"
    stays = parse(page(probe, "rollback: {command: [undo]}"), "web.yaml").settings.warnings
    assert stays == (
        "validate[0].http.contains: ${vars.version} is the same while rolling back; if it is "
        "the new version, set the former one in rollback.vars",
    )
    way_back = "rollback: {command: [undo], vars: {version: '1'}}"
    assert parse(page(probe, way_back), "web.yaml").settings.warnings == ()


@pytest.mark.parametrize(
    "members",
    ["{expect: 4, include: ['web*']}", "{expect: 4, exclude: [web9]}"],
)
def test_floor_may_count_members_outside_the_globs(members: str) -> None:
    """`expect` is no bound for the floor where the globs leave members of the backend out."""
    haproxy = "{apis: [unix:/a], backends: [web]}"
    text = page(f"pool: {{haproxy: {haproxy}, members: {members}, min_available: 6}}")
    assert parse(text, "web.yaml").settings.policies.min_available == Amount(6)


ASKS = "validate: [{tcp: {port: 80}}, {http: {url: 'http://${member.address}/health'}}]"
PINNED_TO_NOBODY = "validate: [{http: {url: 'http://www.example.com/health'}}]"


@pytest.mark.parametrize(
    ("text", "quiet"),
    [
        (ASKS, Quiet.PROBE),
        (PINNED_TO_NOBODY, Quiet.HALT),
        ("soak: 1s", Quiet.HALT),
        ("quiet: pass", Quiet.PASS),
        (f"{ASKS}\nquiet: halt", Quiet.HALT),
        (f"{ASKS}\nquiet: probe", Quiet.PROBE),
    ],
)
def test_what_becomes_of_a_member_without_users(text: str, quiet: Quiet) -> None:
    """Requests of our own, where there is one to send; what the file says goes first."""
    assert parse(page(*text.splitlines()), "web.yaml").settings.policies.quiet is quiet


def test_what_stands_in_for_users() -> None:
    """The first validation by http that names the member, filled as it is for that course."""
    file = parse(page(ASKS), "/srv/web.yaml")
    asked = stand_in(file, Course.UPGRADE, file.member("web1", "10.0.0.1", 80), "r-1")
    assert asked.url == "http://10.0.0.1/health"
    other = parse(page(PINNED_TO_NOBODY), "/srv/web.yaml")
    with pytest.raises(ValueError, match="stand in"):
        stand_in(other, Course.UPGRADE, other.member("web1", "10.0.0.1", 80), "r-1")
    assert pin_words(other, Course.UPGRADE, other.member("web1", "10.0.0.1", 80), "r-1") == ""


PIN = """
vars: {version: v2}
rollback: {command: [x], vars: {version: v1}}
quiet:
  through: {url: "http://127.0.0.1:8080/health", cookie: "SRV=${member.vars.id}", %s}
"""
HEADERS = 'contains: "${vars.version}", headers: {X-Pin: "${member.name}", X-Token: secret}'


def pinned(more: str, **own: str) -> RolloutFile:
    haproxy = "{apis: [unix:/a], backends: [web]}"
    members = "{vars: {web1: {id: s1}, web2: {id: 's 2'}}}"
    pool = f"pool: {{haproxy: {haproxy}, members: {members}}}"
    return parse(page(pool, *(PIN % more).splitlines()), "/srv/web.yaml")


def test_what_goes_through_the_load_balancer() -> None:
    """Pinned by a cookie, a header or both; filled for the member, and for that course."""
    file = pinned(HEADERS)
    assert file.settings.policies.quiet is Quiet.THROUGH
    web1 = file.member("web1", "10.0.0.1", 80)
    asked = stand_in(file, Course.UPGRADE, web1, "r-1")
    assert (asked.url, asked.contains) == ("http://127.0.0.1:8080/health", "v2")
    assert asked.headers == {"X-Pin": "web1", "X-Token": "secret", "Cookie": "SRV=s1"}
    assert stand_in(file, Course.ROLLBACK, web1, "r-1").contains == "v1"
    words = pin_words(file, Course.UPGRADE, web1, "r-1")
    assert words == "http://127.0.0.1:8080/health, pinned by cookie SRV=s1 and header X-Pin"
    with pytest.raises(ConfigurationError, match="is not a cookie"):
        stand_in(file, Course.UPGRADE, file.member("web2", "10.0.0.2", 80), "r-1")


def test_what_goes_through_is_masked_and_may_be_corrected() -> None:
    """Another pin leaves the file the same to a rollout that was halted by a wrong one."""
    file = pinned(HEADERS)
    text, _ = file.masked
    assert "secret" not in text
    assert "SRV=${member.vars.id}" in text
    made = {fingerprint(pinned(more), "salt") for more in (HEADERS, "status: 204")}
    assert len(made) == 1


@pytest.mark.parametrize(
    "gates", ["[{name: latency, builtin: false}]", "[{name: a, haproxy: {}, max: 1%}]"]
)
def test_a_gate_on_counters_is_left(gates: str) -> None:
    quiet = "quiet: {through: {url: 'http://127.0.0.1/', cookie: 'SRV=${member.name}'}}"
    assert parse(page(f"gates: {gates}", quiet), "a").settings.policies.quiet is Quiet.THROUGH
