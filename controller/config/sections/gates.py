"""The section `gates`: conditions that must hold for the rollout to continue."""

from collections.abc import Mapping, Sequence
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


class HaproxyMeasure(Section):
    measure: Annotated[Literal["error_ratio"], one_of("error_ratio")] = "error_ratio"
    scope: Annotated[Literal["member", "pool"], one_of("member", "pool")] = Field(
        default="member", description="member: the member in progress, since its return."
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
                {"properties": {"prometheus": {"required": ["baseline"]}}},
            ],
            "if": {"required": ["haproxy"]},
            "then": {"required": ["max"]},
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
        description="Only false, and alone: leaves out the gate on HAProxy's own counters, which "
        "otherwise stays on beside gates that ask a metrics system.",
    )
    max: Limit | None = Field(
        default=None,
        description="Maximum. With haproxy or counts: a percentage.",
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
    failures: Count = Field(default=1, description="Failing samples in a row that trip the gate.")
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

_BUILTIN_NAMES = ("errors", "counters", "builtin")


def builtin_gate(given: Sequence[GateSection]) -> GateSection | None:
    """The gate on the load balancer's own counters that a file does not write."""
    is_needless = any(
        gate.haproxy is not None or gate.kubernetes is not None or gate.builtin is False
        for gate in given
    )
    if not given or is_needless:
        return None
    names = {gate.name for gate in given}
    free = (name for name in _BUILTIN_NAMES if name not in names)
    return DEFAULT_GATE.model_copy(update={"name": next(free, "haproxy")})


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


def without_counters(given: object) -> object:
    """`gates` of a pool in front of which nothing counts requests, as the file has them."""
    if given is None:
        return []
    if not isinstance(given, list) or not given:
        return given
    entries = [entry for entry in given if isinstance(entry, dict)]
    if any("haproxy" in entry or BUILTIN in entry for entry in entries):
        return given
    return [*given, {"name": "errors", BUILTIN: False}]


def written_gates(given: Sequence[GateSection]) -> list[GateSection]:
    """Without the entry that leaves the builtin gate out."""
    return [gate for gate in given if gate.builtin is None]
