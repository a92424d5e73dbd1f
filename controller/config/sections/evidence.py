"""The sections `prometheus` and `alerts` of a gate: what a metrics system is asked, and how."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, PlainValidator
from pydantic.json_schema import JsonSchemaValue, WithJsonSchema
from pydantic_core import CoreSchema

from controller.config.sections.kinds import (
    HeaderName,
    Interval,
    Lookback,
    Section,
    Text,
    one_of,
    text,
)
from controller.config.sections.matchers import matcher_of
from controller.config.sections.notify import Secret, SecretHeader
from controller.config.sections.validation import URL_PATTERN
from controller.config.text.places import kind
from controller.config.text.scalars import Wrong

COUNTED = frozenset({"errors", "requests"})
"""Two queries for counts, in the place of one for a value."""


def _addresses(value: object) -> object:
    if value == []:
        raise Wrong("is an empty list; give it at least one entry")
    if not isinstance(value, str | list):
        raise Wrong(f"is {kind(value)}; write it like http://127.0.0.1:9090, or a list of such")
    return value


def _baseline(value: object) -> object:
    if isinstance(value, dict):
        return value
    if not isinstance(value, str):
        raise Wrong(f"is {kind(value)}; write a query, or {{errors: …, requests: …}}")
    return {"query": text(value)}


def _matcher(value: object) -> str:
    found = text(value)
    matcher_of(found)
    return found


class _OrText:
    """Where one text may stand for a section."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string"}, handler(core)]}


_ADDRESS_SCHEMA = {"type": "string", "pattern": URL_PATTERN}
_ADDRESSES_SCHEMA: dict[str, Any] = {
    "anyOf": [
        _ADDRESS_SCHEMA,
        {"type": "array", "items": _ADDRESS_SCHEMA, "minItems": 1, "uniqueItems": True},
    ]
}
Addresses = Annotated[
    str | list[str], PlainValidator(_addresses), WithJsonSchema(_ADDRESSES_SCHEMA)
]
MatcherText = Annotated[str, BeforeValidator(_matcher)]


class Basic(Section):
    username: Text = Field(description="May be a template of variables.", examples=["poolroll"])
    password: Secret = Field(
        description="The text itself, {env: NAME} or {file: PATH}.",
        examples=["{env: PROMETHEUS_PASSWORD}"],
    )


class Auth(Section):
    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["basic"]}, {"required": ["bearer"]}]}
    )

    basic: Basic | None = Field(default=None, description="Name and password.")
    bearer: Secret | None = Field(
        default=None, description="A token; a file is read again when it changes."
    )


class Tls(Section):
    ca: Text | None = Field(
        default=None, description="PEM file of the authorities to trust instead of the system's."
    )
    cert: Text | None = Field(default=None, description="PEM file of the client's certificate.")
    key: Text | None = Field(
        default=None, description="PEM file of its key, where it is not in `cert`."
    )
    server_name: Text | None = Field(
        default=None, description="What the certificate must be for, when not the host of `url`."
    )
    verify: bool = Field(default=True, description="Whether the certificate must be trusted.")


class MetricsDoor(Section):
    url: Addresses = Field(
        description="The server, with its path prefix; of a list, the worst verdict counts.",
        examples=['"http://127.0.0.1:9090"'],
    )
    auth: Auth | None = Field(default=None, description="How to be let in: basic or bearer.")
    headers: dict[HeaderName, SecretHeader] = Field(
        default={}, description="Sent along, for tenants say; values as of secrets."
    )
    tls: Tls | None = Field(default=None, description="For https.")
    timeout: Interval = Field(default="10s", description="Of one sample, retries included.")


class Baseline(Section):
    query: Text | None = Field(default=None, description="A value to compare `query` with.")
    errors: Text | None = Field(default=None, description="A count to compare `errors` with.")
    requests: Text | None = Field(default=None, description="A count to compare `requests` with.")


class Prometheus(MetricsDoor):
    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["query"]}, {"required": ["errors", "requests"]}]}
    )

    query: Text | None = Field(
        default=None,
        description="PromQL for the value. ${window}: since the member's return (for the pool: "
        "since the start), at most window_max. A query that names ${member.…} judges the member "
        "in hand, any other the pool.",
    )
    errors: Text | None = Field(
        default=None, description="PromQL for a count of failures; with `requests`, judged exactly."
    )
    requests: Text | None = Field(
        default=None, description="PromQL for the count of requests that `errors` are among."
    )
    baseline: Annotated[Baseline, BeforeValidator(_baseline), _OrText()] | None = Field(
        default=None,
        description="PromQL for what to compare with: {query: …}, its text alone, or "
        "{errors: …, requests: …}.",
    )
    traffic: Text | None = Field(
        default=None, description="PromQL for a count of requests, held against min_requests."
    )
    evidence: Text | None = Field(
        default=None,
        description='Plain selector, like up{job="haproxy"}: gives the age of the evidence and '
        "the scrape interval.",
    )
    reduce: Annotated[Literal["max", "min", "sum", "avg"], one_of("max", "min", "sum", "avg")] | (
        None
    ) = Field(default=None, description="Of several series; left out, there must be one.")
    max_age: Interval | None = Field(
        default=None,
        description="Of the evidence. Default: three scrape intervals, or 1m.",
    )
    window_max: Lookback = Field(default="5m", description="The longest that ${window} gets.")


class Alerts(MetricsDoor):
    matchers: list[MatcherText] = Field(
        default=[],
        min_length=1,
        description='Which alerts count, like severity="page"; = != =~ !~, all must hold.',
    )
    preexisting: Annotated[Literal["ignore", "fail"], one_of("ignore", "fail")] = Field(
        default="ignore", description="What alerts do that fired already at the start."
    )
