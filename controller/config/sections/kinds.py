"""Types of values: durations, percentages, counts, names, commands; for models and JSON Schema.

Models keep the text of the file; `controller.config.values` converts it with the same functions
that check it here.
"""

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema

from controller.config.sections.endpoints import check_endpoint
from controller.config.text import scalars
from controller.config.text.blank import is_blank
from controller.config.text.places import kind, shown
from controller.config.text.scalars import Wrong

_SERVER = r"[A-Za-z0-9_.:-]{1,512}"
"""Backends and servers (HAProxy configuration manual, section 4: names of proxies). It sets no
limit; generated names can exceed 128 characters."""
_GLOB = r"[A-Za-z0-9_.:*?\[\]!-]{1,512}"
_LABEL = "[A-Za-z_][A-Za-z0-9_-]{0,62}"
_ROLLOUT = "[a-z0-9][a-z0-9-]{0,62}"
_GATE = "[A-Za-z0-9][A-Za-z0-9_-]{0,62}"
_HEADER = r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}"
"""A token (RFC 9110, section 5.6.2)."""


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)

    LATER: ClassVar[frozenset[str]] = frozenset()
    """Keys of later versions: left out of the repr where they are not given. A fingerprint is made
    of it, and a rollout that a former version began still has the same one."""

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            if value is not None or name not in self.LATER:
                yield name, value


def _kept(check: Callable[[object], object]) -> PlainValidator:
    def keep(value: object) -> object:
        check(value)
        return value

    return PlainValidator(keep)


def _duration(least: timedelta) -> PlainValidator:
    return _kept(lambda value: scalars.duration(value, least=least))


def text(value: object) -> str:
    """Raises Wrong, without the value: it may be secret."""
    if not isinstance(value, str):
        mend = "write text" if isinstance(value, list | dict | None) else "put it in quotes"
        raise Wrong(f"is {kind(value)}, not text; {mend}")
    if is_blank(value):
        raise Wrong(f"is {'blank' if value else 'empty'}; write the text, or leave the key out")
    return value


def _argument(value: object) -> str:
    return value if isinstance(value, str) else text(value)


def _names_nothing(program: object) -> bool:
    return isinstance(program, str) and is_blank(program)


def _argv(value: object) -> object:
    if isinstance(value, str):
        raise Wrong(
            "is a single string; write it as a list, like [systemctl, restart, nginx]: "
            "no shell splits it"
        )
    if value == [] or (isinstance(value, list) and _names_nothing(value[0])):
        raise Wrong("names no program; write a list, the program first")
    return value


def _matching(pattern: str, mend: str) -> BeforeValidator:
    def check(value: object) -> str:
        found = text(value)
        if not re.fullmatch(pattern, found):
            raise Wrong(f"{shown(found)} is not a valid name here; {mend}")
        return found

    return BeforeValidator(check)


