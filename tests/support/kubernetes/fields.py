"""Whose field it is: `metadata.managedFields`, by the rules of server-side apply.

As measured: a patch makes its manager the owner of what it changes; an apply without force is
refused with 409 that names the owner and the field; a field applied once and later left out goes.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from tests.support.kubernetes.answers import StatusError
from tests.support.kubernetes.kinds import Json
from tests.support.kubernetes.lists import ATOMIC_MAPS, SETS, identity, keys_of
from tests.support.kubernetes.patches import strategic

Path = tuple[str, ...]
_UNOWNED: Final = frozenset(
    {
        ("f:apiVersion",),
        ("f:kind",),
        *(
            ("f:metadata", f"f:{field}")
            for field in (
                "name",
                "namespace",
                "uid",
                "resourceVersion",
                "generation",
                "creationTimestamp",
                "deletionTimestamp",
                "deletionGracePeriodSeconds",
                "generateName",
                "managedFields",
                "selfLink",
            )
        ),
    }
)


def leaves(value: Any, path: Path = (), field: str = "") -> Iterator[tuple[Path, Any]]:
    """Every field that somebody can own, with its value."""
    if len(path) <= 2 and path in _UNOWNED:
        return
    if isinstance(value, dict) and value and field not in ATOMIC_MAPS:
        for key, one in value.items():
            yield from leaves(one, (*path, f"f:{key}"), key)
    elif isinstance(value, list) and value and (keys := keys_of(field, value, is_patch=False)):
        for one in value:
            yield from leaves(one, (*path, identity(one, keys)))
    elif isinstance(value, list) and field in SETS:
        for one in value:
            yield (*path, "v:" + json.dumps(one)), one
    else:
        yield path, value


def difference(
    former: Any, obj: Any, path: Path = (), field: str = ""
) -> tuple[set[Path], set[Path]]:
    """Leaves that are new or have another value, and those that are gone. Of most of an object a
    write says nothing new: that is passed over."""
    changed: set[Path] = set()
    gone: set[Path] = set()
    if former is None and not path:
        return {one for one, _ in leaves(obj)}, gone
    if former == obj or (len(path) <= 2 and path in _UNOWNED):
        return changed, gone
    are_maps = isinstance(former, dict) and isinstance(obj, dict)
    if not are_maps or not former or not obj or field in ATOMIC_MAPS:
        old, new = dict(leaves(former, path, field)), dict(leaves(obj, path, field))
        changed = {one for one, value in new.items() if one not in old or old[one] != value}
        return changed, old.keys() - new.keys()
    for key in former.keys() | obj.keys():
        inner = (*path, f"f:{key}")
        if key not in obj:
            gone.update(one for one, _ in leaves(former[key], inner, key))
        elif key not in former:
            changed.update(one for one, _ in leaves(obj[key], inner, key))
        else:
            more = difference(former[key], obj[key], inner, key)
            changed |= more[0]
            gone |= more[1]
    return changed, gone


def encoded(paths: Iterable[Path]) -> Json:
    """FieldsV1."""
    root: Json = {}
    for path in sorted(paths):
        at = root
        for part in path:
            at = at.setdefault(part, {})
    return root


def decoded(fields: Json, path: Path = ()) -> Iterator[Path]:
    for part, inner in fields.items():
        if part == ".":
            continue
        if inner:
            yield from decoded(inner, (*path, part))
        else:
            yield (*path, part)


class Owners:
    """The entries of one object, by manager, operation and subresource."""

    def __init__(self, obj: Json) -> None:
        self._entries: list[tuple[Json, set[Path]]] = [
            (dict(entry), set(decoded(entry.get("fieldsV1") or {})))
            for entry in obj["metadata"].get("managedFields") or ()
        ]

    def written(self, former: Json | None, obj: Json, who: Json) -> None:
        """`who` (an entry without fields) made `obj` of `former` by a plain write."""
        changed, gone = difference(former, obj)
        for _, owned in self._entries:
            owned.difference_update(changed, gone)
        if changed:
            self._entry(who)[1].update(changed)

    def applied(self, live: Json, wanted: Json, who: Json, *, force: bool) -> Json:
        """`live` with `wanted` applied. Raises StatusError 409."""
        values = dict(leaves(live))
        mine = dict(leaves(wanted))
        entry, before = self._entry(who)
        others = [(other, owned) for other, owned in self._entries if other is not entry]
        fights = [
            (other, path)
            for other, owned in others
            for path in sorted(owned & mine.keys())
            if values.get(path) != mine[path]
        ]
        if fights and not force:
            raise _fight(fights)
        for other, path in fights:
            next(owned for one, owned in others if one is other).discard(path)
        result: Json = strategic(live, {**wanted, "metadata": wanted.get("metadata", {})})
        held = set().union(*(owned for _, owned in others)) if others else set()
        for path in before - mine.keys() - held:
            _without(result, path)
        before.clear()
        before.update(mine)
        return result

    def _entry(self, who: Json) -> tuple[Json, set[Path]]:
        for entry, owned in self._entries:
            if all(
                entry.get(key) == who.get(key) for key in ("manager", "operation", "subresource")
            ):
                entry["time"] = who["time"]
                return entry, owned
        added: tuple[Json, set[Path]] = (dict(who), set())
        self._entries.append(added)
        return added

    def entries(self) -> list[Json]:
        return [
            {**entry, "fieldsType": "FieldsV1", "fieldsV1": encoded(owned)}
            for entry, owned in self._entries
            if owned
        ]


def _fight(fights: list[tuple[Json, Path]]) -> StatusError:
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f'conflict with "{other["manager"]}"'
            + (f" using {other['apiVersion']}" if other["operation"] == "Update" else ""),
            "field": shown(path),
        }
        for other, path in fights
    ]
    number = f"{len(causes)} conflict{'s' * (len(causes) > 1)}"
    if len({cause["message"] for cause in causes}) == 1 and len(causes) == 1:
        listed = f"{causes[0]['message']}: {causes[0]['field']}"
    else:
        listed = "".join(f"\n{cause['message']}: {cause['field']}" for cause in causes).lstrip("\n")
    return StatusError(
        409,
        "Conflict",
        f"Apply failed with {number}: {listed}",
        details={"causes": causes},
    )


def shown(path: Path) -> str:
    """Like `.spec.template.spec.containers[name="web"].image`."""
    text = ""
    for part in path:
        if part.startswith("f:"):
            text += f".{part[2:]}"
        elif part.startswith("k:"):
            keys: Mapping[str, Any] = json.loads(part[2:])
            text += "[" + ",".join(f"{key}={json.dumps(one)}" for key, one in keys.items()) + "]"
        else:
            text += f"[={part[2:]}]"
    return text


def _without(obj: Any, path: Path) -> None:
    """Remove what `path` names, and the maps that it leaves empty."""
    part, rest = path[0], path[1:]
    if part.startswith("f:"):
        key = part[2:]
        if not isinstance(obj, dict) or key not in obj:
            return
        if rest:
            _without(obj[key], rest)
        if not rest or obj[key] in ({}, []):
            del obj[key]
    elif isinstance(obj, list):
        keys: Json = json.loads(part[2:]) if part.startswith("k:") else {}
        for item in list(obj):
            is_it = (
                identity(item, list(keys)) == part
                if keys and isinstance(item, dict)
                else "v:" + json.dumps(item) == part
            )
            if is_it and rest:
                _without(item, rest)
                if set(item) <= keys.keys():
                    obj.remove(item)
            elif is_it:
                obj.remove(item)
