"""Calls of the Kubernetes API, with plain dicts."""

import copy
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from datetime import timedelta
from typing import Final

from adapters.kubernetes.client.access import Access
from adapters.kubernetes.client.listing import Json, Listing, listed, without_managed
from adapters.kubernetes.client.paths import PODS, Resource
from adapters.kubernetes.client.shape import checked, shaped
from adapters.kubernetes.client.wire.asking import Asking
from adapters.kubernetes.client.wire.call import Call
from adapters.kubernetes.client.wire.transport import Request
from adapters.kubernetes.client.words import error_of, not_the_api, parsed, said_of
from controller.ports import Clock

__all__ = ["Api", "Json", "Listing", "without_managed"]

LIMIT: Final = timedelta(seconds=10)
MANAGER: Final = "poolroll"
"""Owner of the fields that we write, in `managedFields`."""
STREAM: Final = timedelta(seconds=60)
"""The server ends a watch after that; it is begun again where it ended."""
_GRACE: Final = timedelta(seconds=15)
"""For the end of a watch to come; after that the server is taken for frozen."""
_LONGEST: Final = 16 << 20
"""Bytes of one event of a watch."""
_MERGE: Final = "application/merge-patch+json"
_STRATEGIC: Final = "application/strategic-merge-patch+json"
_APPLY: Final = "application/apply-patch+yaml"


