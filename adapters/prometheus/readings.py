"""One number from an answer, or why there is none. A missing number is never zero (S5)."""

import json
import math
from collections.abc import Mapping, Sequence

from adapters.prometheus.replies import Answer
from adapters.prometheus.samples import Sample, samples_of
from adapters.prometheus.words import one_line
from controller.core.gates.evidence import Missing, Reading, Reduce

_NAMED = 3
"""Series named when there are too many: enough to see which label differs."""
_LONGEST_LABELS = 160


def reading_of(query: str, answer: Answer, reduce: Reduce | None) -> Reading:
    """Raises Rejected and Unanswered as `samples_of` does."""
    samples = samples_of(answer.data)
    value, missing, words = _judged(samples, answer.warnings, reduce)
    at = samples[0].at if samples else None
    return Reading(query, value, missing, words, len(samples), at)


def partial_words(warnings: Sequence[str]) -> str:
    more = f" (and {len(warnings) - 1} more)" if len(warnings) > 1 else ""
    return f"it warns that the answer may lack data: {warnings[0]}{more}"


def labels_words(labels: Mapping[str, str]) -> str:
    """Like `{job="web", instance="a:1"}`, as PromQL writes it."""
    pairs = (f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in labels.items())
    return one_line("{" + ", ".join(pairs) + "}", _LONGEST_LABELS)


def _judged(
    samples: Sequence[Sample], warnings: Sequence[str], reduce: Reduce | None
) -> tuple[float | None, Missing | None, str]:
    if warnings:
        return None, Missing.PARTIAL, partial_words(warnings)
    if not samples:
        return None, Missing.NO_DATA, _NO_DATA
    if len(samples) > 1 and reduce is None:
        return None, Missing.TOO_MANY, _too_many(samples)
    where = f" in {labels_words(_culprit(samples).labels)}" if len(samples) > 1 else ""
    if any(sample.value is None for sample in samples):
        return None, Missing.HISTOGRAM, _HISTOGRAM + where
    values = [sample.value for sample in samples if sample.value is not None]
    if any(math.isnan(value) for value in values):
        return None, Missing.NOT_A_NUMBER, _NOT_A_NUMBER + where
    if any(math.isinf(value) for value in values):
        return None, Missing.INFINITE, _INFINITE + where
    value = _reduced(values, reduce)
    if math.isinf(value):
        return None, Missing.INFINITE, "the series together are larger than any number"
    return value, None, ""


_NO_DATA = (
    "no series matches: the metric or a label does not exist, or its target is gone; "
    "an empty answer is not zero"
)
_HISTOGRAM = "the value is a native histogram, and a gate needs one number (histogram_quantile?)"
_NOT_A_NUMBER = "the value is NaN, most likely 0 divided by 0: no traffic"
_INFINITE = "the value is infinite, most likely a division by zero"


def _too_many(samples: Sequence[Sample]) -> str:
    named = "; ".join(labels_words(sample.labels) for sample in samples[:_NAMED])
    more = "; …" if len(samples) > _NAMED else ""
    return (
        f"{len(samples)} series, and a gate needs one number: aggregate them in the query, "
        f"or set `reduce`: {named}{more}"
    )


def _culprit(samples: Sequence[Sample]) -> Sample:
    """The first by the order in which kinds of missing numbers are reported."""
    histograms = [sample for sample in samples if sample.value is None]
    nans = [sample for sample in samples if sample.value is not None and math.isnan(sample.value)]
    infinite = [sample for sample in samples if sample.value and math.isinf(sample.value)]
    return (histograms or nans or infinite or list(samples))[0]


def _reduced(values: Sequence[float], reduce: Reduce | None) -> float:
    match reduce:
        case None:
            return values[0]
        case Reduce.MAX:
            return max(values)
        case Reduce.MIN:
            return min(values)
        case Reduce.SUM:
            return sum(values)
        case Reduce.AVG:
            return sum(values) / len(values)
