"""Judges the load balancer's own counters.

Missing evidence is never a pass: it is inconclusive, with its own reason (S5). The one exception is
a quiet member that served at least one request, none of them in error; a quiet pool proves nothing.
"""

from typing import Final

from controller.core.events import Verdict
from controller.core.gates.evidence import Missing
from controller.core.gates.figures import percent, requests
from controller.core.gates.gate import CounterGate, Scope, Test
from controller.core.gates.judgement import Judgement, inconclusive
from controller.core.gates.statistics import is_unexplained
from controller.core.pool import Counters
from controller.core.pool.copies import replace

FEW: Final = "(too few to tell)"
"""Added when the errors exceed the limit, but chance explains them as well."""


def judge(gate: CounterGate, counts: Counters) -> Judgement:
    """Judge the counts since the member's return, or over the window of the pool."""
    errors, total = counts.errors, counts.total
    if total == 0:
        return inconclusive(Missing.NO_DATA, "no request yet")
    judgement = _verdict(gate, errors, total)
    return replace(judgement, value=errors / total, errors=errors, total=total)


def _verdict(gate: CounterGate, errors: int, total: int) -> Judgement:
    figures = f"{errors} of {requests(total)} {gate.happened} ({percent(errors / total)})"
    if errors == 0:
        figures = f"none of {requests(total)} {gate.happened}"
        if gate.scope is Scope.MEMBER:
            return Judgement(Verdict.PASS, figures)
    if gate.test is Test.EXACT and is_unexplained(
        errors, total, gate.maximum, confidence=gate.confidence, min_errors=gate.min_errors
    ):
        return Judgement(Verdict.FAIL, figures)
    if total < gate.min_requests:
        return inconclusive(Missing.LITTLE_TRAFFIC, figures)
    if errors / total <= gate.maximum:
        return Judgement(Verdict.PASS, figures)
    if gate.test is Test.THRESHOLD:
        return Judgement(Verdict.FAIL, figures)
    return Judgement(Verdict.PASS, f"{figures} {FEW}")
