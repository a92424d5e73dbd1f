"""Warnings about values that look as if a pipeline had not filled them in, or that are not what
they look like. No value is shown, since it may be secret."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from controller.config.sections.rollout import Rollout
from controller.config.text.blank import odd_signs
from controller.config.text.places import dotted, printable
from controller.config.text.templating import fill

_NOTHING: Final = frozenset(
    ("none", "null", "nil", "undefined", "<no value>", "<nil>", "<none>", "(null)")
)
"""What programs write for a value that is not there, in lower case."""
_UNFILLED: Final = re.compile(r"\{\{|\}\}|<%|%>")
_SHELL: Final = re.compile(r"\$(\w+|\{\w+\}|\(.*\))|%\w+%")


def value_doubts(rollout: Rollout, sets: Mapping[str, str]) -> Iterator[str]:
    """One line each, as `path: what is questionable`."""
    for place, value in _values(rollout, sets):
        yield from (f"{place}: {doubt}" for doubt in _doubts(value))


def _values(rollout: Rollout, sets: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in sets.items():
        yield f"--set {printable(name)}", value
    for name, value in rollout.vars.items():
        if name not in sets:
            yield f"vars.{name}", fill(value, {})
    for name, value in (rollout.rollback.vars if rollout.rollback is not None else {}).items():
        yield f"rollback.vars.{name}", fill(value, {})
    for member, values in rollout.pool.members.vars.items():
        for name, value in values.items():
            yield dotted(("pool", "members", "vars", member, name)), fill(value, {})
    for index, entry in enumerate(rollout.validations):
        if entry.http is not None and entry.http.contains is not None:
            yield f"validate[{index}].http.contains", entry.http.contains


def _doubts(value: str) -> Iterator[str]:
    shown = value.strip()
    if shown.lower() in _NOTHING:
        yield f"is {printable(shown)}, as if a value were missing; check where it comes from"
    if _UNFILLED.search(value) or _SHELL.fullmatch(shown):
        yield "looks like a template that was not filled in; check where it comes from"
    if value and shown != value and shown:
        ends = "ends with a line end" if value[-1] in "\r\n" else "begins or ends with a blank"
        yield f"{ends}, which counts; remove it if it is not meant"
    for sign in odd_signs(shown):
        yield f"contains {sign}, which cannot be seen or looks like another; type it again"
