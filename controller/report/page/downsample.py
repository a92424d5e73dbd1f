"""Downsampling: fewer points of a long series, keeping peaks and bad verdicts."""

from collections.abc import Sequence

from controller.report.page.model import Sample


def downsampled(samples: Sequence[Sample], most: int) -> list[Sample]:
    """At most `most` (at least 4): the first and the last, and of each interval in between the
    highest value and the worst verdict. A short series stays as it is."""
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
