"""What each call does: from a located request to the object that answers it."""

from collections.abc import Callable
from typing import Any, Final

from tests.support.kubernetes import answers, protobuf
from tests.support.kubernetes.access import Access, Question, User
from tests.support.kubernetes.eviction import evict
from tests.support.kubernetes.kinds import ACCESS_REVIEWS, PODS, Json, Kind
from tests.support.kubernetes.objects import copy_of, name_of, namespace_of, stamp
from tests.support.kubernetes.patches import json_patched, merged, strategic
from tests.support.kubernetes.registry import Registry, Writer
from tests.support.kubernetes.requests import Call
from tests.support.kubernetes.watches import listed, matching

Answer = tuple[int, Json]
_PATCHES: Final = {
    "application/merge-patch+json": "merge",
    "application/json-patch+json": "json",
    "application/strategic-merge-patch+json": "strategic",
    "application/apply-patch+yaml": "apply",
}


class Handlers:
    def __init__(self, registry: Registry, access: Access) -> None:
        self._registry, self._access = registry, access
        self._store = registry.store

    def answer(self, call: Call, user: User) -> Answer:
        """Raises StatusError."""
        kind = call.kind
        assert kind is not None
        if call.namespace and not kind.namespaced:
            raise answers.no_such_path()
        if call.subresource and call.subresource not in kind.subresources:
            raise answers.no_such_path()
        if kind is ACCESS_REVIEWS:
            return 201, self._access.review(user, _review(call))
        match call.subresource:
            case "eviction":
                return self._evict(call)
            case "binding":
                return self._bind(call)
            case "scale":
                return self._scale(kind, call)
            case "token":
                self._registry.get(kind, call.name, call.namespace)
                return 201, self._access.token_for(call.namespace, call.name, call.body())
        match call.verb:
            case "get":
                return 200, self._registry.get(kind, call.name, call.namespace)
            case "list":
                return 200, listed(self._store, call)
            case "create":
                body = call.body()
                return 201, self._registry.create(kind, body, call.namespace, _by(call))
            case "update":
                return self._update(kind, call)
            case "patch":
                return self._patch(kind, call, user)
            case "delete":
                return self._delete(kind, call)
            case _:
                return self._delete_all(kind, call)

    def _update(self, kind: Kind, call: Call) -> Answer:
        is_new = self._store.get(kind, call.name, call.namespace) is None
        done = self._registry.update(
            kind, call.name, call.namespace, call.body(), _by(call, is_put=True)
        )
        return 201 if is_new else 200, done

    def _patch(self, kind: Kind, call: Call, user: User) -> Answer:
        body, style = call.body(), _PATCHES.get(call.content_type)
        if style is None:
            raise answers.StatusError(
                415,
                "UnsupportedMediaType",
                "the body of the request was in an unknown format - accepted media types include: "
                + ", ".join(_PATCHES),
            )
        if style != "apply":
            change = _changed(style, body)
            return 200, self._registry.change(kind, call.name, call.namespace, change, _by(call))
        if "fieldManager" not in call.query:
            raise answers.no_manager()
        if self._store.get(kind, call.name, call.namespace) is None:
            asked = Question("create", kind.group, kind.plural, "", call.namespace, call.name)
            if not self._access.answer(user, asked)[0]:
                why = f'User "{user.name}" cannot create resource "{kind.plural}"'
                raise answers.forbidden(kind, call.name, why)
        done, is_new = self._registry.apply(
            kind,
            call.name,
            call.namespace,
            body,
            _by(call, operation="Apply"),
            force=call.query.get("force") == "true",
        )
        return 201 if is_new else 200, done

    def _delete(self, kind: Kind, call: Call) -> Answer:
        options = _options(call)
        done = self._registry.delete(kind, call.name, call.namespace, options, is_dry=call.is_dry)
        if kind is PODS or self._store.get(kind, call.name, call.namespace) is not None:
            return 200, done
        details = {
            "name": call.name,
            "group": kind.group,
            "kind": kind.plural,
            "uid": done["metadata"]["uid"],
        }
        return 200, _success(details)

    def _delete_all(self, kind: Kind, call: Call) -> Answer:
        options, is_wanted = _options(call), matching(call)
        for obj in self._store.all(kind, call.namespace or None):
            if is_wanted(obj):
                self._registry.delete(
                    kind, name_of(obj), namespace_of(obj), options, is_dry=call.is_dry
                )
        return 200, listed(self._store, call)

    def _evict(self, call: Call) -> Answer:
        body = call.body()
        evict(self._registry, call.name, call.namespace, body, is_dry=call.is_dry)
        return 201, _success({})

    def _bind(self, call: Call) -> Answer:
        target = call.body()["target"]["name"]
        self._registry.change(
            PODS, call.name, call.namespace, lambda pod: self._bound(pod, target), _by(call)
        )
        return 201, _success({})

    def _bound(self, pod: Json, node: str) -> Json:
        return bound(pod, node, stamp(self._registry.time.now()))

    def _scale(self, kind: Kind, call: Call) -> Answer:
        if call.verb == "get":
            return 200, scale_of(kind, self._registry.get(kind, call.name, call.namespace))
        body = call.body()
        style = _PATCHES.get(call.content_type, "")

        def change(obj: Json) -> Json:
            found = scale_of(kind, obj)
            asked = _changed(style, body)(found) if call.verb == "patch" else body
            version = asked.get("metadata", {}).get("resourceVersion")
            if version:
                obj["metadata"]["resourceVersion"] = version
            obj["spec"]["replicas"] = int((asked.get("spec") or {}).get("replicas", 0))
            return obj

        by = Writer(call.manager, subresource="scale", is_dry=call.is_dry)
        done = self._registry.change(kind, call.name, call.namespace, change, by)
        return 200, scale_of(kind, done)


