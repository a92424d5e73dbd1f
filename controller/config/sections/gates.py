"""The section `gates`: conditions that must hold for the rollout to continue."""

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from controller.config.sections.evidence import Alerts, Prometheus
from controller.config.sections.kinds import (
    Confidence,
    Count,
    Duration,
    GateName,
    HeaderName,
    Interval,
    Limit,
    SampleInterval,
    Section,
    Times,
    one_of,
)
from controller.config.sections.measures import KubernetesMeasure
from controller.config.sections.validation import HeaderValue, ServerHost, Url
from controller.config.text.scalars import Wrong

SERVED = ("haproxy", "prometheus", "alerts")
KINDS = (*SERVED, "kubernetes")
"""Of evidence; each gate has exactly one."""

POD_MEASURES = ("unready", "restarts", "oom")
"""What the gates of a pool in Kubernetes measure where the file names none: of Nodes the first."""


BUILTIN = "builtin"
"""The key that leaves the gate on the load balancer's own counters out."""


ERROR_RATIO = "error_ratio"
HAPPENED = {
    "connect_errors": "could not connect",
    "retries": "were tried again",
    "status_4xx": "were answered with a status from 400 to 499",
}
"""Further measures of a member → what became of the requests that count."""
RESPONSE_TIME = "response_time"
QUEUE = "queue"
COMPARED = (RESPONSE_TIME, QUEUE)
"""What a gate with haproxy measures that compares members, and so has no `max`."""


class HaproxyMeasure(Section):
    measure: Annotated[
        Literal["error_ratio", "response_time", "queue", "connect_errors", "retries", "status_4xx"],
        one_of(ERROR_RATIO, *COMPARED, *HAPPENED),
    ] = Field(
        default="error_ratio",
        description="error_ratio: requests that failed; response_time: how long requests take, "
        "beside those of the members not yet upgraded in the same time; queue: how long they wait "
        "for a connection slot of the member (maxconn), compared alike; connect_errors: "
        "connections to the member that failed; retries: tries that HAProxy repeated, there or "
        "elsewhere; status_4xx: requests answered with a status from 400 to 499.",
    )
    scope: Annotated[Literal["member", "pool"], one_of("member", "pool")] = Field(
        default="member", description="member: the member in progress, since its return."
    )
    times: Times = Field(
        default=3.0,
        description="With response_time and queue: how many times as long as at the others is "
        "too long.",
    )
    above: Interval = Field(
        default="100ms",
        description="With response_time and queue: and by how much longer, at the least, it must "
        "be.",
    )


class Inconclusive(Section):
    hold: Duration = Field(default="2m", description="How long to wait for missing evidence.")
    then: Annotated[Literal["halt", "pass", "probe"], one_of("halt", "pass", "probe")] = Field(
        default="halt",
        description="What follows. probe: send requests meanwhile, and halt if that does not help.",
    )


def _left_out(value: object) -> object:
    if value is not False:
        raise Wrong("has only the value false; without it the builtin gate is on")
    return value


class Probe(Section):
    url: Url = Field(
        description="URL to GET through the load balancer.", examples=["http://HOST/health"]
    )
    every: SampleInterval = Field(default="1s", description="Time between two requests.")
    headers: dict[HeaderName, HeaderValue] = Field(
        default={}, description="Extra HTTP headers: to mark the requests, and to pin the member."
    )
    server_name: ServerHost | None = Field(
        default=None,
        description="For https: the name to ask for (SNI), which the certificate must have, if "
        "not the host of `url`. The header Host is another matter.",
    )


_IS_TIME: dict[str, JsonValue] = {"properties": {"measure": {"enum": [*COMPARED]}}}
_HAS_ONE: list[JsonValue] = [{"required": [kind, "name"]} for kind in (*SERVED, BUILTIN)]


