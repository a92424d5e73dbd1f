"""Walks over the plain data of a file that may be wrong in any way."""

from collections.abc import Iterator
from typing import Any

from controller.config.text.places import Trail


def at(data: object, *trail: str | int) -> Any:
    """What stands there, or None."""
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
    """The mapping that stands there, or an empty one."""
    found = at(data, *trail)
    return found if isinstance(found, dict) else {}


def listing(data: object, *trail: str | int) -> list[Any]:
    """The list that stands there, or an empty one."""
    found = at(data, *trail)
    return found if isinstance(found, list) else []


def texts(data: object, pattern: str, trail: Trail = ()) -> Iterator[tuple[Trail, str]]:
    """The texts at `pattern`: keys with dots between them, `*` for any key or index."""
    if not pattern:
        if isinstance(data, str):
            yield trail, data
        return
    part, _, rest = pattern.partition(".")
    inner: list[tuple[str | int, object]] = []
    if isinstance(data, dict):
        inner = [(key, value) for key, value in data.items() if part in ("*", key)]
    elif isinstance(data, list) and part == "*":
        inner = list(enumerate(data))
    for key, value in inner:
        yield from texts(value, rest, (*trail, key))
