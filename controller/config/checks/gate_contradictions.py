"""Contradictions between the keys of a gate that are each valid alone."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from controller.config.checks.query_contradictions import query_faults, server_faults
from controller.config.sections.evidence import COUNTED
from controller.config.sections.gates import BUILTIN, COMPARED, HAPPENED, KINDS
from controller.config.text.places import Trail
from controller.config.text.scalars import Wrong, duration, is_percentage, limit, percentage
from controller.config.text.trails import at, listing, mapping

Found = Iterator[tuple[Trail, str]]

_ALONE = "builtin: false stands alone; make them two gates"
_COMPARED = "has no meaning with {}; write times and above under `haproxy:`"
_UNCOMPARED = ("test", "window", "min_requests")
_LIMITS = ("max", "min", "max_increase")
_ALIEN: Mapping[str, Mapping[str, str]] = {
    "haproxy": {
        "min": "HAProxy's own error ratio has no minimum; write max",
        "max_increase": "HAProxy's own counters have no baseline; write max",
    },
    "prometheus": {
        "test": "is for haproxy gates only; remove it: counts are judged exactly, a query never",
        "window": "is for haproxy gates only; write ${window} in the query, and window_max "
        "under `prometheus:`",
    },
    "alerts": dict.fromkeys(
        (*_LIMITS, "test", "confidence", "min_errors", "min_requests", "window"),
        "has no meaning for alerts: any that fires fails the gate; remove it",
    ),
    "kubernetes": dict.fromkeys(
        ("min", "max_increase", "test", "confidence", "min_errors", "min_requests", "window"),
        "has no meaning for a count since the member's return; write max",
    )
    | {"probe": "requests from a probe do not help here; remove it"},
}


def name_of(gate: object) -> object:
    """What a gate is called: one on the member itself may leave its name to what it measures."""
    return at(gate, "name") or at(gate, "kubernetes", "measure")


def gate_contradictions(data: object) -> Found:
    for index, gate in enumerate(listing(data, "gates")):
        if not isinstance(gate, dict):
            continue
        trail: Trail = ("gates", index)
        yield from _probe(gate, trail)
        if "name" not in gate and "kubernetes" not in gate:
            yield (*trail, "name"), "is missing; add it, like name: errors"
        if BUILTIN in gate:
            yield from (((*trail, key), _ALONE) for key in gate if key not in ("name", BUILTIN))
            continue
        given = [kind for kind in KINDS if kind in gate]
        if not given:
            yield trail, "has nothing to watch; add one of haproxy, prometheus, alerts, kubernetes"
        if len(given) > 1:
            yield (*trail, given[1]), f"{given[0]} is also given; make them two gates"
        if len(given) != 1:
            continue
        for key, why in _ALIEN[given[0]].items():
            if key in gate:
                yield (*trail, key), why
        if given == ["haproxy"]:
            yield from _haproxy(gate, trail)
            continue
        if given == ["kubernetes"]:
            if is_percentage(gate.get("max")):
                yield (*trail, "max"), "is a count here; write a number, like 0"
            continue
        yield from server_faults(mapping(gate, given[0]), (*trail, given[0]))
        if given == ["prometheus"] and isinstance(gate["prometheus"], dict):
            yield from query_faults(gate["prometheus"], (*trail, "prometheus"))
            yield from _prometheus(gate, gate["prometheus"], trail)


def _probe(gate: dict[str, object], trail: Trail) -> Found:
    then = at(gate, "inconclusive", "then")
    if then == "probe" and "alerts" in gate:
        yield (
            (*trail, "inconclusive", "then"),
            "requests from a probe do not help a gate on alerts; write halt or pass",
        )
    elif then == "probe" and "probe" not in gate:
        yield (
            (*trail, "inconclusive", "then"),
            "has nothing to send; add probe: {url: …} to the gate",
        )
    if "probe" in gate and then != "probe":
        yield (*trail, "probe"), "is never sent; write inconclusive: {then: probe}, or remove it"


def _compared(gate: dict[str, object], measure: object, trail: Trail) -> Found:
    why = _COMPARED.format(measure)
    yield from (((*trail, key), why) for key in (*_UNCOMPARED, "max") if key in gate)
    if at(gate, "haproxy", "scope") == "pool":
        yield (
            (*trail, "haproxy", "scope"),
            f"must be member with {measure}: a member is compared with the others",
        )


def _haproxy(gate: dict[str, object], trail: Trail) -> Found:
    if (measure := at(gate, "haproxy", "measure")) in COMPARED:
        yield from _compared(gate, measure, trail)
        return
    if measure in (*HAPPENED,) and at(gate, "haproxy", "scope") == "pool":
        yield (*trail, "haproxy", "scope"), "must be member: this is counted of a member alone"
    for key in ("times", "above"):
        if key in mapping(gate, "haproxy"):
            yield (
                (*trail, "haproxy", key),
                "is for measure: response_time and queue alone; remove it",
            )
    if "max" not in gate:
        yield (*trail, "max"), "is missing; add it, like max: 1%"
    yield from _percentages(gate, ("max",), trail)
    if "window" not in gate:
        return
    try:
        window, every = duration(gate["window"]), duration(gate.get("every", "1s"))
    except Wrong:
        return
    if timedelta(0) < window < every:
        yield (
            (*trail, "window"),
            "is shorter than every, the time between two samples; make it longer",
        )


def _prometheus(gate: dict[str, object], section: dict[str, object], trail: Trail) -> Found:
    is_counted = bool(COUNTED & section.keys()) and "query" not in section
    if "baseline" not in section and "max_increase" in gate:
        yield (
            (*trail, "max_increase"),
            "has no baseline to compare with; add a baseline under `prometheus:`",
        )
    elif "baseline" in section and not is_counted and "max_increase" not in gate:
        yield (
            (*trail, "prometheus", "baseline"),
            "is not used without max_increase; add it to the gate, like max_increase: 0.5%",
        )
    elif "baseline" not in section and not {"max", "min"} & (gate.keys() | section.keys()):
        yield trail, "has no limit; add max: 1%, or min, or a baseline to compare with"
    if "min_requests" in gate and not {"traffic", "requests"} & section.keys():
        yield (
            (*trail, "min_requests"),
            "has no requests to count; add traffic under `prometheus:`, a query that counts them",
        )
    if is_counted:
        if "min" in gate:
            yield (*trail, "min"), "errors have no minimum; write max, or a query instead of counts"
        yield from _percentages(gate, ("max", "max_increase"), trail)
        return
    yield from _units(gate, trail)


def _percentages(gate: dict[str, object], keys: tuple[str, ...], trail: Trail) -> Found:
    """Here a plain number is not a limit; the models report what is no limit anywhere."""
    for key in keys:
        if not isinstance(gate.get(key), int | float) or isinstance(gate[key], bool):
            continue
        try:
            percentage(gate[key])
        except Wrong as reason:
            yield (*trail, key), str(reason)


def _units(gate: dict[str, object], trail: Trail) -> Found:
    given: dict[str, float] = {}
    for key in _LIMITS:
        try:
            given[key] = limit(gate.get(key))
        except Wrong:
            continue
    if len({is_percentage(gate[key]) for key in given}) > 1:
        keys = " and ".join(given)
        yield (
            (*trail, list(given)[-1]),
            f"{keys} must have the same unit; write percentages, or plain numbers",
        )
    elif given.get("min", 0) > given.get("max", given.get("min", 0)):
        yield (*trail, "min"), "is greater than max, so no value passes; swap them"
