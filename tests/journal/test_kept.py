"""What the journal keeps of a plan (S12)."""

from dataclasses import replace

from controller.core.gates.evidence import MetricsServer, Secret
from controller.core.gates.gate import AlertQuery, Gate, MetricQuery, ProbeTraffic, Scope
from controller.journal.codec import decode, encode
from tests.support.plays import make_plan
from tests.support.scenarios import QUICK, Scenario
from tests.support.virtual import run_virtually

SECRET = Secret(inline="hunter2")
SERVER = MetricsServer(
    "http://prometheus.test",
    username="poolroll",
    password=SECRET,
    bearer=SECRET,
    headers={"X-Tenant": SECRET, "X-Other": Secret(env="OTHER"), "X-More": Secret(file="/more")},
)
PROBE = ProbeTraffic("http://me:hunter2@web.test/health", headers={"X-Token": "hunter2"})
GATES = (
    Gate("ratio", Scope.MEMBER, 1.0, metric=MetricQuery((SERVER,), query="q"), probe=PROBE),
    Gate("alerts", Scope.POOL, 1.0, alerts=AlertQuery((SERVER,))),
)


def test_no_secret_is_kept() -> None:
    """Inline secrets of every kind are blotted out; where the others are, stays; and so does all
    else."""
    scenario = Scenario(replace(QUICK, gates=GATES))
    plan = run_virtually(make_plan(scenario, scenario.world()))
    kind, body = encode(plan)
    assert "hunter2" not in body
    kept = decode(kind, body)
    assert replace(kept, policies=replace(kept.policies, gates=GATES)) == plan
    ratio, alerts = kept.policies.gates
    assert ratio.probe.url == "http://***@web.test/health"
    for query in (ratio.metric, alerts.alerts):
        headers = query.servers[0].headers
        assert headers["X-Other"] == Secret(env="OTHER")
        assert headers["X-More"] == Secret(file="/more")
        assert headers["X-Tenant"] == Secret(inline="***")
