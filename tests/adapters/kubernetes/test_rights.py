"""Rights: asked for one by one and with names, named when refused, and the least Role for them."""

import itertools
import random
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML

from adapters.kubernetes.client.paths import (
    CONFIGMAPS,
    DEPLOYMENTS,
    NODES,
    PODS,
    REVIEWS,
    SLICES,
    STATEFULSETS,
    Resource,
)
from adapters.kubernetes.client.rights import Right, lacking
from adapters.kubernetes.role import Subject, as_yaml, roles
from adapters.kubernetes.state.names import state_names

PATCH = Right.to("patch", STATEFULSETS, "shop", "web")
EVICT = Right.to("create", PODS, "shop", subresource="eviction")
CORDON = Right.to("patch", NODES, "shop")


class Cluster:
    """Grants what it was told to, to who asks for it by name."""

    def __init__(self, *granted: Right) -> None:
        self.granted = granted
        self.asked: list[dict[str, Any]] = []

    async def create(
        self,
        resource: Resource,
        body: dict[str, Any],
        namespace: str = "",
        *,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        assert resource == REVIEWS
        asked = body["spec"]["resourceAttributes"]
        self.asked.append(asked)
        allowed = any(
            all(asked.get(key, "") == getattr(one, key) for key in ("verb", "resource", "name"))
            for one in self.granted
        )
        return {"status": {"allowed": allowed, "reason": "" if allowed else "RBAC: no\nrole"}}


async def test_what_is_lacking() -> None:
    cluster = Cluster(PATCH)
    found = await lacking(cluster, [PATCH, EVICT, CORDON, EVICT])
    assert [str(one) for one in found] == [
        "no permission to create pods/eviction in namespace shop (RBAC: no role); add to the Role: "
        '{apiGroups: [""], resources: ["pods/eviction"], verbs: ["create"]}',
        "no permission to patch nodes (RBAC: no role); add to the ClusterRole: "
        '{apiGroups: [""], resources: ["nodes"], verbs: ["patch"]}',
    ]
    assert cluster.asked[0] == {
        "verb": "patch",
        "group": "apps",
        "resource": "statefulsets",
        "name": "web",
        "namespace": "shop",
    }
    assert cluster.asked[1]["subresource"] == "eviction"
    assert len(cluster.asked) == 3


async def test_an_answer_that_is_none_grants_nothing() -> None:
    class Odd(Cluster):
        async def create(self, *_: Any, **__: Any) -> dict[str, Any]:
            return next(answers)

    answers: Iterator[dict[str, Any]] = iter(
        [{}, {"status": 7}, {"status": {"allowed": True, "denied": True}}]
    )
    rights = [PATCH, EVICT, CORDON]
    assert [one.right for one in await lacking(Odd(), rights)] == rights


RIGHTS = [
    *(Right.to(verb, PODS, "shop") for verb in ("patch", "watch", "list")),
    EVICT,
    *(Right.to(verb, SLICES, "shop") for verb in ("list", "watch")),
    *(Right.to(verb, STATEFULSETS, "shop", "web") for verb in ("get", "patch")),
    *(Right.to(verb, DEPLOYMENTS, "shop", "web") for verb in ("get", "patch")),
    Right.to("get", CONFIGMAPS, "shop", "b"),
    Right.to("get", CONFIGMAPS, "shop", "a"),
    Right.to("list", CONFIGMAPS, "shop"),
    Right.to("list", CONFIGMAPS, "shop", "a"),
    CORDON,
]

EXPECTED = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: "poolroll-web"
  namespace: "shop"
rules:
  - apiGroups: [""]
    resources: ["configmaps"]
    verbs: ["list"]
  - apiGroups: [""]
    resources: ["configmaps"]
    resourceNames: ["a", "b"]
    verbs: ["get"]
  - apiGroups: [""]
    resources: ["pods"]
    verbs: ["list", "watch", "patch"]
  - apiGroups: [""]
    resources: ["pods/eviction"]
    verbs: ["create"]
  - apiGroups: ["apps"]
    resources: ["deployments", "statefulsets"]
    resourceNames: ["web"]
    verbs: ["get", "patch"]
  - apiGroups: ["discovery.k8s.io"]
    resources: ["endpointslices"]
    verbs: ["list", "watch"]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: "poolroll-web"
  namespace: "shop"
roleRef:
  apiGroup: "rbac.authorization.k8s.io"
  kind: "Role"
  name: "poolroll-web"
subjects:
  - kind: "ServiceAccount"
    name: "poolroll"
    namespace: "tools"
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: "poolroll-web"
rules:
  - apiGroups: [""]
    resources: ["nodes"]
    verbs: ["patch"]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: "poolroll-web"
roleRef:
  apiGroup: "rbac.authorization.k8s.io"
  kind: "ClusterRole"
  name: "poolroll-web"
subjects:
  - kind: "ServiceAccount"
    name: "poolroll"
    namespace: "tools"
"""


def test_the_least_role() -> None:
    """In whatever order the rights come; it is YAML, and says just what the objects say."""
    subject = Subject("poolroll", "tools")
    shuffled = random.Random(7).sample(RIGHTS, len(RIGHTS))
    made = roles(shuffled, "poolroll-web", subject)
    assert as_yaml(made) == EXPECTED
    assert list(YAML(typ="safe").load_all(EXPECTED)) == list(made)


def test_the_role_grants_all_and_no_more() -> None:
    (role, _) = roles([one for one in RIGHTS if one.namespace], "x", Subject("a", "b"))
    granted = {
        (group, path, verb, name)
        for rule in role["rules"]
        for group, path, verb, name in itertools.product(
            rule["apiGroups"], rule["resources"], rule["verbs"], rule.get("resourceNames", [""])
        )
    }
    wanted = {(one.group, one.path, one.verb, one.name) for one in RIGHTS if one.namespace}
    assert granted == wanted - {("", "configmaps", "list", "a")}


def test_other_subjects() -> None:
    (_, binding) = roles([PATCH], "x", Subject("ops", kind="Group"))
    assert binding["subjects"] == [
        {"kind": "Group", "name": "ops", "apiGroup": "rbac.authorization.k8s.io"}
    ]
    assert roles([], "x", Subject("ops")) == []


def test_many_names_are_a_few_lines() -> None:
    """What a state in the cluster needs stays readable, and the same YAML."""
    names = state_names("web")
    made = roles(
        [Right.to("get", CONFIGMAPS, "ops", name) for name in names],
        "poolroll",
        Subject("ci", "ops"),
    )
    told = as_yaml(made)
    assert max(map(len, told.splitlines())) <= 120
    assert len(told.splitlines()) < 45
    (role, _) = YAML(typ="safe").load_all(told)
    assert role == made[0]
    assert role["rules"][0]["resourceNames"] == sorted(names)
