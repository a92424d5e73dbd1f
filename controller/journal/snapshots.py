"""The state of a rollout as text, so that nobody replays its whole journal to know it.

It is that of a replay: nothing of it was only seen. Another version of poolroll does not read it:
then all records are replayed, as if there were none.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, get_type_hints

from pydantic import TypeAdapter

from controller.core.plan.plan import Plan
from controller.core.state.parts import MemberState
from controller.core.state.state import GateState, State, initial

_SEEN: Final = frozenset(
    {"journal", "unheard", "bug", "head", "snapshots", "unseen", "unseen_since"}
    | {"tallies", "pool", "points", "flows", "fronts"}
)
"""Never in a journal, so as at the beginning."""
_OWN: Final = frozenset({"members", "gates"})
"""Written in a way of their own."""


class StateText:
    """Writes the states of one rollout: a member that did not change is not encoded again."""

    def __init__(self) -> None:
        self._members: dict[str, tuple[MemberState, str]] = {}

    def encoded(self, plan: Plan, state: State) -> str | None:
        """None for a state that was seen, in part."""
        begun = initial(plan)
        if any(getattr(state, name) != getattr(begun, name) for name in _SEEN):
            return None
        rest = {
            name: _adapter(name).dump_python(value, mode="json")
            for name in _names()
            if (value := getattr(state, name)) != getattr(begun, name)
        }
        gates = [[*key, _gates().dump_python(one, mode="json")] for key, one in state.gates.items()]
        members = ",".join(
            f"{json.dumps(name)}:{self._member(m)}"
            for name, m in state.members.items()
            if begun.members.get(name) != m
        )
        told = {"shape": shape(), "names": [*state.members], "rest": rest, "gates": gates}
        return f'{json.dumps(told)[:-1]},"members":{{{members}}}}}'

    def _member(self, m: MemberState) -> str:
        former = self._members.get(m.name)
        if former is None or former[0] is not m:
            former = (m, _members().dump_json(m).decode())
            self._members[m.name] = former
        return former[1]


def decoded(plan: Plan, text: str) -> State | None:
    """None for that of another version. Raises ValueError."""
    raw = json.loads(text)
    if not isinstance(raw, dict) or raw.get("shape") != shape():
        return None
    begun, changed = initial(plan), raw["members"]
    members = {
        name: _members().validate_python(changed[name], strict=False)
        if name in changed
        else begun.members[name]
        for name in raw["names"]
    }
    gates = {(gate, member): _gates().validate_python(one) for gate, member, one in raw["gates"]}
    rest: Mapping[str, Any] = {
        name: _adapter(name).validate_python(value) for name, value in raw["rest"].items()
    }
    return replace(begun, members=members, gates=gates, **rest)


@cache
def shape() -> str:
    """Of this version, and of all types that a state is made of."""
    try:
        own = version("poolroll")
    except PackageNotFoundError:
        own = ""
    found: list[str] = [own]
    wanted: list[Any] = [State]
    known = set(wanted)
    while wanted:
        kind = wanted.pop()
        for name, hint in sorted(get_type_hints(kind).items()):
            found.append(f"{kind.__name__}.{name}: {hint}")
            inner = [one for one in _parts(hint) if is_dataclass(one) and one not in known]
            known.update(inner)
            wanted += inner
    return sha256("\n".join(found).encode()).hexdigest()[:16]


def _parts(hint: Any) -> list[Any]:
    return [hint, *(part for one in getattr(hint, "__args__", ()) for part in _parts(one))]


@cache
def _names() -> tuple[str, ...]:
    return tuple(one.name for one in fields(State) if one.name not in _SEEN | _OWN)


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(get_type_hints(State)[name])


@cache
def _members() -> TypeAdapter[MemberState]:
    return TypeAdapter(MemberState)


@cache
def _gates() -> TypeAdapter[GateState]:
    return TypeAdapter(GateState)
