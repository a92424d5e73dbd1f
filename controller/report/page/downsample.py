"""Fewer points of a long series, none of the telling ones lost."""

from collections.abc import Sequence

from controller.report.page.model import Sample


def thinned(samples: Sequence[Sample], most: int) -> list[Sample]:
    """At most `most` (at least 4): the first and the last, and of each stretch in between the
    highest value and the gravest verdict. Few samples stay as they are."""
    if len(samples) <= most:
        return list(samples)
    groups = (most - 2) // 2
    inner = range(1, len(samples) - 1)
    kept = {0, len(samples) - 1}
    for i in range(groups):
        group = inner[i * len(inner) // groups : (i + 1) * len(inner) // groups]
        kept.add(max(group, key=lambda at: _height(samples[at])))
        kept.add(max(group, key=lambda at: samples[at].event.verdict.rank))
    return [samples[at] for at in sorted(kept)]


def _height(sample: Sample) -> float:
    return -1.0 if sample.event.value is None else sample.event.value
