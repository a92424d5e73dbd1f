"""The judgement of one sample from a metrics system.

Every way in which evidence can be missing, late or misleading ends here as inconclusive, with its
own words (S5). A fail counts from two scrapes after the thing under judgement began, a pass only
from four: before that a sample is still, or may be, about the time before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from controller.core.events import Verdict
from controller.core.gates.counters import FEW, percent, requests
from controller.core.gates.evidence import Alert, Freshness, Missing, Reading
from controller.core.gates.gate import Gate, MetricQuery
from controller.core.gates.statistics import is_unexplained, is_worse

UNKNOWN_INTERVAL: Final = timedelta(seconds=15)
"""Taken for the scrape interval while `evidence` does not tell it: a common setting."""

UNKNOWN_AGE: Final = timedelta(minutes=1)
"""The greatest age allowed while neither `max_age` nor the interval is known."""

FAIL_FROM: Final = 2
PASS_FROM: Final = 4
"""Scrapes since the thing under judgement began."""

RANK: Final = {Verdict.PASS: 0, Verdict.INCONCLUSIVE: 1, Verdict.FAIL: 2}


@dataclass(frozen=True, slots=True)
class Answers:
    """What one server answered to the queries of one sample; None: not asked."""

    server: str
    value: Reading | None = None
    errors: Reading | None = None
    requests: Reading | None = None
    baseline: Reading | None = None
    baseline_errors: Reading | None = None
    baseline_requests: Reading | None = None
    traffic: Reading | None = None
    freshness: Freshness | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    verdict: Verdict
    reason: str
    value: float | None = None
    baseline: float | None = None
    errors: int = 0
    total: int = 0


def judge_answers(gate: Gate, elapsed: timedelta, answers: Sequence[Answers]) -> Judged:
    """The worst verdict over all servers. `elapsed`: since the member's return, or since the
    rollout began for a pool gate."""
    judged = [_judge(gate, elapsed, one) for one in answers]
    if len(answers) > 1:
        judged = [
            Judged(j.verdict, f"{one.server}: {j.reason}", j.value, j.baseline, j.errors, j.total)
            for one, j in zip(answers, judged, strict=True)
        ]
    return max(judged, key=lambda one: RANK[one.verdict])


def _judge(gate: Gate, elapsed: timedelta, one: Answers) -> Judged:
    query = gate.metric
    if query is None:
        raise ValueError(f"gate {gate.name} asks no metrics system")
    if (stale := out_of_date(query, one.freshness)) is not None:
        return stale
    if (missing := _missing(gate, one)) is not None:
        return missing
    verdict = _by_counts(gate, query, one) if query.errors else _by_value(gate, query, one)
    return _not_too_early(verdict, elapsed, interval_of(one.freshness))


def interval_of(freshness: Freshness | None) -> timedelta:
    """Between two scrapes, as far as it is known."""
    known = freshness.interval if freshness is not None else None
    return known if known is not None else UNKNOWN_INTERVAL


def out_of_date(query: MetricQuery, freshness: Freshness | None) -> Judged | None:
    """Whether the evidence is too old to judge by, or of an age that is not known."""
    if freshness is None:
        return None
    if freshness.missing is not None or freshness.age is None:
        return _inconclusive(freshness.missing or Missing.NO_DATA, freshness.words)
    allowed = query.max_age
    if allowed is None:
        allowed = freshness.interval * 3 if freshness.interval is not None else UNKNOWN_AGE
    if freshness.age <= allowed:
        return None
    return _inconclusive(
        Missing.STALE,
        f"the newest sample of {freshness.selector} is {_span(freshness.age)} old, and "
        f"{_span(allowed)} is allowed: is the target still scraped?",
    )


def _missing(gate: Gate, one: Answers) -> Judged | None:
    """Traffic first: without any, a ratio is missing for a reason that is no fault."""
    for reading in (one.traffic, one.requests):
        if reading is None or (reading.missing is None and reading.value is None):
            continue
        if reading.value is not None and reading.value < gate.min_requests:
            return _inconclusive(
                Missing.LITTLE_TRAFFIC,
                f"{requests(round(reading.value))}, and {gate.min_requests} are needed to judge",
            )
    readings = (
        one.traffic,
        one.requests,
        one.errors,
        one.value,
        one.baseline,
        one.baseline_requests,
        one.baseline_errors,
    )
    for reading in readings:
        if reading is not None and reading.missing is not None:
            return _inconclusive(reading.missing, reading.words)
    return None


def _inconclusive(missing: Missing, words: str) -> Judged:
    return Judged(Verdict.INCONCLUSIVE, f"{missing}: {words}" if words else str(missing))


def _number(reading: Reading | None) -> float:
    if reading is None or reading.value is None:
        raise ValueError("a reading that was not missing has no value")
    return reading.value


def _by_value(gate: Gate, query: MetricQuery, one: Answers) -> Judged:
    value = _number(one.value)
    baseline = _number(one.baseline) if query.baseline else None
    figures = _shown(gate, value)
    if query.maximum is not None and value > query.maximum:
        return Judged(Verdict.FAIL, f"{figures}, above {_shown(gate, query.maximum)}", value)
    if query.minimum is not None and value < query.minimum:
        return Judged(Verdict.FAIL, f"{figures}, below {_shown(gate, query.minimum)}", value)
    if baseline is None or query.max_increase is None:
        return Judged(Verdict.PASS, figures, value)
    compared = f"{figures}, against {_shown(gate, baseline)} of the baseline"
    verdict = Verdict.FAIL if value - baseline > query.max_increase else Verdict.PASS
    return Judged(verdict, compared, value, baseline)


def _by_counts(gate: Gate, query: MetricQuery, one: Answers) -> Judged:
    """Counts are judged exactly: one error in three requests proves nothing, thirty in three
    hundred do. `increase()` extrapolates, so counts are rounded."""
    errors, total = round(_number(one.errors)), round(_number(one.requests))
    errors = min(max(errors, 0), total)
    ratio = errors / total if total else 0.0
    figures = f"{errors} of {requests(total)} failed ({percent(ratio)})"
    failed = query.maximum is not None and is_unexplained(
        errors, total, query.maximum, confidence=gate.confidence, min_errors=gate.min_errors
    )
    if not failed and query.maximum is not None and ratio > query.maximum:
        figures += f" {FEW}"
    if not query.baseline_errors:
        verdict = Verdict.FAIL if failed else Verdict.PASS
        return Judged(verdict, figures, ratio, None, errors, total)
    others = round(_number(one.baseline_requests))
    other_errors = min(max(round(_number(one.baseline_errors)), 0), others)
    other_ratio = other_errors / others if others else 0.0
    worse = is_worse(errors, total, other_errors, others, confidence=gate.confidence)
    if query.max_increase is not None:
        worse = worse and ratio - other_ratio > query.max_increase
    figures += f", against {other_errors} of {others} ({percent(other_ratio)}) of the baseline"
    verdict = Verdict.FAIL if failed or worse else Verdict.PASS
    return Judged(verdict, figures, ratio, other_ratio, errors, total)


def _not_too_early(judged: Judged, elapsed: timedelta, interval: timedelta) -> Judged:
    needed = interval * (FAIL_FROM if judged.verdict is Verdict.FAIL else PASS_FROM)
    if elapsed >= needed:
        return judged
    reason = (
        f"{Missing.TOO_EARLY}: {judged.reason}, {_span(elapsed)} after the return; a "
        f"{judged.verdict} counts from {_span(needed)} on (scrapes come every {_span(interval)})"
    )
    return Judged(
        Verdict.INCONCLUSIVE, reason, judged.value, judged.baseline, judged.errors, judged.total
    )


def judge_alerts(
    gate: Gate, firing: Sequence[Alert] | Reading, known: frozenset[str]
) -> tuple[Judged, frozenset[str]]:
    """Fails while an alert fires that the gate matches and that is not in `known`: those that
    fired already at the start. Also answers the keys of all that match now."""
    if gate.alerts is None:
        raise ValueError(f"gate {gate.name} asks for no alerts")
    if isinstance(firing, Reading):
        missing = firing.missing or Missing.FAILED
        return _inconclusive(missing, firing.words), frozenset()
    matching = {alert_key(one): one for one in firing if gate.alerts.is_match(one.labels)}
    keys = frozenset(matching)
    new = [matching[key].name for key in sorted(keys - known)]
    if new:
        names = ", ".join(dict.fromkeys(new))
        return Judged(Verdict.FAIL, f"firing: {names}", float(len(new))), keys
    if not keys:
        return Judged(Verdict.PASS, "no alert fires", 0.0), keys
    names = ", ".join(dict.fromkeys(matching[key].name for key in sorted(keys)))
    words = f"no new alert fires; since before the start, and not counted: {names}"
    return Judged(Verdict.PASS, words, 0.0), keys


def alert_key(alert: Alert) -> str:
    """What makes an alert the same alert: its labels."""
    return ",".join(f"{key}={value}" for key, value in sorted(alert.labels.items()))


def _shown(gate: Gate, value: float) -> str:
    """In the unit of the limit: a ratio for people where the file says percent."""
    is_ratio = gate.metric is not None and gate.metric.is_ratio
    return percent(value) if is_ratio else f"{value:g}"


def _span(duration: timedelta) -> str:
    return f"{duration.total_seconds():.3g}s"
