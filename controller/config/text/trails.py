"""Lookups in the plain data of a file that may not be valid."""

from collections.abc import Iterator
from typing import Any

from controller.config.text.places import Trail


def at(data: object, *trail: str | int) -> Any:
    """The value at `trail`, or None."""
    for part in trail:
        match data:
            case dict() if part in data:
                data = data[part]
            case list() if isinstance(part, int) and part < len(data):
                data = data[part]
            case _:
                return None
    return data


def mapping(data: object, *trail: str | int) -> dict[str, Any]:
    """The mapping at `trail`, or an empty one."""
    found = at(data, *trail)
    return found if isinstance(found, dict) else {}


def listing(data: object, *trail: str | int) -> list[Any]:
    """The list at `trail`, or an empty one."""
    found = at(data, *trail)
    return found if isinstance(found, list) else []


def texts(data: object, pattern: str, trail: Trail = ()) -> Iterator[tuple[Trail, str]]:
    """The texts at `pattern`: keys joined by dots, `*` for any key or index; `**`, at its end,
    for any keys below, however deep."""
    if not pattern:
        if isinstance(data, str):
            yield trail, data
        return
    part, _, rest = pattern.partition(".")
    if part == "**":
        if isinstance(data, str):
            yield trail, data
            return
        part, rest = "*", "**"
    inner: list[tuple[str | int, object]] = []
    if part == "*":
        if isinstance(data, dict):
            inner = list(data.items())
        elif isinstance(data, list):
            inner = list(enumerate(data))
    elif isinstance(data, dict) and part in data:
        inner = [(part, data[part])]
    for key, value in inner:
        yield from texts(value, rest, (*trail, key))
