"""`docs/rollout-file.md`, drawn from the models. Pure."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from controller.config import schema
from controller.config.sections.kinds import COUNT_IN_TEXT
from controller.config.text.scalars import DURATION_PATTERN, PERCENTAGE_PATTERN

EXAMPLE = Path(__file__).parent / "example.yaml"

PARTS = Path(__file__).parent / "parts"
"""What no model can say: the head of the page, and what stands below some sections."""


def page() -> str:
    """The whole page."""
    drawn = schema()
    example = EXAMPLE.read_text("utf-8")
    head = (PARTS / "head.md").read_text("utf-8")
    parts: list[str] = [head, "## At the top\n", *_table(drawn, drawn)]
    for key, name in _sections(drawn, drawn):
        parts += [f"\n## {key}\n"]
        if shown := _example(example, key):
            parts += ["```yaml", shown, "```\n"]
        for path, inner in _nested(key, name, drawn):
            parts += [f"### {path}\n"] if path != key else []
            parts += [*_table(inner, drawn), ""]
        note = PARTS / f"{key}.md"
        parts += [note.read_text("utf-8")] if note.exists() else []
    return "\n".join(parts).rstrip("\n") + "\n"


def _sections(section: Mapping[str, Any], drawn: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in section.get("properties", {}).items():
        if name := _reference(value):
            yield key, name


def _nested(
    path: str, name: str, drawn: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    section = drawn["$defs"][name]
    yield path, section
    for key, inner in _sections(section, drawn):
        yield from _nested(f"{path}.{key}", inner, drawn)


def _reference(value: Mapping[str, Any]) -> str:
    """The model that a key, or each entry of its list, is; empty for a plain value."""
    ways = [value.get("items", value), *value.get("anyOf", ())]
    found: str = next((way["$ref"] for way in ways if "$ref" in way), "")
    return found.rpartition("/")[2]


def _table(section: Mapping[str, Any], drawn: Mapping[str, Any]) -> Iterator[str]:
    required = section.get("required", ())
    yield "| key | takes | default | rule |"
    yield "|---|---|---|---|"
    for key, value in section.get("properties", {}).items():
        default = "**required**" if key in required else _default(value)
        yield f"| `{key}` | {_takes(value)} | {default} | {value.get('description', '')} |"


def _takes(value: Mapping[str, Any]) -> str:
    pattern = value.get("pattern", "")
    match value:
        case {"enum": words}:
            return " \\| ".join(f"`{word}`" for word in words)
        case {"const": word}:
            return f"`{word}`"
        case {"$ref": _}:
            return "a section"
        case {"type": "array", "items": items}:
            return f"a list: {_takes(items)}"
        case {"type": "object", "properties": {"env": _}}:
            return "`{env: NAME}` or `{file: PATH}`"
        case {"patternProperties": ways} | {"propertyNames": _, "additionalProperties": ways}:
            inner = next(iter(ways.values())) if "patternProperties" in value else ways
            return f"a mapping of names: {_takes(inner)}"
        case {"anyOf": ways}:
            plain = [way for way in ways if way.get("pattern") != COUNT_IN_TEXT]
            return " or ".join(dict.fromkeys(map(_takes, plain)))
        case {"type": "integer" | "number" as kind}:
            least, most = value.get("minimum"), value.get("maximum")
            word = "a whole number" if kind == "integer" else "a number"
            if least is None:
                return word
            return f"{word}, {least} to {most}" if most is not None else f"{word} from {least}"
        case {"type": "boolean"}:
            return "`true` \\| `false`"
    if pattern.startswith("^(unix:"):
        return "`unix:PATH` or `tcp:HOST:PORT`"
    for end, word in ((DURATION_PATTERN, "a duration"), (PERCENTAGE_PATTERN, "a percentage")):
        if pattern.endswith(end[1:]):
            return word
    return "a name" if pattern and "https?" not in pattern else "text"


def _default(value: Mapping[str, Any]) -> str:
    default = value.get("default")
    if default is None:
        return ""
    if isinstance(default, list) and any(isinstance(entry, dict) for entry in default):
        return "see there"
    if isinstance(default, list):
        return f"`[{', '.join(map(str, default))}]`"
    if isinstance(default, dict):
        return "`{}`" if not default else "its defaults"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _example(text: str, key: str) -> str:
    """The top-level section `key` as it stands in the example."""
    blocks = text.split("\n\n")
    return next((b.strip("\n") for b in blocks if b.startswith(f"{key}:")), "")
