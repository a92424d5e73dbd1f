"""Variables that are empty: a check with one of these would pass whatever it meets (S5)."""

from collections.abc import Mapping

from controller.config.checks.templates import uses
from controller.config.sections.rollout import Rollout
from controller.config.text.blank import is_blank
from controller.config.text.document import Document
from controller.config.text.places import Trail, dotted, printable
from controller.errors import Fault


def empty_values(document: Document, rollout: Rollout, sets: Mapping[str, str]) -> list[Fault]:
    """A fault for every variable that a template uses and whose value is empty or blank."""
    back = rollout.rollback.vars if rollout.rollback is not None else {}
    found: dict[tuple[str, Trail], Fault] = {}
    for trail, name in uses(document.data):
        kind, _, variable = name.rpartition("vars.")
        if kind == "member.":
            for member, values in rollout.pool.members.vars.items():
                place: Trail = ("pool", "members", "vars", member, variable)
                _note(found, document, place, values.get(variable), trail)
            continue
        if name != f"vars.{variable}":
            continue
        is_of_rollback = trail[0] == "rollback"
        if variable in back and (is_of_rollback or trail[0] == "validate"):
            _note(found, document, ("rollback", "vars", variable), back[variable], trail)
        if is_of_rollback and variable in back:
            continue
        if variable in sets:
            _note_set(found, variable, sets[variable], trail)
        else:
            _note(found, document, ("vars", variable), rollout.vars.get(variable), trail)
    return list(found.values())


_Found = dict[tuple[str, Trail], Fault]


def _note(found: _Found, document: Document, place: Trail, value: str | None, used: Trail) -> None:
    if value is not None and is_blank(value):
        found.setdefault(("", place), document.fault(place, _message(used)))


def _note_set(found: _Found, name: str, value: str, used: Trail) -> None:
    if is_blank(value):
        path = f"--set {printable(name)}"
        found.setdefault(("--set", (name,)), Fault(0, 0, path, _message(used)))


def _message(used: Trail) -> str:
    return f"is empty, and {dotted(used)} uses it; give it a value"
