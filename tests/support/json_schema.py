"""As much of JSON Schema 2020-12 as our schemas use; a keyword that is not known here is an error,
so that none is passed over. It reads the core and validation vocabularies only."""

import re
from collections.abc import Callable, Mapping
from typing import Any

Schema = Mapping[str, Any]
_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}
_NOTES = frozenset(("title", "description", "default", "examples", "$schema", "$defs"))


def is_valid(value: Any, schema: Schema, root: Schema | None = None) -> bool:
    root = schema if root is None else root
    for keyword, rule in schema.items():
        if keyword not in _NOTES and not _holds(keyword, rule, value, schema, root):
            return False
    return True


def _holds(keyword: str, rule: Any, value: Any, schema: Schema, root: Schema) -> bool:
    def fits(inner: Schema, part: Any = value) -> bool:
        return is_valid(part, inner, root)

    match keyword:
        case "$ref":
            return fits(root["$defs"][rule.removeprefix("#/$defs/")])
        case "type":
            return _TYPES[rule](value)
        case "enum":
            return value in rule
        case "const":
            return bool(value == rule)
        case "anyOf":
            return any(map(fits, rule))
        case "oneOf":
            return sum(map(fits, rule)) == 1
        case "if":
            return not fits(rule) or fits(schema["then"])
        case "then":
            return True  # with its `if`
    if isinstance(value, dict):
        return _object(keyword, rule, value, schema, fits)
    if isinstance(value, list):
        return _array(keyword, rule, value, fits)
    return _scalar(keyword, rule, value)


def _object(
    keyword: str, rule: Any, value: dict[str, Any], schema: Schema, fits: Callable[..., bool]
) -> bool:
    match keyword:
        case "properties":
            return all(fits(rule[key], value[key]) for key in rule.keys() & value.keys())
        case "patternProperties":
            return all(
                fits(inner, value[key])
                for pattern, inner in rule.items()
                for key in value
                if re.search(pattern, key)
            )
        case "additionalProperties":
            known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
            rest = [
                k for k in value if k not in known and not any(re.search(p, k) for p in patterns)
            ]
            return not rest if rule is False else all(fits(rule, value[k]) for k in rest)
        case "propertyNames":
            return all(fits(rule, key) for key in value)
        case "required":
            return set(rule) <= value.keys()
        case "minProperties":
            return bool(len(value) >= rule)
        case "maxProperties":
            return bool(len(value) <= rule)
    return _is_of_another_kind(keyword)


def _array(keyword: str, rule: Any, value: list[Any], fits: Callable[..., bool]) -> bool:
    match keyword:
        case "items":
            return all(fits(rule, item) for item in value)
        case "minItems":
            return bool(len(value) >= rule)
        case "maxItems":
            return bool(len(value) <= rule)
        case "uniqueItems":
            return all(item not in value[:at] for at, item in enumerate(value))
    return _is_of_another_kind(keyword)


def _scalar(keyword: str, rule: Any, value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    match keyword:
        case "pattern":
            return not isinstance(value, str) or re.search(rule, value) is not None
        case "minLength":
            return not isinstance(value, str) or len(value) >= rule
        case "minimum":
            return not is_number or value >= rule
        case "maximum":
            return not is_number or value <= rule
        case "exclusiveMaximum":
            return not is_number or value < rule
    return _is_of_another_kind(keyword)


_OF_OBJECTS = (
    *("properties", "patternProperties", "additionalProperties", "propertyNames"),
    *("required", "minProperties", "maxProperties"),
)
_OF_LISTS = ("items", "minItems", "maxItems", "uniqueItems")
_OF_SCALARS = ("pattern", "minLength", "minimum", "maximum", "exclusiveMaximum")


def _is_of_another_kind(keyword: str) -> bool:
    """A keyword of another kind of value says nothing about this one."""
    if keyword not in (*_OF_OBJECTS, *_OF_LISTS, *_OF_SCALARS):
        raise NotImplementedError(keyword)
    return True
