"""What lets us in somewhere is in no plan, and so not in the journal (S12)."""

from dataclasses import replace

from controller.config import parse
from controller.core.gates.evidence import Query
from controller.core.gates.gate import AlertGate, MetricGate
from controller.journal.codec import decode, encode
from tests.config.pages import page
from tests.support.plays import make_plan
from tests.support.scenarios import QUICK, Scenario
from tests.support.virtual import run_virtually

CANARIES = ("hunter-password", "hunter-bearer", "hunter-header", "hunter-probe", "hunter-variable")

GATES = """
gates:
- name: ratio
  prometheus:
    url: http://metrics.test
    auth: {basic: {username: me, password: hunter-password}}
    headers: {X-Tenant: hunter-header, X-Token: "${vars.token}"}
    query: 'rate(e{s="${member.name}"}[${window}])'
  max: 1%
  inconclusive: {then: probe}
  probe:
    url: "http://web.test/${member.name}?token=hunter-probe"
    headers: {Cookie: hunter-probe, X-Token: "${vars.token}"}
- name: pages
  alerts: {url: "http://alerts.test", auth: {bearer: hunter-bearer}}
"""


def test_a_plan_holds_no_secret() -> None:
    """Neither inline secrets nor variables that hold one, nor where they would be sent; the file
    has them by the name of the gate, and that there is a probe is still in the plan."""
    file = parse(page(GATES, "vars: {token: hunter-variable}"), "/srv/web.yaml")
    scenario = Scenario(replace(QUICK, gates=file.settings.policies.gates))
    plan = run_virtually(make_plan(scenario, scenario.world()))
    body = encode(plan)[1]
    for text in (body, repr(plan)):
        assert not [canary for canary in CANARIES if canary in text]
        assert ".test" not in text
    assert decode(*encode(plan)) == plan
    gates = {gate.name: gate for gate in plan.policies.gates}
    ratio = gates["ratio"]
    assert isinstance(ratio, MetricGate)
    assert isinstance(gates["pages"], AlertGate)
    assert ratio.queries == {Query.VALUE: 'rate(e{s="${member.name}"}[${window}])'}
    assert ratio.probe_every is not None
    assert list(file.servers) == ["ratio", "pages"]
    (server,) = file.servers["ratio"]
    assert server.headers["X-Token"].inline == "hunter-variable"
