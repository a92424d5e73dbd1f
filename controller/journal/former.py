"""Schema migration: plans and events of older versions, in the present form.

Each step converts the JSON of one older form and leaves any other as it is.
"""

import json
from typing import Any, Final

SHARED: Final = (
    "name",
    "scope",
    "every",
    "failures",
    "hold",
    "then",
    "min_requests",
    "min_errors",
    "confidence",
)
"""Keys that mean the same in every kind of gate, in both forms."""

QUERIES: Final = (
    "query",
    "errors",
    "requests",
    "traffic",
    "evidence",
    "baseline",
    "baseline_errors",
    "baseline_requests",
)
METRIC: Final = (
    "reduce",
    "max_age",
    "window_max",
    "maximum",
    "minimum",
    "max_increase",
    "is_ratio",
)


RENAMED: Final = {"WorkerReplaced": "InstanceRestarted"}
"""Kinds of events that were renamed."""


def upgraded_event(kind: str, body: str) -> str:
    """The JSON of an event in the present form. Raises ValueError."""
    if kind not in ("Intended", "MemberInherited", "MemberSet", "InstanceRestarted"):
        return body
    event = json.loads(body)
    try:
        match kind:
            case "Intended":
                _found(event["step"].get("found"))
            case "MemberInherited":
                _found(event["found"])
            case "MemberSet" if "workers" in event:
                workers = event.pop("workers")
                event["incarnations"] = {name: _incarnation(one) for name, one in workers.items()}
            case "InstanceRestarted":
                event["former"] = _incarnation(event["former"])
                event["now"] = _incarnation(event["now"])
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"it is in no known form: {error!r}") from None
    return json.dumps(event)


def _found(found: dict[str, Any] | None) -> None:
    """Older versions kept the weight, and whether an agent check was on."""
    for line in found["lines"] if found is not None else ():
        if (agent := line.pop("agent", None)) is not None:
            line["keep"] = {"agent": "on"} if agent else {}


def _incarnation(one: dict[str, Any]) -> dict[str, Any]:
    """Older versions kept a process id."""
    return {"id": str(one["pid"]), "started": one["started"]} if "pid" in one else one


def upgraded_plan(plan: str) -> str:
    """The JSON of a plan in the present form. Raises ValueError."""
    body = json.loads(plan)
    try:
        gates = body["policies"]["gates"]
        body["policies"]["gates"] = [_one_kind_of_evidence(gate) for gate in gates]
    except (LookupError, TypeError) as error:
        raise ValueError(f"its gates are in no known form: {error!r}") from None
    return json.dumps(body)


def _one_kind_of_evidence(gate: dict[str, Any]) -> dict[str, Any]:
    """In older versions a gate had a part for each kind of evidence, all but one of them null, with
    the servers to query and the address of its probe."""
    if "kind" in gate:
        return gate
    shared = {key: gate[key] for key in SHARED}
    if (probe := gate.get("probe")) is not None:
        shared["probe_every"] = probe["every"]
    if (metric := gate.get("metric")) is not None:
        queries = {key: metric[key] for key in QUERIES if metric[key]}
        own = {key: metric[key] for key in METRIC}
        servers = len(metric["servers"])
        return {"kind": "metric", **shared, **own, "queries": queries, "servers": servers}
    if (alerts := gate.get("alerts")) is not None:
        own = {key: alerts[key] for key in ("matchers", "counts_preexisting")}
        return {"kind": "alerts", **shared, **own, "servers": len(alerts["servers"])}
    own = {key: gate[key] for key in ("maximum", "test", "window")}
    return {"kind": "counters", **shared, **own}
