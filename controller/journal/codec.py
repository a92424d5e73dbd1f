"""Events and plans as JSON, and back. The class name is the kind of a journal line."""

from functools import cache
from typing import Any, get_args

from pydantic import TypeAdapter

from controller.core.events import Event
from controller.core.plan.plan import Plan
from controller.errors import StateError
from controller.journal.former import RENAMED, upgraded_event, upgraded_plan

PLAN = "Plan"
KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Event)} | {PLAN: Plan}


@cache
def adapter(kind: str) -> TypeAdapter[Any]:
    """What reads and writes one of the KINDS; made at its first use, which takes a while."""
    return TypeAdapter(KINDS[kind])


def encode(value: Event | Plan) -> tuple[str, str]:
    """Kind and JSON."""
    kind = type(value).__name__
    return kind, adapter(kind).dump_json(value).decode()


def decode(kind: str, body: str) -> Any:
    """The event or plan of a record, also one of an older version. Raises StateError."""
    kind = RENAMED.get(kind, kind)
    if kind not in KINDS:
        raise StateError(f"the journal has a line of an unknown kind, {kind!r}: a newer poolroll?")
    try:
        present = upgraded_plan(body) if kind == PLAN else upgraded_event(kind, body)
        return adapter(kind).validate_json(present)
    except ValueError as error:
        raise StateError(f"the journal has a {kind} that cannot be read: {error}") from None