class GateSection(Section):
    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [*_HAS_ONE, {"required": ["kubernetes"]}],
            "anyOf": [
                {"required": ["alerts"]},
                {"required": [BUILTIN]},
                {"required": ["kubernetes"]},
                {"required": ["max"]},
                {"required": ["min"]},
                {"required": ["max_increase"]},
                {"required": ["haproxy"]},
                {"properties": {"prometheus": {"required": ["baseline"]}}},
            ],
            "if": {"required": ["haproxy"]},
            "then": {
                "anyOf": [
                    {"required": ["max"]},
                    {"properties": {"haproxy": {"required": ["measure"], **_IS_TIME}}},
                ]
            },
        }
    )

    name: GateName = Field(
        default_factory=str, description="Unique in the file; required.", examples=["errors"]
    )
    haproxy: HaproxyMeasure | None = Field(
        default=None, description="Evidence from HAProxy's own counters."
    )
    prometheus: Prometheus | None = Field(
        default=None, description="Evidence from Prometheus, or a server with the same HTTP API."
    )
    kubernetes: KubernetesMeasure | None = Field(
        default=None,
        description="Evidence from a pod or a Node itself, since its return. `max` is 0 where it "
        "is left out, and `name` what is measured.",
        examples=["{measure: restarts}"],
    )
    alerts: Alerts | None = Field(
        default=None, description="Fails while an alert fires that was quiet at the start."
    )
    builtin: Annotated[Literal[False], BeforeValidator(_left_out)] | None = Field(
        default=None,
        description="Only false, and alone: leaves out the gates on HAProxy's own counters, which "
        "otherwise stay on beside those that are written; by the name latency, that one alone.",
    )
    max: Limit | None = Field(
        default=None,
        description="Maximum. With haproxy or counts: a percentage. Not with response_time and "
        "queue.",
    )
    min: Limit | None = Field(default=None, description="Minimum, for a query.")
    max_increase: Limit | None = Field(default=None, description="Maximum above the baseline.")
    test: Annotated[Literal["exact", "threshold"], one_of("exact", "threshold")] = Field(
        default="exact",
        description="With haproxy. exact: fails when `max` cannot explain the errors seen; "
        "threshold: compares the plain ratio.",
    )
    every: SampleInterval | None = Field(
        default=None,
        description="Time between two samples. Default: 1s with haproxy, 5s with prometheus and "
        "alerts, whose evidence changes only with each scrape. A gate on prometheus is sampled "
        "besides when a member returns, and as soon as a fail counts: two scrapes later.",
    )
    confidence: Confidence | None = Field(
        default=None,
        description="For the exact test. Default: 99.5% with haproxy, 99% with counts from "
        "prometheus.",
    )
    min_errors: Count = Field(
        default=3, description="For the exact test: fewer errors never fail the gate."
    )
    min_requests: Count = Field(
        default=20,
        description="For the threshold test, and for `requests` or `traffic` with prometheus.",
    )
    window: Interval = Field(
        default="1m", description="With haproxy: how far a gate with scope pool looks back."
    )
    failures: Count = Field(
        default=1,
        description="Failing samples in a row that trip the gate. With response_time and queue: 2.",
    )
    inconclusive: Inconclusive = Field(
        default_factory=Inconclusive, description="What happens when evidence is missing."
    )
    probe: Probe | None = Field(
        default=None,
        description="Requests to send when there are no users, with inconclusive.then: probe.",
    )

    @model_validator(mode="before")
    @classmethod
    def _about_the_member_itself(cls, data: Any) -> Any:
        """What a gate on the member itself leaves out."""
        if not isinstance(data, dict) or not isinstance(data.get("kubernetes"), dict):
            return data
        measure = data["kubernetes"].get("measure")
        name = measure if isinstance(measure, str) and measure else "kubernetes"
        return {"name": name, "max": 0, **data}


DEFAULT_GATE = GateSection(name="errors", haproxy=HaproxyMeasure(), max="1%")
"""Used when the key `gates` is left out, and beside gates that only ask a metrics system: these are
later, and see nothing while nothing is scraped."""

LATENCY = "latency"
"""The name by which the gate on response times alone is left out."""

TIMING_GATE = GateSection(name=LATENCY, haproxy=HaproxyMeasure(measure="response_time"))
"""Used beside those that a file writes: a version that is slow has no errors."""

_ERRORS_NAMES = ("errors", "counters", "builtin", "haproxy")
_LATENCY_NAMES = (LATENCY, "response-time", "slowness", "haproxy-latency")


def builtin_gates(given: Sequence[GateSection]) -> list[GateSection]:
    """The gates on the load balancer's own counters that a file does not write."""
    left_out = [gate.name for gate in given if gate.builtin is False]
    is_of_pods = any(gate.kubernetes is not None for gate in given)
    if not given or is_of_pods or any(name != LATENCY for name in left_out):
        return []
    measures = {gate.haproxy.measure for gate in given if gate.haproxy is not None}
    names = {gate.name for gate in given}
    found = []
    if ERROR_RATIO not in measures:
        found.append(_named(DEFAULT_GATE, _ERRORS_NAMES, names))
    if RESPONSE_TIME not in measures and not left_out:
        found.append(_named(TIMING_GATE, _LATENCY_NAMES, names))
    return found


def _named(gate: GateSection, names: Sequence[str], taken: Collection[str]) -> GateSection:
    free = (name for name in names if name not in taken)
    return gate.model_copy(update={"name": next(free, names[-1])})


def with_own_gates(pool: Mapping[str, object], given: object) -> object:
    """`gates` of a pool in Kubernetes, as the file has them (None: not at all), with those on the
    members themselves where they are left out."""
    measures = POD_MEASURES[:1] if "nodes" in pool else POD_MEASURES
    if given is None:
        return [{"kubernetes": {"measure": one}} for one in measures]
    if not isinstance(given, list) or not given:
        return given
    entries = [entry for entry in given if isinstance(entry, dict)]
    if any("kubernetes" in entry or BUILTIN in entry for entry in entries):
        return given
    names = [entry.get("name") for entry in entries]
    return given + [
        {"name": f"own-{one}" if one in names else one, "kubernetes": {"measure": one}}
        for one in measures
    ]


def gates_by_scripts(given: object, *, counts: bool) -> object:
    """`gates` of a pool that scripts reach, as the file has them (None: not at all). They say how
    many requests failed, where they count (`counts`), and never how long one took."""
    if given is None:
        given = [{"name": "errors", "haproxy": {}, "max": "1%"}] if counts else []
    if not isinstance(given, list) or not given:
        return given
    entries = [entry for entry in given if isinstance(entry, dict)]
    names = {entry.get("name") for entry in entries if BUILTIN in entry}
    if names - {LATENCY} or (not counts and any("haproxy" in entry for entry in entries)):
        return given  # none is added, or what there is is wrong
    absent = {"errors"} if not counts else {LATENCY} - names
    return [*given, *({"name": name, BUILTIN: False} for name in absent)]


def written_gates(given: Sequence[GateSection]) -> list[GateSection]:
    """Without the entry that leaves the builtin gate out."""
    return [gate for gate in given if gate.builtin is None]