class Api:
    """One cluster. Every call raises ApiError.

    A namespace is needed for one object of a namespaced resource; a list or stream without one
    is of all namespaces. What preconditions there are (`metadata.uid`, `resourceVersion`) stand in
    the body.
    """

    def __init__(self, access: Access, clock: Clock, *, limit: timedelta = LIMIT) -> None:
        self.access = access
        self.where = access.where
        """For people: the context or server."""
        self._asking = Asking(access, clock, limit)
        self.before_writing: Callable[[], Awaitable[None]] | None = None
        """Awaited right before each write that is more than a question; what it raises goes to
        whoever wanted the write."""

    def apart(self) -> "Api":
        """The same client, with a `before_writing` of its own."""
        return copy.copy(self)

    async def get(self, resource: Resource, name: str, namespace: str = "") -> Json:
        call = self._call("get", resource, namespace, name)
        found = await self._asking.ask(Request(call, "GET", resource.path(namespace, name)))
        shaped(call, found)
        return found

    async def list(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        trim: Callable[[Json], Json] = without_managed,
    ) -> Listing:
        """As it is now, in pages; what `trim` leaves of each object is kept."""
        call = self._call("list", resource, namespace, _one(fields))
        request = Request(call, "GET", resource.path(namespace), _selecting(labels, fields))
        return await listed(self._asking, request, trim)

    async def create(
        self, resource: Resource, body: Json, namespace: str = "", *, dry_run: bool = False
    ) -> Json:
        meta = body.get("metadata") or {}
        call = self._call("create", resource, namespace)
        return await self._write(
            Call(call.where, "create", resource, namespace, str(meta.get("name") or "")),
            "POST",
            resource.path(namespace),
            _typed(resource, body),
            params=_writing(dry_run),
        )

    async def merge(
        self,
        resource: Resource,
        name: str,
        namespace: str,
        body: Json,
        *,
        subresource: str = "",
        dry_run: bool = False,
    ) -> Json:
        """JSON merge patch: null removes, a list replaces."""
        call = self._call("patch", resource, namespace, name, subresource)
        path = resource.path(namespace, name, subresource)
        return await self._write(call, "PATCH", path, body, _MERGE, _writing(dry_run))

    async def strategic(
        self,
        resource: Resource,
        name: str,
        namespace: str,
        body: Json,
        *,
        dry_run: bool = False,
        strict: bool = False,
    ) -> Json:
        """Strategic merge patch: lists are merged by the keys of their elements. `strict`: a field
        that is not known is refused; without it the server drops it and says nothing."""
        call = self._call("patch", resource, namespace, name)
        path = resource.path(namespace, name)
        params = {**_writing(dry_run), **({"fieldValidation": "Strict"} if strict else {})}
        return await self._write(call, "PATCH", path, body, _STRATEGIC, params)

    async def apply(
        self, resource: Resource, name: str, namespace: str, body: Json, *, force: bool = False
    ) -> Json:
        """Server-side apply: creates what is not there; a field that we applied before and that is
        not in `body` is removed."""
        call = self._call("patch", resource, namespace, name)
        whole = _typed(resource, body)
        whole["metadata"] = {**(whole.get("metadata") or {}), "name": name}
        params = {**_writing(False), "force": "true" if force else "false"}
        path = resource.path(namespace, name)
        return await self._write(call, "PATCH", path, whole, _APPLY, params)

    async def delete(
        self,
        resource: Resource,
        name: str,
        namespace: str,
        *,
        uid: str = "",
        dry_run: bool = False,
    ) -> None:
        """`uid`: Conflict where another object has that name now."""
        call = self._call("delete", resource, namespace, name)
        body = {"kind": "DeleteOptions", "apiVersion": "v1", **_options(uid, dry_run)}
        await self._write(call, "DELETE", resource.path(namespace, name), body)

    async def evict(self, pod: str, namespace: str, uid: str, *, dry_run: bool = False) -> None:
        """TooManyRequests with the budget that refuses; Conflict where another pod has that name
        now: not dry, that uses up the budget for two minutes all the same."""
        call = self._call("create", PODS, namespace, pod, "eviction")
        body = {
            "apiVersion": "policy/v1",
            "kind": "Eviction",
            "metadata": {"name": pod, "namespace": namespace},
            "deleteOptions": _options(uid, dry_run),
        }
        path = PODS.path(namespace, pod, "eviction")
        await self._write(call, "POST", path, body, params=_writing(dry_run), is_patient=False)

    async def stream(
        self,
        resource: Resource,
        namespace: str,
        *,
        labels: str = "",
        fields: str = "",
        version: str = "",
        opened: Callable[[], None] = lambda: None,
    ) -> AsyncGenerator[Json]:
        """Events of a watch, bookmarks too, until the server ends it; `opened` is called once it
        runs. Raises Expired when `version` is too old."""
        call = self._call("watch", resource, namespace, _one(fields))
        params = {
            **_selecting(labels, fields),
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": version,
            "timeoutSeconds": str(int(STREAM.total_seconds())),
        }
        request = Request(call, "GET", resource.path(namespace), params)
        async with aclosing(self._asking.lines(request, STREAM + _GRACE, _LONGEST)) as lines:
            async for line in lines:
                if line:
                    yield self._event(call, line)
                else:
                    opened()

    async def aclose(self) -> None:
        await self._asking.aclose()

    def _call(
        self,
        verb: str,
        resource: Resource,
        namespace: str = "",
        name: str = "",
        subresource: str = "",
    ) -> Call:
        return Call(self.where, verb, resource, namespace, name, subresource)

    async def _write(
        self,
        call: Call,
        method: str,
        path: str,
        body: Json,
        kind: str = "application/json",
        params: Mapping[str, str] | None = None,
        *,
        is_patient: bool = True,
    ) -> Json:
        is_question = "dryRun" in (params or {})
        content = json.dumps(body).encode()
        request = Request(call, method, path, params or {}, content, kind)
        before = None if is_question else self.before_writing
        found = await self._asking.ask(request, is_patient=is_patient, before=before)
        shaped(call, found)
        return found

    def _event(self, call: Call, line: bytes) -> Json:
        event = parsed(line)
        found = event.get("object")
        if not isinstance(found, dict) or not isinstance(event.get("type"), str):
            raise not_the_api(call, "an event that is none")
        if event["type"] == "ERROR":
            code = found.get("code")
            status = code if isinstance(code, int) and not isinstance(code, bool) else 500
            raise error_of(call, said_of(found, status, secrets=self.access.credentials.secrets))
        (shaped if event["type"] == "BOOKMARK" else checked)(call, found)
        return event


def _selecting(labels: str, fields: str) -> dict[str, str]:
    given = {"labelSelector": labels, "fieldSelector": fields}
    return {key: value for key, value in given.items() if value}


def _one(fields: str) -> str:
    """The name that a field selector asks for: a Role may be limited to it."""
    key, _, name = fields.partition("=")
    return name.lstrip("=") if key == "metadata.name" and "," not in name else ""


def _writing(dry_run: bool) -> Mapping[str, str]:
    return {"fieldManager": MANAGER, **({"dryRun": "All"} if dry_run else {})}


def _options(uid: str, dry_run: bool) -> Json:
    options: Json = {"preconditions": {"uid": uid}} if uid else {}
    return {**options, "dryRun": ["All"]} if dry_run else options


def _typed(resource: Resource, body: Json) -> Json:
    return {"apiVersion": resource.api_version, "kind": resource.kind, **body}