def bound(pod: Json, node: str, now: str) -> Json:
    """A pod that the scheduler gave to a Node."""
    pod["spec"]["nodeName"] = node
    status = pod.setdefault("status", {})
    status["conditions"] = [
        *(one for one in status.get("conditions", ()) if one["type"] != "PodScheduled"),
        {"type": "PodScheduled", "status": "True", "lastTransitionTime": now},
    ]
    return pod


def scale_of(kind: Kind, obj: Json) -> Json:
    labels = (obj["spec"].get("selector") or {}).get("matchLabels") or {}
    meta = {
        field: obj["metadata"][field]
        for field in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    }
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": meta,
        "spec": {"replicas": obj["spec"]["replicas"]},
        "status": {
            "replicas": (obj.get("status") or {}).get("replicas", 0),
            "selector": ",".join(f"{key}={value}" for key, value in labels.items()),
        },
    }


def _changed(style: str, body: Any) -> Callable[[Json], Json]:
    def change(obj: Json) -> Json:
        match style:
            case "json":
                return json_patched(obj, body)
            case "strategic":
                result: Json = copy_of(strategic(obj, body))
            case _:
                result = copy_of(merged(obj, body))
        return result

    return change


def _review(call: Call) -> Json:
    """kubectl asks this one thing in protobuf and understands an answer in JSON."""
    if call.raw.startswith(protobuf.MAGIC):
        return protobuf.access_review(call.raw)
    found: Json = call.body()
    return found


def _by(call: Call, *, operation: str = "Update", is_put: bool = False) -> Writer:
    return Writer(
        call.manager,
        operation,
        call.subresource,
        is_dry=call.is_dry,
        is_strict=call.query.get("fieldValidation") == "Strict",
        is_put=is_put,
    )


def _options(call: Call) -> Json:
    options: Json = dict(call.body())
    for name in ("gracePeriodSeconds", "propagationPolicy"):
        if name in call.query:
            value = call.query[name]
            options[name] = int(value) if value.isdigit() else value
    return options


def _success(details: Json) -> Json:
    status: Json = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    return status | ({"details": details} if details else {"code": 201})
