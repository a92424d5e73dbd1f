"""What a client asks before anything else: versions, groups, resources, and as much of OpenAPI as
kubectl needs to have its objects checked by the server."""

from collections.abc import Iterable
from typing import Final

from tests.support.kubernetes.kinds import KINDS, NEW_EVENTS, Json, Kind

_VERBS: Final = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
_IN_ALL: Final = (
    "pods",
    "services",
    "deployments",
    "replicasets",
    "statefulsets",
    "daemonsets",
    "jobs",
)
VERSION: Final[Json] = {
    "major": "1",
    "minor": "36",
    "gitVersion": "v1.36.0",
    "gitCommit": "0" * 40,
    "gitTreeState": "clean",
    "buildDate": "2026-04-22T00:00:00Z",
    "goVersion": "go1.26.0",
    "compiler": "gc",
    "platform": "linux/amd64",
}


def discovered(path: str) -> Json | None:
    """None for a path that is no part of discovery."""
    parts = path.strip("/").split("/")
    match parts:
        case ["version"]:
            return VERSION
        case ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"]}
        case ["apis"]:
            groups = [_group(name) for name in sorted({kind.group for kind in KINDS if kind.group})]
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
        case ["api", "v1"]:
            return _resources("v1", [kind for kind in KINDS if not kind.group])
        case ["apis", group] if any(kind.group == group for kind in KINDS):
            return {"kind": "APIGroup", "apiVersion": "v1", **_group(group)}
        case ["apis", "events.k8s.io", "v1"]:
            return _resources("events.k8s.io/v1", [NEW_EVENTS])
        case ["apis", group, version]:
            found = [kind for kind in KINDS if (kind.group, kind.version) == (group, version)]
            return _resources(f"{group}/{version}", found) if found else None
        case ["openapi", "v3"]:
            paths = {
                _prefix(kind): {"serverRelativeURL": f"/openapi/v3/{_prefix(kind)}?hash=1"}
                for kind in KINDS
            }
            return {"paths": paths}
        case ["openapi", "v3", *rest]:
            found = [kind for kind in KINDS if _prefix(kind) == "/".join(rest)]
            return _openapi(found) if found else None
        case _:
            return None


def _group(name: str) -> Json:
    [number] = {kind.version for kind in KINDS if kind.group == name}
    version = {"groupVersion": f"{name}/{number}", "version": number}
    return {"name": name, "versions": [version], "preferredVersion": version}


def _resources(version: str, kinds: Iterable[Kind]) -> Json:
    resources: list[Json] = []
    for kind in kinds:
        shown: Json = {
            "name": kind.plural,
            "singularName": kind.singular,
            "namespaced": kind.namespaced,
            "kind": kind.kind,
            "verbs": ["create"] if kind.is_virtual else _VERBS,
        }
        if kind.short:
            shown["shortNames"] = list(kind.short)
        if kind.plural in _IN_ALL:
            shown["categories"] = ["all"]
        resources += [shown, *(_subresource(kind, name) for name in kind.subresources)]
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": version,
        "resources": resources,
    }


def _subresource(kind: Kind, name: str) -> Json:
    shown: Json = {
        "name": f"{kind.plural}/{name}",
        "singularName": "",
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": ["get", "patch", "update"],
    }
    match name:
        case "scale":
            shown |= {"group": "autoscaling", "version": "v1", "kind": "Scale"}
        case "eviction":
            shown |= {"group": "policy", "version": "v1", "kind": "Eviction", "verbs": ["create"]}
        case "binding":
            shown |= {"kind": "Binding", "verbs": ["create"]}
    return shown


def _prefix(kind: Kind) -> str:
    return f"apis/{kind.group}/{kind.version}" if kind.group else f"api/{kind.version}"


def _openapi(kinds: Iterable[Kind]) -> Json:
    """That `fieldValidation` is understood: kubectl asks for nothing else before a write."""
    paths: Json = {}
    parameters = [{"name": name, "in": "query"} for name in ("fieldValidation", "fieldManager")]
    for kind in kinds:
        space = "/namespaces/{namespace}" if kind.namespaced else ""
        meant = {
            "x-kubernetes-group-version-kind": {
                "group": kind.group,
                "version": kind.version,
                "kind": kind.kind,
            },
            "parameters": parameters,
            "responses": {"200": {"description": "OK"}},
        }
        base = f"/{_prefix(kind)}{space}/{kind.plural}"
        paths[base] = {"post": meant}
        paths[f"{base}/{{name}}"] = {"patch": meant, "put": meant}
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.36.0"},
        "paths": paths,
    }
