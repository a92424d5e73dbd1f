"""Every key of the schema with a value of another shape: refused in one line, never a traceback."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from controller.config import masked, parse, schema
from controller.config.text.places import Trail, dotted
from controller.errors import ConfigurationError

DRAWN = schema()
BASE = {
    "apiVersion": "poolroll/v1",
    "name": "web",
    "upgrade": {"command": ["deploy"]},
    "pool": {"haproxy": {"apis": ["unix:/run/a.sock"], "backends": ["web"]}},
}
ODD: tuple[object, ...] = ([], {"x": "y"})


def trails(section: Mapping[str, Any], before: Trail = ()) -> Iterator[Trail]:
    """The way to each key, however deep; an entry of a list is its first."""
    if "$ref" in section:
        section = DRAWN["$defs"][section["$ref"].rpartition("/")[2]]
    for key, value in section.get("properties", {}).items():
        yield (*before, key)
        yield from trails(value, (*before, key))
    if "items" in section:
        yield (*before, 0)
        yield from trails(section["items"], (*before, 0))
    for way in section.get("anyOf", ()):
        yield from trails(way, before)


def with_odd(trail: Trail, odd: object) -> str:
    """A file in which `odd` stands at `trail`, and nothing beside it."""
    value = odd
    for part in reversed(trail[1:]):
        value = [value] if isinstance(part, int) else {part: value}
    return json.dumps({**BASE, str(trail[0]): value})


def refused(text: str) -> ConfigurationError | None:
    try:
        parse(text, "FILE")
    except ConfigurationError as refusal:
        return refusal
    except Exception as error:
        error.add_note(text)
        raise
    return None


ALL = sorted(set(trails(DRAWN)), key=dotted)


def test_every_section_is_met() -> None:
    """The schema's own: keys of sections, of their entries, and of either way to write them."""
    met = {dotted(trail) for trail in ALL}
    assert {"gates[0].haproxy.measure", "pool.kubernetes.nodes.selector", "drain.timeout"} <= met


@pytest.mark.parametrize("odd", ODD, ids=json.dumps)
def test_other_shapes(odd: object) -> None:
    """Refused, or taken where any value is; and a text that is masked all the same."""
    for trail in ALL:
        refusal = refused(with_odd(trail, odd))
        assert "Value error" not in str(refusal), trail
        masked(with_odd(trail, odd), {})