def _pattern(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


def one_of(*words: str) -> BeforeValidator:
    def check(value: object) -> object:
        if value not in words or not isinstance(value, str):
            mend = words[0] if len(words) == 1 else "one of " + ", ".join(words)
            raise Wrong(f"{shown(value)} is not a valid value; write {mend}")
        return value

    return BeforeValidator(check)


def _port(value: object) -> int | str:
    if isinstance(value, str) and "$" in value:
        return value
    return scalars.port(value)


NOT_ZERO = r"^(?!0+(\.0+)?[a-z%])"
"""Prefix of a pattern: the schema refuses only what `check` refuses, as far as a pattern can."""
UP_TO_100 = r"^(?=0*(100(\.0+)?|[0-9]{1,2}(\.[0-9]+)?)%)"
COUNT_IN_TEXT = r"^0*([1-9][0-9]{0,3}|10000)$"

_DURATION_SCHEMA = WithJsonSchema({"type": "string", "pattern": scalars.DURATION_PATTERN})
_INTERVAL_SCHEMA = WithJsonSchema(
    {"type": "string", "pattern": NOT_ZERO + scalars.DURATION_PATTERN[1:]}
)
_PERCENTAGE_SCHEMA = {"type": "string", "pattern": UP_TO_100 + scalars.PERCENTAGE_PATTERN[1:]}
_SHARE_SCHEMA = {
    "type": "string",
    "pattern": NOT_ZERO + UP_TO_100[1:] + scalars.PERCENTAGE_PATTERN[1:],
}
_COUNT_SCHEMAS = (
    {"type": "integer", "minimum": 1, "maximum": scalars.MAX_COUNT},
    {"type": "string", "pattern": COUNT_IN_TEXT},
)

SERVER = _SERVER
Duration = Annotated[str, _duration(timedelta(0)), _DURATION_SCHEMA]
Interval = Annotated[str, _duration(timedelta(milliseconds=1)), _INTERVAL_SCHEMA]
"""A duration for which zero makes no sense."""
ProbeInterval = Annotated[str, _duration(timedelta(milliseconds=10)), _INTERVAL_SCHEMA]
"""Bounded below: the probed member has just started."""
SampleInterval = Annotated[str, _duration(timedelta(milliseconds=50)), _INTERVAL_SCHEMA]
"""Bounded below: every sample asks every load balancer."""
Lookback = Annotated[str, _duration(timedelta(seconds=10)), _INTERVAL_SCHEMA]
"""Bounded below: a rate needs two scrapes."""
BeatInterval = Annotated[str, _duration(timedelta(seconds=1)), _INTERVAL_SCHEMA]
"""Bounded below: the receiver is a third party."""
Percentage = Annotated[str, _kept(scalars.percentage), WithJsonSchema(_PERCENTAGE_SCHEMA)]
Share = Annotated[str, _kept(scalars.share), WithJsonSchema(_SHARE_SCHEMA)]
"""Per cent of a weight, which is itself a whole number."""
Count = Annotated[
    int, PlainValidator(scalars.count), WithJsonSchema({"anyOf": list(_COUNT_SCHEMAS)})
]
Quantity = Annotated[
    int | str,
    _kept(scalars.amount),
    WithJsonSchema({"anyOf": [*_COUNT_SCHEMAS, _PERCENTAGE_SCHEMA]}),
]
Floor = Annotated[
    int | str,
    _kept(scalars.floor),
    WithJsonSchema({"anyOf": [{"const": 0}, *_COUNT_SCHEMAS, _PERCENTAGE_SCHEMA]}),
]
"""None may be meant, too."""
Limit = Annotated[
    int | float | str,
    _kept(scalars.limit),
    WithJsonSchema({"anyOf": [{"type": "number"}, _PERCENTAGE_SCHEMA]}),
]
Number = Annotated[int | float, _kept(scalars.number), WithJsonSchema({"type": "number"})]
Times = Annotated[
    int | float,
    PlainValidator(scalars.times),
    WithJsonSchema({"type": "number", "minimum": 1.1, "maximum": 1000}),
]
"""How many times as much: of two things that are the same, one is always a little more."""
Confidence = Annotated[
    float | str,
    _kept(scalars.confidence),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "minimum": 0.5, "exclusiveMaximum": 1}, _PERCENTAGE_SCHEMA]}
    ),
]
Port = Annotated[
    int | str,
    PlainValidator(_port),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 65535}, {"type": "string"}]}
    ),
]

Text = Annotated[str, BeforeValidator(text)]
Endpoint = Annotated[str, BeforeValidator(check_endpoint), _pattern("(unix:/.*|tcp:.+:[0-9]+)")]
RolloutName = Annotated[
    str,
    _matching(
        _ROLLOUT, "use lower-case letters, digits and '-', at most 63, not starting with '-'"
    ),
    _pattern(_ROLLOUT),
]
ServerName = Annotated[
    str, _matching(_SERVER, "use letters, digits and _ . : -"), _pattern(_SERVER)
]
Glob = Annotated[
    str, _matching(_GLOB, "write a name, or a pattern with * ? [a-z]"), _pattern(_GLOB)
]
GateName = Annotated[
    str,
    _matching(
        _GATE, "use letters, digits, '_' and '-', at most 63, starting with a letter or digit"
    ),
    _pattern(_GATE),
]
Label = Annotated[
    str,
    _matching(_LABEL, "use letters, digits, '_' and '-', at most 63, starting with a letter"),
    _pattern(_LABEL),
]
HeaderName = Annotated[
    str, _matching(_HEADER, "write the name of an HTTP header"), _pattern(_HEADER)
]
Argument = Annotated[str, BeforeValidator(_argument)]
Argv = Annotated[list[Argument], BeforeValidator(_argv), Field(min_length=1)]
"""A program and its arguments, run without a shell."""
