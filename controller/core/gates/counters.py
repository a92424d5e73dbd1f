"""The judgement of one sample.

Missing evidence is never a pass: each way in which it can be missing is inconclusive, with its
own words (S5). The one exception is a quiet member that served at least one request, none of
them in error; a quiet pool proves nothing.
"""

from dataclasses import dataclass
from typing import Final

from controller.core.events import Verdict
from controller.core.gates.gate import Gate, MetricQuery, Scope, Test
from controller.core.gates.statistics import is_unexplained
from controller.core.pool import Counters

FEW: Final = "(too few to tell)"
"""Said of more errors than the limit allows which chance explains as well."""


@dataclass(frozen=True, slots=True)
class Judgement:
    verdict: Verdict
    reason: str


def percent(ratio: float) -> str:
    """A ratio for people: `0.25 %`, never `0.0025`."""
    return f"{ratio * 100:.3g} %"


def requests(number: int) -> str:
    """For people: `1 request`, `2 requests`."""
    return f"{number} request" + ("" if number == 1 else "s")


def judge(gate: Gate, counts: Counters) -> Judgement:
    """Judge what was counted since the thing under judgement began."""
    errors, total = counts.errors, counts.total
    if total == 0:
        return Judgement(Verdict.INCONCLUSIVE, "no data: not one request yet")
    figures = f"{errors} of {requests(total)} failed ({percent(errors / total)})"
    if errors == 0:
        figures = f"none of {requests(total)} failed"
        if gate.scope is Scope.MEMBER:
            return Judgement(Verdict.PASS, figures)
    if gate.test is Test.EXACT and is_unexplained(
        errors, total, gate.maximum, confidence=gate.confidence, min_errors=gate.min_errors
    ):
        return Judgement(Verdict.FAIL, figures)
    if total < gate.min_requests:
        return Judgement(Verdict.INCONCLUSIVE, f"too little traffic: {figures}")
    if errors / total <= gate.maximum:
        return Judgement(Verdict.PASS, figures)
    if gate.test is Test.THRESHOLD:
        return Judgement(Verdict.FAIL, figures)
    return Judgement(Verdict.PASS, f"{figures} {FEW}")


def limit(gate: Gate) -> str:
    """What the gate allows, for people."""
    if gate.alerts is not None:
        return "no alert that it matches may fire"
    if gate.metric is not None:
        return _metric_limit(gate, gate.metric)
    if gate.test is Test.THRESHOLD:
        return f"at most {percent(gate.maximum)} of the requests may fail"
    return (
        f"at most {percent(gate.maximum)} of the requests may fail, beyond chance "
        f"({gate.confidence * 100:g} % sure, from {gate.min_errors} errors on)"
    )


def _metric_limit(gate: Gate, query: MetricQuery) -> str:
    def shown(value: float) -> str:
        return percent(value) if query.is_ratio else f"{value:g}"

    limits = [] if query.maximum is None else [f"at most {shown(query.maximum)}"]
    limits += [] if query.minimum is None else [f"at least {shown(query.minimum)}"]
    if query.max_increase is not None:
        limits.append(f"at most {shown(query.max_increase)} above the baseline")
    if query.baseline_errors:
        limits.append(f"not worse than the baseline ({gate.confidence * 100:g} % sure)")
    return " and ".join(limits)
