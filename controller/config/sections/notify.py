"""The sections `notify` and `heartbeat`: notifications, and the sign of life."""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Final, Literal, get_args

from pydantic import BeforeValidator, ConfigDict, Field

from controller.config.sections.kinds import (
    Argv,
    BeatInterval,
    HeaderName,
    Section,
    Text,
    one_of,
)
from controller.config.sections.mail import Mail
from controller.config.sections.secret import Secret, SecretHeader, SecretUrl
from controller.config.text.scalars import Wrong

Event = Literal[
    "started", "member_done", "over_budget", "halted", "stuck", "done", "aborted", "refused"
]
EVENTS: Final[tuple[Event, ...]] = get_args(Event)
UNASKED: Final[tuple[Event, ...]] = (
    *("started", "over_budget", "halted", "stuck", "done", "aborted", "refused"),
)
"""Without `on`: a pool of hundreds has hundreds of members that are done."""
FORMER: Final[tuple[Event, ...]] = ("started", "halted", "stuck", "done", "aborted")
"""The same in the fingerprint of a rollout that a former version began."""


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
        json_schema_extra={
            "oneOf": [{"required": ["command"]}, {"required": ["webhook"]}, {"required": ["mail"]}]
        }
    )
    LATER: ClassVar[frozenset[str]] = frozenset({"mail"})

    on: Annotated[
        list[Annotated[Event, one_of(*EVENTS)]],
        BeforeValidator(_events),
        Field(min_length=1, json_schema_extra={"uniqueItems": True}),
    ] = Field(default=list(UNASKED), description="Events to notify of.")
    command: Argv | None = Field(
        default=None, description="Run on this machine; the notice is in POOLROLL_TEXT and others."
    )
    webhook: Webhook | None = Field(default=None, description="An HTTP POST.")
    mail: Mail | None = Field(default=None, description="A mail, handed to a mail server (SMTP).")

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            is_default = name == "on" and value == list(UNASKED)
            yield name, list(FORMER) if is_default else value


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
