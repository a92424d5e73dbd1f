"""The least Role for some rights, as a file to apply."""

from typing import Any

from ruamel.yaml import YAML

from adapters.kubernetes.paths import NODES, PODS, STATEFULSETS
from adapters.kubernetes.rights import Right
from adapters.kubernetes.role import Rule, Subject, manifest, rules_of

POOLROLL = Subject("ServiceAccount", "poolroll", "ops")


def _read(text: str) -> list[Any]:
    return list(YAML(typ="safe").load_all(text))


def test_rules_are_few() -> None:
    """Verbs of one resource together, and resources with the same verbs; never more than asked."""
    found = rules_of(
        [
            Right.to("list", PODS, "shop"),
            Right.to("watch", PODS, "shop"),
            Right.to("create", PODS, "shop", subresource="eviction"),
            Right.to("get", STATEFULSETS, "shop", "web"),
            Right.to("patch", STATEFULSETS, "shop", "web"),
            Right.to("get", STATEFULSETS, "shop", "api"),
            Right.to("patch", STATEFULSETS, "shop", "api"),
        ]
    )
    assert found == [
        Rule(("",), ("pods",), ("list", "watch")),
        Rule(("",), ("pods/eviction",), ("create",)),
        Rule(("apps",), ("statefulsets",), ("get", "patch"), ("web", "api")),
    ]


def test_a_right_to_all_covers_those_to_some() -> None:
    found = rules_of([Right.to("get", PODS, "shop", "web-0"), Right.to("get", PODS, "shop")])
    assert found == [Rule(("",), ("pods",), ("get",))]


def test_one_role_for_each_namespace() -> None:
    """And a ClusterRole for what is in none."""
    rights = [
        Right.to("list", PODS, "shop"),
        Right.to("patch", STATEFULSETS, "ops", "web"),
        Right.to("patch", NODES, "ignored"),
    ]
    found = _read(manifest(rights, "poolroll-web", POOLROLL))
    assert [(one["kind"], one["metadata"].get("namespace")) for one in found] == [
        ("Role", "shop"),
        ("RoleBinding", "shop"),
        ("Role", "ops"),
        ("RoleBinding", "ops"),
        ("ClusterRole", None),
        ("ClusterRoleBinding", None),
    ]
    assert found[2]["rules"] == [
        {
            "apiGroups": ["apps"],
            "resources": ["statefulsets"],
            "resourceNames": ["web"],
            "verbs": ["patch"],
        }
    ]
    assert found[5]["roleRef"]["kind"] == "ClusterRole"
    assert found[1]["subjects"] == [
        {"kind": "ServiceAccount", "name": "poolroll", "namespace": "ops"}
    ]


def test_users_and_names_that_need_quotes() -> None:
    subject = Subject("User", "jane@example.com: x")
    text = manifest([Right.to("list", PODS, "123")], "poolroll-web", subject)
    (_, binding) = _read(text)
    assert binding["subjects"] == [
        {
            "kind": "User",
            "name": "jane@example.com: x",
            "apiGroup": "rbac.authorization.k8s.io",
        }
    ]
