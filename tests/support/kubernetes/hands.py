"""What a test, as somebody else in the cluster, does without HTTP."""

from collections.abc import Callable

from tests.support.kubernetes.access import Access
from tests.support.kubernetes.kinds import Json, Kind, kind_of
from tests.support.kubernetes.registry import Registry, Writer


class Hands:
    def __init__(self, registry: Registry, access: Access) -> None:
        self.registry, self.store, self.time = registry, registry.store, registry.time
        self.access = access

    def add(self, *manifests: Json) -> list[Json]:
        """Create them as `kubectl-create` would, each in the namespace that it names."""
        return [
            self.registry.create(
                kind := kind_of(one),
                one,
                (one["metadata"].get("namespace") or "default") if kind.namespaced else "",
                Writer("kubectl-create"),
            )
            for one in manifests
        ]

    def get(self, kind: Kind, name: str, namespace: str = "default") -> Json:
        """Raises StatusError 404."""
        return self.registry.get(kind, name, namespace if kind.namespaced else "")

    def find(self, kind: Kind, name: str, namespace: str = "default") -> Json | None:
        return self.store.get(kind, name, namespace if kind.namespaced else "")

    def all(self, kind: Kind, namespace: str | None = "default") -> list[Json]:
        """By name."""
        found = self.store.all(kind, namespace if kind.namespaced else None)
        return sorted(found, key=lambda one: str(one["metadata"]["name"]))

    def change(
        self,
        kind: Kind,
        name: str,
        change: Callable[[Json], None],
        namespace: str = "default",
        *,
        manager: str = "kubectl-edit",
        subresource: str = "",
    ) -> Json:
        """What somebody else does to an object, in place of a copy."""

        def changed(one: Json) -> Json:
            change(one)
            return one

        space = namespace if kind.namespaced else ""
        by = Writer(manager, subresource=subresource)
        return self.registry.change(kind, name, space, changed, by)

    def account(self, namespace: str, name: str) -> str:
        """A token of a service account."""
        return str(self.access.token_for(namespace, name, {})["status"]["token"])
