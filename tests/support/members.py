"""Members in any state, for tests: fields named flat, put into the part that they belong to."""

from dataclasses import fields, replace
from typing import Any, Final

from controller.core.phases import Phase
from controller.core.state.parts import (
    Consent,
    Draining,
    Inquiry,
    MemberState,
    Order,
    Placement,
    Progress,
    Trial,
)

PARTS: Final = {
    "placement": Placement,
    "order": Order,
    "progress": Progress,
    "draining": Draining,
    "trial": Trial,
    "consent": Consent,
    "inquiry": Inquiry,
}
PART_OF: Final = {one.name: part for part, kind in PARTS.items() for one in fields(kind)}


def changed(m: MemberState, **values: Any) -> MemberState:
    """`m` with these fields, whichever part they are in. Raises TypeError for an unknown one."""
    for name, value in values.items():
        part = PART_OF.get(name)
        if part is None:
            m = replace(m, **{name: value})
        else:
            m = replace(m, **{part: replace(getattr(m, part), **{name: value})})
    return m


def member(name: str, phase: Phase = Phase.WAITING, **values: Any) -> MemberState:
    """A member in `phase`, and as a new one but for `values`."""
    return changed(MemberState(name, phase), **values)


def difference(before: MemberState, after: MemberState) -> dict[str, Any]:
    """The fields in which they differ, whichever part they are in → as they are after."""
    pairs = [(before, after), *((getattr(before, p), getattr(after, p)) for p in PARTS)]
    return {
        one.name: getattr(new, one.name)
        for old, new in pairs
        for one in fields(old)
        if one.name not in PARTS and getattr(old, one.name) != getattr(new, one.name)
    }
