"""Samples from the `data` of an instant query (Prometheus documentation, "HTTP API",
expression query result formats)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from adapters.prometheus.faults import Rejected, Unanswered, malformed
from adapters.prometheus.labels import labels_of


@dataclass(frozen=True, slots=True)
class Sample:
    """One element of an instant vector, or a scalar."""

    labels: Mapping[str, str]
    at: datetime
    value: float | None
    """None: it is a histogram."""


@dataclass(frozen=True, slots=True)
class Series:
    """One element of a range vector: when it has samples, oldest first."""

    labels: Mapping[str, str]
    times: tuple[datetime, ...]
    newest: float | None
    """None: it is a histogram."""


def samples_of(data: object) -> tuple[Sample, ...]:
    """Of a vector or a scalar. Raises Rejected for the other types, Unanswered for no type."""
    match data:
        case {"resultType": "scalar", "result": point}:
            return (_sample({}, point),)
        case {"resultType": "vector", "result": list(elements)}:
            return tuple(_element(each) for each in elements)
        case {"resultType": "matrix"}:
            raise Rejected("it answers with a range, and a gate needs one number")
        case {"resultType": "string"}:
            raise Rejected("it answers with a string, and a gate needs one number")
        case _:
            raise _unexpected(data)


def series_of(data: object) -> tuple[Series, ...]:
    """Of a range vector. Raises Unanswered for anything else."""
    match data:
        case {"resultType": "matrix", "result": list(elements)}:
            return tuple(_series(each) for each in elements)
        case _:
            raise _unexpected(data)


def _unexpected(data: object) -> Unanswered:
    kind = data.get("resultType") if isinstance(data, dict) else None
    return malformed(f"a result of type {kind}" if isinstance(kind, str) else "no result type")


def _element(element: object) -> Sample:
    match element:
        case {"metric": dict(labels), "value": point}:
            return _sample(labels, point)
        case {"metric": dict(labels), "histogram": [time, _]}:
            return Sample(labels_of(labels), _time(time), None)
        case _:
            raise malformed("an element without a value")


def _series(element: object) -> Series:
    match element:
        case {"metric": dict(labels), **rest}:
            points = [*_points(rest.get("values")), *_points(rest.get("histograms"))]
            if points:
                points.sort(key=lambda point: point[0])
                return Series(labels_of(labels), tuple(at for at, _ in points), points[-1][1])
    raise malformed("an element without values")


def _points(points: object) -> list[tuple[datetime, float | None]]:
    match points:
        case None:
            return []
        case list() if all(isinstance(point, list) and len(point) == 2 for point in points):
            return [(_time(time), _number(value)) for time, value in points]
        case _:
            raise malformed("values that are not pairs")


def _sample(labels: dict[object, object], point: object) -> Sample:
    match point:
        case [time, str(text)]:
            return Sample(labels_of(labels), _time(time), _number(text))
        case _:
            raise malformed("a value that is not a pair")


def _number(value: object) -> float | None:
    """None for a histogram, which is no text."""
    if not isinstance(value, str):
        return None
    try:
        return float(value)
    except ValueError:
        raise malformed("a value that is not a number") from None


def _time(time: object) -> datetime:
    if isinstance(time, int | float):
        try:
            return datetime.fromtimestamp(time, UTC)
        except (ValueError, OverflowError, OSError):
            pass
    raise malformed("an invalid time")
