"""The sections `notify` and `heartbeat`: notifications, and the sign of life."""

import re
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema

from controller.config.sections.kinds import (
    Argv,
    BeatInterval,
    HeaderName,
    Section,
    Text,
    one_of,
    text,
)
from controller.config.sections.validation import check_filled_url, check_header
from controller.config.text.places import kind
from controller.config.text.scalars import Wrong

Event = Literal["started", "halted", "stuck", "done", "aborted"]
EVENTS: tuple[Event, ...] = get_args(Event)

SOURCES = ("env", "file")
"""Sources of a secret that is not written in the file."""

_VARIABLE = re.compile("[A-Za-z_][A-Za-z0-9_]{0,127}")
_FORMS = "write {env: NAME}, {file: PATH}, or the text itself"


def _secret(value: object) -> object:
    """Raises Wrong, without the value."""
    if isinstance(value, str):
        return text(value)
    if not isinstance(value, dict):
        raise Wrong(f"is {kind(value)}, not text; {_FORMS}")
    if len(value) != 1 or not value.keys() <= set(SOURCES):
        raise Wrong(f"names no source of the secret; {_FORMS}")
    ((source, place),) = value.items()
    if not isinstance(place, str) or not place:
        raise Wrong(f"names no {source} to take it from; {_FORMS}")
    if source == "env" and not _VARIABLE.fullmatch(place):
        raise Wrong("is not the name of an environment variable; use letters, digits and '_'")
    return value


def _secret_url(value: object) -> object:
    if isinstance(value, str) and value:
        check_filled_url(value)
    return _secret(value)


def _secret_header(value: object) -> object:
    if isinstance(value, str) and value:
        check_header(value)
    return _secret(value)


_SOURCE_SCHEMA = {
    "type": "object",
    "properties": {source: {"type": "string"} for source in SOURCES},
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
}
_SECRET_SCHEMA = WithJsonSchema({"anyOf": [{"type": "string", "minLength": 1}, _SOURCE_SCHEMA]})
_URL_SCHEMA = WithJsonSchema(
    {"anyOf": [{"type": "string", "pattern": "^https?://"}, _SOURCE_SCHEMA]}
)

Secret = Annotated[str | dict[str, str], PlainValidator(_secret), _SECRET_SCHEMA]
"""A text, or where it comes from: `{env: NAME}` or `{file: PATH}`."""
SecretUrl = Annotated[str | dict[str, str], PlainValidator(_secret_url), _URL_SCHEMA]
SecretHeader = Annotated[str | dict[str, str], PlainValidator(_secret_header), _SECRET_SCHEMA]


def _events(value: object) -> object:
    if isinstance(value, str):
        raise Wrong("is text; write it as a list, like [halted, stuck]")
    return value


class Webhook(Section):
    url: SecretUrl = Field(description="URL to POST to.", examples=["{env: ALERT_URL}"])
    secret: Secret | None = Field(
        default=None, description="Signs the notice: X-Poolroll-Signature, HMAC-SHA256."
    )
    headers: dict[HeaderName, SecretHeader] = Field(default={}, description="Extra HTTP headers.")
    style: Annotated[Literal["json", "slack"], one_of("json", "slack")] = Field(
        default="json",
        alias="format",
        description='slack: {"text": …}, as Slack and many other chats accept.',
    )
    ca: Text | None = Field(
        default=None, description="PEM file of the CAs to trust instead of the system's."
    )


class Notification(Section):
    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["command"]}, {"required": ["webhook"]}]}
    )

    on: Annotated[
        list[Annotated[Event, one_of(*EVENTS)]],
        BeforeValidator(_events),
        Field(min_length=1, json_schema_extra={"uniqueItems": True}),
    ] = Field(default=list(EVENTS), description="Events to notify of.")
    command: Argv | None = Field(
        default=None, description="Run on this machine; the notice is in POOLROLL_TEXT and others."
    )
    webhook: Webhook | None = Field(default=None, description="An HTTP POST.")


class Heartbeat(Section):
    url: SecretUrl = Field(description="URL that gets the heartbeat.", examples=["{env: BEAT_URL}"])
    every: BeatInterval = Field(default="1m", description="Time between two heartbeats.")
    method: Annotated[Literal["POST", "GET"], one_of("POST", "GET")] = Field(
        default="POST", description="POST sends the rollout as JSON; GET sends no body."
    )
    headers: dict[HeaderName, SecretHeader] = Field(default={}, description="Extra HTTP headers.")
    ca: Text | None = Field(
        default=None, description="PEM file of the CAs to trust instead of the system's."
    )
