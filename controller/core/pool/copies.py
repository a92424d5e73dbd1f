"""Changed copies of values, made without their constructor: no event costs more than that."""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

Copy = Callable[[Any], Any]

if TYPE_CHECKING:  # so that names and types of the fields are checked
    from dataclasses import replace as replace
else:

    def replace(value: Any, /, **changes: Any) -> Any:
        """What `dataclasses.replace` does, in a tenth of its time for a class with slots."""
        kind = value.__class__
        copy = _COPIES[kind] if kind in _COPIES else _COPIES.setdefault(kind, _copy_of(kind))
        if copy is None:
            return dataclasses.replace(value, **changes)
        new = copy(value)
        for name, field in changes.items():
            try:
                setattr(new, name, field)
            except AttributeError:
                raise TypeError(f"{kind.__name__} has no field {name!r}") from None
        new.__class__ = kind
        return new


_COPIES: dict[type, Copy | None] = {}
"""Class → what makes a copy whose fields can be set; None where a constructor is needed."""


def _copy_of(kind: type) -> Copy | None:
    """A frozen value cannot be set field by field. One of a class with the same slots can, and may
    become one of the frozen class afterwards (data model, `object.__class__`)."""
    names = tuple(field.name for field in dataclasses.fields(kind))
    is_plain = kind.__bases__ == (object,) and kind.__dict__.get("__slots__") == names
    if not is_plain or hasattr(kind, "__post_init__"):
        return None
    scope: dict[str, Any] = {"Open": type(kind.__name__, (), {"__slots__": names})}
    sets = "".join(f"    new.{name} = value.{name}\n" for name in names)
    exec(f"def copy(value):\n    new = Open()\n{sets}    return new\n", scope)
    copy: Copy = scope["copy"]
    return copy
