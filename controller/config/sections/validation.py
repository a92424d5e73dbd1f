"""The section `validate`: probes that an upgraded member must pass before it serves users."""

import re
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from controller.config.sections.kinds import (
    Argv,
    Count,
    HeaderName,
    Interval,
    Port,
    ProbeInterval,
    Section,
    Text,
    text,
)
from controller.config.text.blank import is_blank
from controller.config.text.scalars import Wrong


def _status(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 100 <= value <= 599:
        raise Wrong("is not an HTTP status; write a number from 100 to 599")
    return value


def check_header(value: object) -> str:
    """A header's value; may contain templates. Raises Wrong, without the value."""
    found = value if isinstance(value, str) else text(value)
    if not (found.isascii() and found.isprintable()):
        raise Wrong("cannot be sent in a header; write printable ASCII on one line")
    return found


def check_url(value: object) -> str:
    """A URL with its scheme; may contain templates. Raises Wrong."""
    if not isinstance(value, str) or not value:
        raise Wrong("is not a URL; write it like http://${member.address}:8080/health")
    if not value.startswith(("http://", "https://", "$")):
        raise Wrong("is not a web URL; start it with http:// or https://")
    if any(sign.isspace() or not sign.isprintable() for sign in value):
        raise Wrong("contains a space; write %20, or remove it")
    if "$" not in value and not _is_whole(value):
        raise Wrong("is not a complete URL; check its host and port")
    return value


def check_filled_url(value: object) -> None:
    """The same for a URL without templates. Raises Wrong."""
    if not _is_whole(check_url(value)):
        raise Wrong("is not a complete URL; check its host and port")


def _is_whole(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


Status = Annotated[
    int,
    BeforeValidator(_status),
    WithJsonSchema({"type": "integer", "minimum": 100, "maximum": 599}),
]
HeaderValue = Annotated[str, BeforeValidator(check_header)]
URL_PATTERN = r"^(https?://|\$)"
Url = Annotated[
    str, BeforeValidator(check_url), WithJsonSchema({"type": "string", "pattern": URL_PATTERN})
]


def _contained(value: object) -> str:
    if isinstance(value, str) and value and is_blank(value):
        raise Wrong("is blank, and nearly every body contains that; write what to look for")
    return text(value)


Contained = Annotated[str, BeforeValidator(_contained)]


def check_server_name(value: object) -> str:
    """May contain templates. Raises Wrong."""
    found = text(value)
    if not re.fullmatch(r"[A-Za-z0-9_.*-]{1,253}", found) and "$" not in found:
        raise Wrong("is not a host name; write it without scheme and port, like www.example.com")
    return found


def check_filled_server_name(value: object) -> None:
    """The same without templates. Raises Wrong."""
    if "$" in check_server_name(value):
        raise Wrong("is not a host name; check the variables")


ServerHost = Annotated[str, BeforeValidator(check_server_name)]


class Http(Section):
    LATER: ClassVar[frozenset[str]] = frozenset({"server_name"})

    url: Url = Field(description="URL to GET.", examples=["http://HOST:8080/health"])
    status: Status = Field(default=200, description="Expected status.")
    contains: Contained | None = Field(default=None, description="Text that the body must contain.")
    headers: dict[HeaderName, HeaderValue] = Field(default={}, description="Extra HTTP headers.")
    verify: bool = Field(default=True, description="Whether to verify the server's certificate.")
    ca: Text | None = Field(
        default=None, description="PEM file of the CAs to trust instead of the system's."
    )
    server_name: ServerHost | None = Field(
        default=None,
        description="For https: the name to ask for (SNI), which the certificate must have, if "
        "not the host of `url`. The header Host is another matter.",
    )


class Tcp(Section):
    host: Text = Field(default="${member.address}", description="Host to connect to.")
    port: Port = Field(description="Port to connect to.", examples=["8080"])


class Validation(Section):
    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["http"]}, {"required": ["tcp"]}, {"required": ["command"]}]
        }
    )

    http: Http | None = Field(default=None, description="An HTTP request.")
    tcp: Tcp | None = Field(default=None, description="A TCP connection.")
    command: Argv | None = Field(default=None, description="A command that must exit with 0.")
    within: Interval = Field(default="60s", description="How long to keep trying.")
    every: ProbeInterval = Field(default="200ms", description="Time between two tries.")
    consecutive: Count = Field(default=1, description="How many passes in a row are needed.")
