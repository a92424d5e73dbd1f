"""Members as they were found, which is what is restored."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from controller.core.pool.values import Line, Occupant


@dataclass(frozen=True, slots=True)
class LineKey:
    """Names a line across all instances."""

    instance: str
    backend: str


@dataclass(frozen=True, slots=True)
class Seat:
    """Who is in a member's place, as one line shows it."""

    key: LineKey
    occupant: Occupant


@dataclass(frozen=True, slots=True)
class FoundLine:
    """What stood at a line before poolroll first touched it."""

    key: LineKey
    weight: int
    keep: Mapping[str, str] = field(default_factory=dict)
    """See `Line.keep`."""

    def weighing(self, share: int) -> int:
        """The weight that is `share` per cent of the one found, rounded up: never an invisible
        drain, as 10 % of a weight of 1 would be."""
        return max(1, -(-self.weight * share // 100))


@dataclass(frozen=True, slots=True)
class Found:
    """A member as it was found, which is what is restored (S8). Only members that were in
    rotation are ever taken, so the administrative state restored is always READY."""

    lines: tuple[FoundLine, ...]

    def at(self, key: LineKey) -> FoundLine | None:
        return next((line for line in self.lines if line.key == key), None)


def found_in(lines: Iterable[tuple[str, Line]]) -> Found:
    """What (instance, line) pairs of one member show, as a record to restore it by."""
    return Found(
        tuple(
            FoundLine(LineKey(instance, line.backend), line.weight, line.keep)
            for instance, line in lines
        )
    )


def seats_in(lines: Iterable[tuple[str, Line]]) -> tuple[Seat, ...]:
    """Who is in the place of a member, by (instance, line) pairs of it."""
    return tuple(
        Seat(LineKey(instance, line.backend), line.occupant)
        for instance, line in lines
        if line.occupant is not None
    )
