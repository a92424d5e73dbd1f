"""What Roles and their bindings grant, one right at a time, and what of it was used."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from tests.support.kubernetes.requests import Call

Json = dict[str, Any]


class Granted(NamedTuple):
    namespace: str
    """Empty: of the whole cluster."""
    group: str
    path: str
    """With its subresource."""
    verb: str
    name: str
    """Empty: of any name."""


def granted(made: Iterable[Json], account: str) -> set[Granted]:
    """To a service account, `NAMESPACE/NAME`, by Roles that are bound to it alone."""
    objects = list(made)
    roles = {_key(one): one for one in objects if one["kind"] in ("Role", "ClusterRole")}
    found: set[Granted] = set()
    for one in objects:
        if one["kind"] in ("RoleBinding", "ClusterRoleBinding"):
            [subject] = one["subjects"]
            assert f"{subject['namespace']}/{subject['name']}" == account
            namespace = one["metadata"].get("namespace", "")
            ref = one["roleRef"]
            assert (one["kind"], ref["apiGroup"]) == (f"{ref['kind']}Binding", _GROUP)
            found.update(_each(roles.pop((ref["kind"], namespace, ref["name"])), namespace))
    assert not roles, "bound to nobody"
    return found


_GROUP = "rbac.authorization.k8s.io"


def _key(one: Json) -> tuple[str, str, str]:
    return one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]


def _each(role: Json, namespace: str) -> Iterator[Granted]:
    for rule in role["rules"]:
        for group in rule["apiGroups"]:
            for path in rule["resources"]:
                for verb in rule["verbs"]:
                    for name in rule.get("resourceNames", [""]):
                        yield Granted(namespace, group, path, verb, name)


def used(call: Call, rights: Iterable[Granted]) -> set[Granted]:
    """Those of `rights` that allow this call; one that makes an object by apply uses `create`."""
    if call.kind is None:
        return set()
    path = "/".join(filter(None, (call.kind.plural, call.subresource)))
    verbs = {call.verb} | ({"create"} if call.is_apply and call.status == 201 else set())
    name = call.name or call.query.get("fieldSelector", "").removeprefix("metadata.name=")
    return {
        one
        for one in rights
        if (one.group, one.path) == (call.kind.group, path)
        and one.verb in verbs
        and one.namespace in ("", call.namespace)
        and one.name in ("", name)
    }
