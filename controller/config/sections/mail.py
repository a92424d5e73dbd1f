"""The part `mail` of a notification: to whom, from whom, and by which server."""

import re
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from controller.config.sections.kinds import Section, Text, one_of, text
from controller.config.sections.secret import Secret
from controller.config.text import scalars
from controller.config.text.places import kind, shown
from controller.config.text.scalars import Wrong

MOST: Final = 50
"""Recipients of one mail: more belong on a list of the mail server."""

_NAME: Final = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?"
_HOST: Final = rf"{_NAME}|[0-9A-Fa-f:]{{2,45}}"
_ADDRESS: Final = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}(?:@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}))?"
"""Plain ASCII (RFC 5321, section 4.1.2, without quotes); without a domain: a user of this machine.
No sign of it can end a header or an SMTP command."""
_SERVER: Final = re.compile(
    rf"(?P<scheme>smtps?://)?(?:\[(?P<six>[0-9A-Fa-f:]+)\]|(?P<host>{_NAME}))"
    r"(?::(?P<port>[0-9]{1,5}))?"
)


def _address(value: object) -> str:
    found = text(value)
    if not re.fullmatch(_ADDRESS, found):
        raise Wrong(f"{shown(found)} is not a mail address; write it like ops@example.net")
    return found


def _addresses(value: object) -> object:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and len(value) > MOST:
        raise Wrong(f"has more than {MOST} addresses; make a mailing list of them")
    return value


def _host(value: object) -> str:
    found = text(value)
    if not re.fullmatch(_HOST, found):
        raise Wrong(f"{shown(found)} is not a host name; write it like mail.example.net")
    return found


def _server(value: object) -> object:
    """`HOST`, `HOST:PORT`, `smtp://…` or `smtps://…` as the section that it is short for."""
    if not isinstance(value, str):
        if value is None or isinstance(value, list | int | float):
            raise Wrong(f"is {kind(value)}; write HOST:PORT, or {{host: …, port: …}}")
        return value
    found = _SERVER.fullmatch(value)
    if found is None:  # not shown: somebody may have written a password there
        raise Wrong("is not a mail server; write HOST:PORT, or {host: …, port: …}")
    section: dict[str, object] = {"host": found["six"] or found["host"]}
    if found["port"] is not None:
        section["port"] = scalars.port(found["port"])
    if found["scheme"] == "smtps://":
        section["tls"] = "implicit"
    return section


class _OrText:
    """A section that may also be written as one text."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string"}, handler(core)]}


Address = Annotated[
    str,
    BeforeValidator(_address),
    WithJsonSchema({"type": "string", "pattern": "^[^@\\s]+(@[^@\\s]+)?$"}),
]
_ADDRESS_SCHEMA = {"type": "string", "pattern": "^[^@\\s]+(@[^@\\s]+)?$"}
Addresses = Annotated[
    list[Address],
    BeforeValidator(_addresses),
    Field(min_length=1),
    WithJsonSchema(
        {
            "anyOf": [
                _ADDRESS_SCHEMA,
                {"type": "array", "items": _ADDRESS_SCHEMA, "minItems": 1, "maxItems": MOST},
            ]
        }
    ),
]
MailPort = Annotated[
    int,
    BeforeValidator(scalars.port),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 65535}),
]
Tls = Literal["starttls", "implicit", "none"]


class Smtp(Section):
    host: Annotated[str, BeforeValidator(_host)] = Field(
        description="Name or address of the server.", examples=["mail.example.net"]
    )
    port: MailPort | None = Field(
        default=None, description="Default: 465 with `tls: implicit`, 587 with a user, else 25."
    )
    tls: Annotated[Tls, one_of("starttls", "implicit", "none")] | None = Field(
        default=None,
        description="Default: none on this machine, implicit at port 465, else starttls. Both are "
        "verified, and nothing is sent without.",
    )
    user: Text | None = Field(default=None, description="User name of the login.")
    password: Secret | None = Field(
        default=None, description="Its password.", examples=["{env: SMTP_PASSWORD}"]
    )
    ca: Text | None = Field(
        default=None, description="PEM file of the CAs to trust instead of the system's."
    )


class Mail(Section):
    to: Addresses = Field(description="One address, or a list.", examples=["ops@example.net"])
    sender: Address = Field(
        alias="from", description="The address of the sender.", examples=["poolroll@example.net"]
    )
    smtp: Annotated[Smtp, BeforeValidator(_server), _OrText()] = Field(
        default=Smtp(host="localhost"),
        description="Server that takes the mail: HOST:PORT, or a section. Default: this machine.",
    )
