"""Plans that a former version journalled: read as if this version had written them."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from controller.core.gates.evidence import Query, Reduce
from controller.core.gates.gate import (
    AlertGate,
    CounterGate,
    Gate,
    Matcher,
    MetricGate,
    Scope,
    Then,
)
from controller.core.gates.gate import Test as Kind
from controller.errors import StateError
from controller.journal.codec import PLAN, decode, encode

FORMER = json.loads(Path(__file__).with_name("former_plan.json").read_text())
"""As written when a gate had a part for each kind of evidence, with its servers and its probe."""

SECOND = timedelta(seconds=1)
GATES: tuple[Gate, ...] = (
    CounterGate("errors", Scope.MEMBER, 0.01),
    CounterGate(
        "pool-errors",
        Scope.POOL,
        0.05,
        test=Kind.THRESHOLD,
        window=30 * SECOND,
        every=2 * SECOND,
        min_requests=50,
        failures=2,
        hold=60 * SECOND,
        then=Then.PASS,
    ),
    MetricGate(
        "ratio",
        Scope.MEMBER,
        {
            Query.VALUE: 'rate(e{s="${member.name}"}[${window}])',
            Query.BASELINE: "rate(e[${window}])",
            Query.TRAFFIC: "increase(r[${window}])",
            Query.EVIDENCE: 'up{job="haproxy"}',
        },
        servers=2,
        every=5 * SECOND,
        confidence=0.99,
        then=Then.PROBE,
        probe_every=SECOND / 2,
        reduce=Reduce.MAX,
        max_age=20 * SECOND,
        window_max=600 * SECOND,
        maximum=0.02,
        minimum=0.0,
        max_increase=0.01,
    ),
    MetricGate(
        "counts",
        Scope.MEMBER,
        {
            Query.ERRORS: 'increase(e{s="${member.name}"}[${window}])',
            Query.REQUESTS: 'increase(r{s="${member.name}"}[${window}])',
            Query.BASELINE_ERRORS: "increase(e[5m])",
            Query.BASELINE_REQUESTS: "increase(r[5m])",
        },
        every=5 * SECOND,
        confidence=0.9990000000000001,
        min_errors=5,
        maximum=0.01,
    ),
    AlertGate(
        "pages",
        Scope.POOL,
        (Matcher("severity", "=", "page"), Matcher("service", "=~", "web.*")),
        every=3 * SECOND,
        confidence=0.99,
        counts_preexisting=True,
    ),
)


@pytest.mark.parametrize(
    ("at", "gate"), list(enumerate(GATES)), ids=lambda one: getattr(one, "name", "")
)
def test_a_former_gate_is_read(at: int, gate: Gate) -> None:
    """Each kind of gate becomes the one of today that asks and allows the same."""
    assert decode(PLAN, json.dumps(FORMER)).policies.gates[at] == gate


def test_a_former_plan_comes_back_in_the_form_of_today() -> None:
    """What is written again is read again, and holds neither servers nor masked secrets."""
    plan = decode(PLAN, json.dumps(FORMER))
    assert plan.policies.gates == GATES
    body = encode(plan)[1]
    assert decode(PLAN, body) == plan
    assert "***" not in body
    assert ".test" not in body
    without = replace(plan, policies=replace(plan.policies, gates=()))
    bare = {**FORMER, "policies": {**FORMER["policies"], "gates": []}}
    assert without == decode(PLAN, json.dumps(bare))


@pytest.mark.parametrize(
    "gate",
    [
        {"kind": "moon", "name": "a", "scope": "pool"},
        {"kind": "metric", "name": "a", "scope": "pool", "queries": {"moon": "q"}},
        {"name": "a", "scope": "pool"},
        {**FORMER["policies"]["gates"][2], "metric": {}},
        "errors",
        None,
    ],
)
def test_a_gate_in_no_known_form_is_refused(gate: object) -> None:
    """A newer version's gate, or a broken one, is never read as some other gate."""
    body = {**FORMER, "policies": {**FORMER["policies"], "gates": [gate]}}
    with pytest.raises(StateError, match="the journal has a Plan that cannot be read"):
        decode(PLAN, json.dumps(body))


@pytest.mark.parametrize("body", ["{", "[]", "{}", '{"policies": null}'])
def test_what_is_no_plan_is_refused(body: str) -> None:
    """A broken line is an error for people, not a traceback."""
    with pytest.raises(StateError, match="the journal has a Plan that cannot be read"):
        decode(PLAN, body)
