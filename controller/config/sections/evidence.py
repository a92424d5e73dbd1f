"""The sections `prometheus` and `alerts` of a gate: queries and servers of a metrics system."""

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
from controller.config.sections.secret import Secret, SecretHeader
from controller.config.sections.validation import URL_PATTERN
from controller.config.text.places import kind
from controller.config.text.scalars import Wrong

COUNTED = frozenset({"errors", "requests"})
"""Two queries for counts, instead of one for a value."""


def _addresses(value: object) -> object:
    if value == []:
        raise Wrong("is an empty list; add at least one entry")
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


class OrText:
    """A section that may also be written as one text."""

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
    username: Text = Field(description="May use ${vars.…}.", examples=["poolroll"])
    password: Secret = Field(
        description="The text itself, {env: NAME} or {file: PATH}.",
        examples=["{env: PROMETHEUS_PASSWORD}"],
    )


class Auth(Section):
    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["basic"]}, {"required": ["bearer"]}]}
    )

    basic: Basic | None = Field(default=None, description="User name and password.")
    bearer: Secret | None = Field(
        default=None, description="A token; a file is read again when it changes."
    )


class Tls(Section):
    ca: Text | None = Field(
        default=None, description="PEM file of the CAs to trust instead of the system's."
    )
    cert: Text | None = Field(default=None, description="PEM file of the client certificate.")
    key: Text | None = Field(
        default=None, description="PEM file of its private key, if `cert` does not contain it."
    )
    server_name: Text | None = Field(
        default=None, description="Name the certificate must have, if not the host of `url`."
    )
    verify: bool = Field(default=True, description="Whether to verify the server's certificate.")


class MetricsServerSection(Section):
    url: Addresses = Field(
        description="URL of the server, with its path prefix; of a list, the worst verdict counts.",
        examples=['"http://127.0.0.1:9090"'],
    )
    auth: Auth | None = Field(default=None, description="Authentication: basic or bearer.")
    headers: dict[HeaderName, SecretHeader] = Field(
        default={},
        description="Extra HTTP headers, for a tenant for example; values may be secrets.",
    )
    tls: Tls | None = Field(default=None, description="TLS settings for https.")
    timeout: Interval = Field(
        default="10s", description="Time limit of one sample, retries included."
    )


class Baseline(Section):
    query: Text | None = Field(default=None, description="A value to compare `query` with.")
    errors: Text | None = Field(default=None, description="A count to compare `errors` with.")
    requests: Text | None = Field(default=None, description="A count to compare `requests` with.")


class Prometheus(MetricsServerSection):
    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["query"]}, {"required": ["errors", "requests"]}]}
    )

    query: Text | None = Field(
        default=None,
        description="PromQL for the value. ${window}: time since the member's return (for the "
        "pool: since the start, at least four scrapes; window_max before the first member), at "
        "most window_max. A query with ${member.…} judges the "
        "member in progress, any other the pool.",
    )
    errors: Text | None = Field(
        default=None,
        description="PromQL for the count of failures; with `requests`, judged by the exact test.",
    )
    requests: Text | None = Field(
        default=None, description="PromQL for the count of all requests, the `errors` included."
    )
    baseline: Annotated[Baseline, BeforeValidator(_baseline), OrText()] | None = Field(
        default=None,
        description="PromQL to compare with: a query, {query: …}, or {errors: …, requests: …}.",
    )
    traffic: Text | None = Field(
        default=None, description="PromQL for a count of requests, compared with min_requests."
    )
    evidence: Text | None = Field(
        default=None,
        description='Plain selector, like up{job="haproxy"}: gives the age of the evidence and '
        "the scrape interval; if it is `up`, each target must be up. Left out: both come from the "
        "series that the queries read. Then a gate on a member notices a target that is down, or "
        "no longer shows the member; a gate on the pool does not while others answer.",
    )
    reduce: Annotated[Literal["max", "min", "sum", "avg"], one_of("max", "min", "sum", "avg")] | (
        None
    ) = Field(
        default=None,
        description="How to reduce several series to one; without it, there must be one.",
    )
    max_age: Interval | None = Field(
        default=None,
        description="Greatest age of the evidence. Default: three scrape intervals, or 1m.",
    )
    window_max: Lookback = Field(default="5m", description="Upper limit of ${window}.")


class Alerts(MetricsServerSection):
    matchers: list[MatcherText] = Field(
        default=[],
        min_length=1,
        description='Alerts that count, like severity="page"; = != =~ !~; all must match.',
    )
    preexisting: Annotated[Literal["ignore", "fail"], one_of("ignore", "fail")] = Field(
        default="ignore",
        description="What to do with alerts that fired already at the start, until they are seen "
        "resolved.",
    )
    rules: Annotated[Literal["check", "assume"], one_of("check", "assume")] = Field(
        default="check",
        description="check: silence counts only while the server has an alerting rule that could "
        "match. assume: for a server that does not list its rules.",
    )
