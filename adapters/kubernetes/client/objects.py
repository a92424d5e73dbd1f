"""The calls that lock, state and events make: `adapters.kubernetes.client.api.Api` has them."""

from typing import Any, Protocol

from adapters.kubernetes.client.faults import NotFound
from adapters.kubernetes.client.paths import Resource

Json = dict[str, Any]


class Listed(Protocol):
    @property
    def items(self) -> list[Json]: ...

    @property
    def version(self) -> str: ...


class Objects(Protocol):
    """Raises ApiError."""

    async def get(self, resource: Resource, name: str, namespace: str = "") -> Json: ...

    async def list(
        self, resource: Resource, namespace: str = "", *, labels: str = "", fields: str = ""
    ) -> Listed: ...

    async def create(
        self, resource: Resource, body: Json, namespace: str = "", *, dry_run: bool = False
    ) -> Json: ...

    async def merge(
        self,
        resource: Resource,
        name: str,
        namespace: str,
        body: Json,
        *,
        subresource: str = "",
        dry_run: bool = False,
    ) -> Json: ...

    async def apply(
        self, resource: Resource, name: str, namespace: str, body: Json, *, force: bool = False
    ) -> Json: ...


def version_of(found: Json) -> str:
    """The object's resourceVersion."""
    return str(found.get("metadata", {}).get("resourceVersion", ""))


async def made(
    objects: Objects, resource: Resource, name: str, namespace: str, labels: Json
) -> Json:
    """The object of that name, made where it is missing. By server-side apply, since that alone can
    be limited to names (`create` cannot); it takes nothing away from what is there."""
    try:
        return await objects.get(resource, name, namespace)
    except NotFound:
        shell = {
            "apiVersion": resource.api_version,
            "kind": resource.kind,
            "metadata": {"name": name, "namespace": namespace, "labels": labels},
        }
        return await objects.apply(resource, name, namespace, shell)
