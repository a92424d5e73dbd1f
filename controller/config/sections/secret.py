"""Secrets of a section: written in the file, or taken from the environment or a file of its own."""

import re
from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema

from controller.config.sections.kinds import text
from controller.config.sections.validation import check_filled_url, check_header
from controller.config.text.places import kind
from controller.config.text.scalars import Wrong

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
