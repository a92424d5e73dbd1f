"""Validation errors of the models as faults with line and column."""

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from controller.config.checks.later import is_later
from controller.config.checks.misplaced import place_for
from controller.config.sections.kinds import Section
from controller.config.sections.rollout import Rollout
from controller.config.text.document import Document
from controller.config.text.nearest import did_you_mean
from controller.config.text.places import Trail, kind
from controller.config.text.scalars import Wrong
from controller.errors import Fault


def faults_of(error: ValidationError, document: Document) -> list[Fault]:
    """One fault for each validation error; empty keys were reported before."""
    return [
        _fault(detail, document)
        for detail in error.errors(include_url=False)
        if _trail(detail, document) not in document.empty
    ]


def suggestion(word: str, known: list[str]) -> str:
    """`did you mean "x"?`, or the known words."""
    if hint := did_you_mean(word, known):
        return hint
    if not known:
        return "there are none here"
    listed = ", ".join(known[:30]) + (", …" if len(known) > 30 else "")
    return f"known here: {listed}"


def _fault(detail: ErrorDetails, document: Document) -> Fault:
    trail = _trail(detail, document)
    match detail["type"]:
        case "missing":
            examples = _fields(_section(trail[:-1]))[str(trail[-1])].examples or ["…"]
            return document.fault(trail, f"is missing; add it, like {trail[-1]}: {examples[0]}")
        case "extra_forbidden":
            return document.fault(trail, _unknown(trail, document), at_key=True)
        case _:
            return document.fault(trail, _wrong(detail), at_key=trail != detail["loc"])


def _wrong(detail: ErrorDetails) -> str:
    found = kind(detail["input"])
    match detail["type"]:
        case "value_error":
            cause = detail["ctx"]["error"]
            assert isinstance(cause, Wrong)
            return str(cause)
        case "model_type" | "dict_type":
            return f"is {found}; write a mapping of keys and values"
        case "list_type":
            how = "each entry after a dash" if isinstance(detail["input"], dict) else "like [a, b]"
            return f"is {found}; write it as a list, {how}"
        case "too_short":
            return "is an empty list; add at least one entry"
        case "bool_type":
            return f"is {found}; write true or false, without quotes"
        case _:
            return f"is {found}, which this key does not take; see `poolroll schema`"


def _unknown(trail: Trail, document: Document) -> str:
    if (place := place_for(trail, document.data)) is not None:
        return f"is not a key of this section; write it {place}"
    if is_later(trail):
        return "is not yet supported; remove it"
    known = list(_fields(_section(trail[:-1])))
    return f"is not a key of this section; {suggestion(str(trail[-1]), known)}"


def _trail(detail: ErrorDetails, document: Document) -> Trail:
    trail = detail["loc"]
    is_about_key = trail[-1:] == ("[key]",) and trail not in document.keys
    return trail[:-1] if is_about_key else trail


def _section(trail: Trail) -> type[Section]:
    section: type[Section] = Rollout
    for part in trail:
        if isinstance(part, str):
            section = _inner(_fields(section)[part].annotation) or section
    return section


def _fields(section: type[Section]) -> Mapping[str, FieldInfo]:
    return {field.alias or name: field for name, field in section.model_fields.items()}


def _inner(annotation: Any) -> type[Section] | None:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    found = (_inner(argument) for argument in get_args(annotation))
    return next((section for section in found if section), None)
