"""Judges one sample from a metrics system.

Missing, late or misleading evidence is inconclusive, with its own reason (S5). A fail counts from
two scrapes after the member's return or the rollout's start, a pass only from four: an earlier
sample may still be about the time before. A gate on the pool has no return to wait for.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from controller.core.events import GateSampled, Verdict
from controller.core.gates.comparison import is_beyond, risk_at
from controller.core.gates.counters import FEW
from controller.core.gates.evidence import Answers, Freshness, Missing, Query
from controller.core.gates.figures import percent, requests, span
from controller.core.gates.gate import MetricGate, Scope
from controller.core.gates.judgement import Judgement, inconclusive, sampled, worst
from controller.core.gates.limit import figure
from controller.core.gates.promql import extrapolates, length, literal_ranges
from controller.core.gates.statistics import is_unexplained
from controller.core.pool.copies import replace

UNKNOWN_INTERVAL: Final = timedelta(seconds=15)
"""Assumed scrape interval while `evidence` does not show it: a common setting."""

UNKNOWN_AGE: Final = timedelta(minutes=1)
"""The greatest age allowed while neither `max_age` nor the interval is known."""

JUDGED: Final = (Query.VALUE, Query.ERRORS, Query.REQUESTS, Query.TRAFFIC)
"""Queries about what is judged, not about its baseline."""

FAIL_FROM: Final = 2
PASS_FROM: Final = 4
"""Scrapes since the member's return, or the rollout's start."""


def answers_sampled(
    gate: MetricGate,
    member: str | None,
    elapsed: timedelta,
    queries: Mapping[Query, str],
    answers: Sequence[Answers],
) -> GateSampled:
    """The sample from the answers of all servers. `queries`: as sent."""
    readings = (a.readings.get(kind) for a in answers for kind in (Query.VALUE, Query.ERRORS))
    at = next((reading.at for reading in readings if reading is not None), None)
    return replace(
        sampled(gate, member, judge_answers(gate, elapsed, answers)),
        queries={str(kind): text for kind, text in queries.items()},
        evidence_at=None if at is None else at.isoformat(),
    )


def judge_answers(gate: MetricGate, elapsed: timedelta, answers: Sequence[Answers]) -> Judgement:
    """The worst verdict over all servers. `elapsed`: since the member's return, or since the
    rollout began for a pool gate."""
    judged = [_judge(gate, elapsed, one) for one in answers]
    if len(answers) > 1:
        judged = [
            replace(judgement, reason=f"{one.server}: {judgement.reason}")
            for one, judgement in zip(answers, judged, strict=True)
        ]
    return worst(judged)


def _judge(gate: MetricGate, elapsed: timedelta, one: Answers) -> Judgement:
    if (stale := out_of_date(gate, one.freshness)) is not None:
        return stale
    if (missing := _missing(gate, one)) is not None:
        return missing
    judgement = _by_counts(gate, one, elapsed) if gate.has_counts else _by_value(gate, one)
    if judgement.verdict is Verdict.PASS and is_of_nothing(one.freshness):
        return inconclusive(Missing.NO_DATA, one.freshness.words if one.freshness else "")
    if gate.scope is Scope.POOL:
        return judgement  # it returns from nowhere: what it was before says how it is
    return _not_too_early(judgement, elapsed, interval_of(one.freshness))


def interval_of(freshness: Freshness | None) -> timedelta:
    """The scrape interval, assumed where it is not known."""
    known = freshness.interval if freshness is not None else None
    return known if known is not None else UNKNOWN_INTERVAL


def out_of_date(gate: MetricGate, freshness: Freshness | None) -> Judgement | None:
    """Inconclusive if the evidence is too old, or its age is not known; else None."""
    if freshness is None or is_of_nothing(freshness):
        return None
    if freshness.missing is not None or freshness.age is None:
        return inconclusive(freshness.missing or Missing.NO_DATA, freshness.words)
    allowed = gate.max_age
    if allowed is None:
        allowed = freshness.interval * 3 if freshness.interval is not None else UNKNOWN_AGE
    if freshness.age <= allowed:
        return None
    return inconclusive(
        Missing.STALE,
        f"the newest sample of {freshness.selector} is {span(freshness.age)} old, and "
        f"{span(allowed)} is allowed: is the target still scraped?",
    )


def is_of_nothing(freshness: Freshness | None) -> bool:
    """Whether none of the series that the queries read exists. A query may still have a number:
    `or vector(0)` makes one, which is no sign of health (S5)."""
    return freshness is not None and freshness.is_derived and freshness.missing is Missing.NO_DATA


def together(found: Iterable[Freshness | None]) -> Freshness | None:
    """The age and interval of all queries of a sample, each derived from one of them. A query that
    reads nothing, like the errors of a member without any, counts where all of them do."""
    known = [one for one in found if one is not None]
    read = [one for one in known if not is_of_nothing(one)]
    if (missing := next((one for one in read if one.missing is not None), None)) is not None:
        return missing
    if not read:
        return next(iter(known), None)
    return replace(
        max(read, key=lambda one: one.age or timedelta(0)),
        interval=max((one.interval for one in read if one.interval is not None), default=None),
    )


def _missing(gate: MetricGate, one: Answers) -> Judgement | None:
    """Traffic first: without any, a missing ratio is no fault."""
    for kind in (Query.TRAFFIC, Query.REQUESTS):
        reading = one.readings.get(kind)
        if reading is None or reading.value is None or reading.value >= gate.min_requests:
            continue
        return inconclusive(
            Missing.LITTLE_TRAFFIC,
            f"{requests(round(reading.value))}, and {gate.min_requests} are needed to judge",
        )
    for kind in Query:
        reading = one.readings.get(kind)
        if reading is not None and reading.missing is not None:
            return inconclusive(reading.missing, reading.words)
    return None


def _number(one: Answers, kind: Query) -> float:
    reading = one.readings.get(kind)
    if reading is None or reading.value is None:
        raise ValueError(f"a reading of {kind} that was not missing has no value")
    return reading.value


def _by_value(gate: MetricGate, one: Answers) -> Judgement:
    value = _number(one, Query.VALUE)
    baseline = _number(one, Query.BASELINE) if Query.BASELINE in gate.queries else None
    figures = figure(gate, value)
    if gate.maximum is not None and value > gate.maximum:
        return Judgement(Verdict.FAIL, f"{figures}, above {figure(gate, gate.maximum)}", value)
    if gate.minimum is not None and value < gate.minimum:
        return Judgement(Verdict.FAIL, f"{figures}, below {figure(gate, gate.minimum)}", value)
    if baseline is None or gate.max_increase is None:
        return Judgement(Verdict.PASS, figures, value)
    compared = f"{figures}, against {figure(gate, baseline)} of the baseline"
    verdict = Verdict.FAIL if value - baseline > gate.max_increase else Verdict.PASS
    return Judgement(verdict, compared, value, baseline)


def _by_counts(gate: MetricGate, one: Answers, elapsed: timedelta) -> Judgement:
    """An exact test: one error in three requests proves nothing, thirty in three hundred do."""
    interval = interval_of(one.freshness)
    window = min(elapsed, gate.window_max)
    errors, total = _counts(gate, one, interval, window, (Query.ERRORS, Query.REQUESTS))
    ratio = errors / total if total else 0.0
    figures = f"{errors} of {requests(total)} failed ({percent(ratio)})"
    failed = gate.maximum is not None and is_unexplained(
        errors, total, gate.maximum, confidence=gate.confidence, min_errors=gate.min_errors
    )
    if not failed and gate.maximum is not None and ratio > gate.maximum:
        figures += f" {FEW}"
    if Query.BASELINE_ERRORS not in gate.queries:
        verdict = Verdict.FAIL if failed else Verdict.PASS
        return Judgement(verdict, figures, ratio, None, errors, total)
    beside = (Query.BASELINE_ERRORS, Query.BASELINE_REQUESTS)
    other_errors, others = _counts(gate, one, interval, window, beside)
    other_ratio = other_errors / others if others else 0.0
    worse = errors >= gate.min_errors and is_beyond(
        errors,
        total,
        other_errors,
        others,
        margin=gate.max_increase or 0.0,
        risk=risk_at(elapsed, max(gate.every, interval), 1 - gate.confidence),
    )
    figures += f", against {other_errors} of {others} ({percent(other_ratio)}) of the baseline"
    verdict = Verdict.FAIL if failed or worse else Verdict.PASS
    return Judgement(verdict, figures, ratio, other_ratio, errors, total)


def _counts(
    gate: MetricGate,
    one: Answers,
    interval: timedelta,
    window: timedelta,
    kinds: tuple[Query, Query],
) -> tuple[int, int]:
    """Errors and requests that were really seen. `increase` extends what its samples show to the
    whole window, so that two samples in a window of two scrapes count twice."""
    failed, requested = (
        _number(one, kind) * seen_share(gate.queries[kind], interval, window) for kind in kinds
    )
    total = round(requested)
    return min(max(round(failed), 0), total), total


def seen_share(query: str, interval: timedelta, window: timedelta) -> float:
    """The part of its window that the samples of a query cover at least. `window`: what
    `${window}` is."""
    if not extrapolates(query):
        return 1.0
    covers = min((length(one) for one in literal_ranges(query)), default=window)
    samples = covers // interval
    return (samples - 1) * interval / covers if samples > 1 else 0.0


def _not_too_early(judgement: Judgement, elapsed: timedelta, interval: timedelta) -> Judgement:
    needed = interval * (FAIL_FROM if judgement.verdict is Verdict.FAIL else PASS_FROM)
    if elapsed >= needed:
        return judgement
    reason = (
        f"{Missing.TOO_EARLY}: {judgement.reason}, {span(elapsed)} after the return; a "
        f"{judgement.verdict} counts from {span(needed)} on (scrapes come every {span(interval)})"
    )
    return replace(judgement, verdict=Verdict.INCONCLUSIVE, reason=reason)
