"""The judgement of one sample: a table for each way evidence can be there or missing."""

from dataclasses import replace

import pytest

from controller.core.events import Verdict
from controller.core.gates.counters import judge
from controller.core.gates.gate import CounterGate, Scope
from controller.core.gates.gate import Test as Kind
from controller.core.gates.limit import limit
from controller.core.pool import Counters

EXACT = CounterGate("errors", Scope.MEMBER, 0.01)
BARE = replace(EXACT, test=Kind.THRESHOLD)
POOL, BARE_POOL = (replace(gate, scope=Scope.POOL) for gate in (EXACT, BARE))
PASS, FAIL, OPEN = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("gate", "errors", "total", "verdict", "words"),
    [
        (EXACT, 0, 0, OPEN, "no data: no request yet"),
        (EXACT, 0, 1, PASS, "none of 1 request failed"),
        (EXACT, 1, 5, OPEN, "too little traffic: 1 of 5 requests failed (20 %)"),
        (EXACT, 2, 5, OPEN, "too little traffic"),
        (EXACT, 3, 5, FAIL, "3 of 5 requests failed (60 %)"),
        (EXACT, 1, 1, OPEN, "too little traffic: 1 of 1 request failed (100 %)"),
        (EXACT, 1, 20, PASS, "1 of 20 requests failed (5 %) (too few to tell)"),
        (EXACT, 2, 26, PASS, "2 of 26 requests failed (7.69 %) (too few to tell)"),
        (EXACT, 1, 1000, PASS, "1 of 1000 requests failed (0.1 %)"),
        (EXACT, 30, 1000, FAIL, "30 of 1000 requests failed (3 %)"),
        (BARE, 0, 0, OPEN, "no data"),
        (BARE, 0, 3, PASS, "none of 3 requests failed"),
        (BARE, 3, 19, OPEN, "too little traffic"),
        (BARE, 1, 20, FAIL, "1 of 20 requests failed (5 %)"),
        (BARE, 1, 100, PASS, "1 of 100 requests failed (1 %)"),
        (BARE, 2, 100, FAIL, "2 of 100 requests failed (2 %)"),
        (POOL, 0, 0, OPEN, "no data"),
        (POOL, 0, 19, OPEN, "too little traffic: none of 19 requests failed"),
        (POOL, 0, 20, PASS, "none of 20 requests failed"),
        (POOL, 3, 5, FAIL, "3 of 5 requests failed"),
        (BARE_POOL, 0, 19, OPEN, "too little traffic"),
        (BARE_POOL, 1, 50, FAIL, "1 of 50 requests failed (2 %)"),
    ],
)
def test_judgement(
    gate: CounterGate, errors: int, total: int, verdict: Verdict, words: str
) -> None:
    """Each kind of evidence has its verdict, and its words."""
    judgement = judge(gate, Counters(errors, total))
    assert judgement.verdict is verdict
    assert words in judgement.reason
    assert ("too few to tell" in judgement.reason) is ("too few to tell" in words)


def test_limits_are_said_in_words() -> None:
    """What a gate allows can be read without knowing the file."""
    assert limit(BARE) == "at most 1 % of the requests may fail"
    assert limit(EXACT) == (
        "at most 1 % of the requests may fail, beyond chance (99.5 % sure, from 3 errors on)"
    )


def test_what_else_is_counted() -> None:
    """The words are those of the measure."""
    gate = CounterGate("again", Scope.MEMBER, 0.01, measure="retries", happened="were tried again")
    said = judge(gate, Counters(4, 20))
    assert (said.verdict, said.reason) == (
        Verdict.FAIL,
        "4 of 20 requests were tried again (20 %)",
    )
    assert judge(gate, Counters(0, 20)).reason == "none of 20 requests were tried again"
    assert limit(gate).startswith("retries may be at most 1 % of the requests, beyond chance")
