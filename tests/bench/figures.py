"""What was measured, against its limit."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    what: str
    measured: float
    limit: float
    unit: str = ""
    each: Sequence[float] = ()
    """Of which `measured` is the median, or the worst."""

    @property
    def is_within(self) -> bool:
        return self.measured <= self.limit


def table(figures: Sequence[Figure]) -> list[str]:
    width = max(len(one.what) for one in figures)
    lines = [f"{'':{width}}  {'measured':>9}  {'limit':>6}"]
    for one in figures:
        verdict = "within" if one.is_within else "PAST  "
        each = ", ".join(f"{value:.3g}" for value in one.each)
        lines.append(
            f"{one.what:{width}}  {one.measured:9.2f}  {one.limit:6g}  {one.unit:4}  {verdict}"
            + (f"  ({each})" if each else "")
        )
    return lines
