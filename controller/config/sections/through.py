"""The key `quiet`: one word, or requests of poolroll's own that go through the load balancer."""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from controller.config.sections.kinds import Section, one_of, text
from controller.config.sections.validation import Http, Url
from controller.config.text.places import kind, shown
from controller.config.text.scalars import Wrong

WORDS: Final = ("probe", "pass", "halt")
_COOKIE = r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}=[^\s;,\"\\]{1,1024}"
"""A cookie-pair (RFC 6265, section 4.1.1)."""


def check_cookie(value: object) -> str:
    """May contain templates. Raises Wrong."""
    found = text(value)
    if not (found.isascii() and re.fullmatch(_COOKIE, found)):
        raise Wrong("is not a cookie; write its name and value, like SRV=${member.name}")
    return found


class Through(Http):
    url: Url = Field(
        description="URL to GET, at a load balancer. It must reach the backend of the members.",
        examples=["http://127.0.0.1:8080/health"],
    )
    cookie: Annotated[str, BeforeValidator(check_cookie)] | None = Field(
        default=None,
        description="The cookie that leads to the member, like SRV=${member.name}: its name and "
        "value, as the load balancer sets it. It is shown; what is secret belongs in `headers`.",
    )


class Quiet(Section):
    mode: Annotated[Literal["probe", "pass", "halt"], one_of(*WORDS)] = Field(
        default="probe", description="The same as the bare word."
    )
    through: Through | None = Field(
        default=None,
        description="With probe: the requests go through the load balancer, pinned to the member "
        "by `cookie`, by one of the `headers` or by the URL. They are judged by what the load "
        "balancer counts at the member; where fewer than nine in ten arrive there, they prove "
        "nothing.",
        examples=['{url: "http://127.0.0.1:8080/health", cookie: "SRV=${member.name}"}'],
    )


def _quiet(value: object) -> object:
    if isinstance(value, dict):
        return value
    if value not in WORDS:
        what = shown(value) if isinstance(value, str) else kind(value)
        raise Wrong(f"{what} is not a valid value; write one of {', '.join(WORDS)}")
    return {"mode": value}


class _OrWord:
    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        section: Any = handler(core)
        return {"anyOf": [{"enum": [*WORDS], "type": "string"}, section]}


QuietKey = Annotated[Quiet, BeforeValidator(_quiet), _OrWord()]
