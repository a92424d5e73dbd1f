"""The judgement of one sample.

Missing evidence is never a pass: each way in which it can be missing is inconclusive, with its
own words (S5). The one exception is the contract's: a quiet member that served at least one
request, none of them in error.
"""

from dataclasses import dataclass

from controller.core.events import Verdict
from controller.core.pool import Counters
from controller.core.settings import Gate, Test
from controller.core.statistics import is_unexplained


@dataclass(frozen=True, slots=True)
class Judgement:
    verdict: Verdict
    reason: str


def percent(ratio: float) -> str:
    """A ratio for people: `0.25 %`, never `0.0025`."""
    return f"{ratio * 100:.3g} %"


def judge(gate: Gate, counts: Counters) -> Judgement:
    """Judge what was counted since the thing under judgement began."""
    errors, total = counts.errors, counts.total
    if total == 0:
        return Judgement(Verdict.INCONCLUSIVE, "no data: not one request yet")
    if errors == 0:
        return Judgement(Verdict.PASS, f"none of {total} requests failed")
    figures = f"{errors} of {total} requests failed ({percent(errors / total)})"
    if gate.test is Test.EXACT and is_unexplained(
        errors, total, gate.maximum, confidence=gate.confidence, min_errors=gate.min_errors
    ):
        return Judgement(Verdict.FAIL, figures)
    if total < gate.min_requests:
        return Judgement(Verdict.INCONCLUSIVE, f"too little traffic: {figures}")
    if gate.test is Test.THRESHOLD and errors / total > gate.maximum:
        return Judgement(Verdict.FAIL, figures)
    return Judgement(Verdict.PASS, figures)


def limit(gate: Gate) -> str:
    """What the gate allows, for people."""
    if gate.test is Test.THRESHOLD:
        return f"at most {percent(gate.maximum)} of the requests may fail"
    return (
        f"an error ratio of {percent(gate.maximum)} must be able to explain the errors "
        f"({gate.confidence * 100:g} % sure, from {gate.min_errors} errors on)"
    )
