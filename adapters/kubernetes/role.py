"""The least Role for a list of rights, as objects and as YAML. Pure."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, Final

from adapters.kubernetes.client.rights import Right

_GROUP: Final = "rbac.authorization.k8s.io"
_ORDER: Final = ("get", "list", "watch", "create", "update", "patch", "delete")
_WIDTH: Final = 116
_Rule = tuple[str, tuple[str, ...]]
"""API group and names."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Who gets the rights."""

    name: str
    namespace: str = ""
    """Of a ServiceAccount."""
    kind: str = "ServiceAccount"
    """Or User, or Group."""


def roles(rights: Iterable[Right], name: str, subject: Subject) -> Sequence[Mapping[str, Any]]:
    """A Role and its RoleBinding for each namespace; a ClusterRole for what is in none."""
    by_namespace: dict[str, set[Right]] = defaultdict(set)
    for right in rights:
        by_namespace[right.namespace].add(right)
    made: list[Mapping[str, Any]] = []
    for namespace in sorted(by_namespace, key=lambda one: (not one, one)):
        meta = {"name": name, **({"namespace": namespace} if namespace else {})}
        kind = "Role" if namespace else "ClusterRole"
        version = f"{_GROUP}/v1"
        rules = _rules(by_namespace[namespace])
        made.append({"apiVersion": version, "kind": kind, "metadata": meta, "rules": rules})
        made.append(
            {
                "apiVersion": version,
                "kind": f"{kind}Binding",
                "metadata": meta,
                "roleRef": {"apiGroup": _GROUP, "kind": kind, "name": name},
                "subjects": [_subject(subject)],
            }
        )
    return made


def as_yaml(objects: Iterable[Mapping[str, Any]]) -> str:
    """To be given to `kubectl apply -f -`."""
    return "---\n".join(_page(one) for one in objects)


def _told(part: str, said: object) -> Sequence[str]:
    """A hundred names are a few lines, not one that fills a screen."""
    whole = f"{part}: {json.dumps(said)}"
    if len(whole) <= _WIDTH or not isinstance(said, list):
        return [whole]
    inside = wrap(
        ", ".join(map(json.dumps, said)), _WIDTH - 2, break_long_words=False, break_on_hyphens=False
    )
    return [f"{part}: [", *(f"  {line}" for line in inside), "]"]


def _rules(rights: set[Right]) -> Sequence[Mapping[str, Any]]:
    """What has the same verbs on the same names of one API group stands in one rule."""
    names: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for right in rights:
        names[right.group, right.path, right.verb].add(right.name)
    verbs: dict[tuple[str, str, tuple[str, ...]], set[str]] = defaultdict(set)
    for (group, path, verb), found in names.items():
        verbs[group, path, () if "" in found else tuple(sorted(found))].add(verb)
    paths: dict[tuple[_Rule, tuple[str, ...]], list[str]] = defaultdict(list)
    for (group, path, named), used in sorted(verbs.items()):
        paths[(group, named), tuple(sorted(used, key=_rank))].append(path)
    return [
        {
            "apiGroups": [group],
            "resources": found,
            **({"resourceNames": list(named)} if named else {}),
            "verbs": list(used),
        }
        for ((group, named), used), found in paths.items()
    ]


def _rank(verb: str) -> tuple[int, str]:
    return (_ORDER.index(verb) if verb in _ORDER else len(_ORDER), verb)


def _subject(subject: Subject) -> Mapping[str, str]:
    made = {"kind": subject.kind, "name": subject.name}
    if subject.kind == "ServiceAccount":
        return {**made, "namespace": subject.namespace}
    return {**made, "apiGroup": _GROUP}


def _page(one: Mapping[str, Any]) -> str:
    lines: list[str] = []
    for key, value in one.items():
        if isinstance(value, str):
            lines.append(f"{key}: {value}")
        elif isinstance(value, Mapping):
            lines += [f"{key}:", *(f"  {part}: {json.dumps(said)}" for part, said in value.items())]
        else:
            lines.append(f"{key}:")
            for entry in value:
                parts = [one for part, said in entry.items() for one in _told(part, said)]
                lines += [
                    ("  - " if not number else "    ") + part for number, part in enumerate(parts)
                ]
    return "\n".join(lines) + "\n"
