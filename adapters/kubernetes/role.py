"""Roles and bindings, as a file for `kubectl apply`: the least that some rights need. Pure."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from adapters.kubernetes.rights import Right

_PLAIN = re.compile(r"[a-z][a-z0-9./-]*")
_GROUP = "rbac.authorization.k8s.io"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is to have the rights."""

    kind: str
    """`ServiceAccount`, `User` or `Group`."""
    name: str
    namespace: str = ""
    """Of a ServiceAccount."""


@dataclass(frozen=True, slots=True)
class Rule:
    groups: tuple[str, ...]
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    names: tuple[str, ...] = ()


def rules_of(rights: Iterable[Right]) -> list[Rule]:
    """As few rules as say exactly the same."""
    verbs: dict[tuple[str, str, tuple[str, ...]], dict[str, None]] = {}
    named: dict[tuple[str, str, str], dict[str, None]] = {}
    for right in rights:
        named.setdefault((right.group, right.path, right.verb), {})[right.name] = None
    for (group, path, verb), names in named.items():
        # A right to all of them covers those to some.
        limited = () if "" in names else tuple(names)
        verbs.setdefault((group, path, limited), {})[verb] = None
    alike: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for (group, path, limited), those in verbs.items():
        alike.setdefault((group, tuple(those), limited), []).append(path)
    return [
        Rule((group,), tuple(paths), those, limited)
        for (group, those, limited), paths in alike.items()
    ]


def manifest(rights: Iterable[Right], name: str, subject: Subject) -> str:
    """One Role with its binding for each namespace, and one for the whole cluster."""
    wanted = list(dict.fromkeys(rights))
    parts = []
    for namespace in dict.fromkeys(right.namespace for right in wanted):
        rules = rules_of(right for right in wanted if right.namespace == namespace)
        parts.append(_role(rules, name, namespace))
        parts.append(_binding(name, namespace, subject))
    return "---\n".join("\n".join(part) + "\n" for part in parts)


def _role(rules: Sequence[Rule], name: str, namespace: str) -> list[str]:
    return [
        *_head("Role", name, namespace),
        "rules:",
        *(line for one in rules for line in _rule(one)),
    ]


def _rule(rule: Rule) -> Iterator[str]:
    yield f"  - apiGroups: {_list(rule.groups)}"
    yield f"    resources: {_list(rule.resources)}"
    if rule.names:
        yield f"    resourceNames: {_list(rule.names)}"
    yield f"    verbs: {_list(rule.verbs)}"


def _binding(name: str, namespace: str, subject: Subject) -> list[str]:
    who = [f"  - kind: {subject.kind}", f"    name: {_word(subject.name)}"]
    if subject.kind == "ServiceAccount":
        who.append(f"    namespace: {_word(subject.namespace)}")
    else:
        who.append(f"    apiGroup: {_GROUP}")
    role = "Role" if namespace else "ClusterRole"
    return [
        *_head("RoleBinding", name, namespace),
        f"roleRef: {{apiGroup: {_GROUP}, kind: {role}, name: {_word(name)}}}",
        "subjects:",
        *who,
    ]


def _head(kind: str, name: str, namespace: str) -> list[str]:
    where = f", namespace: {_word(namespace)}" if namespace else ""
    return [
        f"apiVersion: {_GROUP}/v1",
        f"kind: {kind if namespace else f'Cluster{kind}'}",
        f"metadata: {{name: {_word(name)}{where}}}",
    ]


def _list(words: Iterable[str]) -> str:
    return f"[{', '.join(map(_word, words))}]"


def _word(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text)
