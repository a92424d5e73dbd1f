"""What is asked, for people and for Roles. Pure."""

from dataclasses import dataclass
from typing import Final

from adapters.kubernetes.client.paths import JOBS, NODES, PODS, Resource
from adapters.kubernetes.client.rights import Right

_MANY: Final = (PODS, NODES, JOBS)
"""Of which a rollout touches more than one: no Role names them all."""


@dataclass(frozen=True, slots=True)
class Call:
    where: str
    verb: str
    """As in a Role."""
    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def right(self) -> Right:
        """With the name where one object of its kind is meant throughout."""
        name = "" if self.resource in _MANY else self.name
        return Right.to(self.verb, self.resource, self.namespace, name, self.subresource)

    def __str__(self) -> str:
        """`patch StatefulSet shop/web`, `list pods in shop`."""
        place = self.namespace if self.resource.namespaced else ""
        if self.subresource == "eviction":
            return f"evict Pod {place}/{self.name}"
        if not self.name:
            whole = f"{self.verb} {self.resource.plural}"
            return f"{whole} in {place}" if place else whole
        sub = f" ({self.subresource})" if self.subresource else ""
        name = f"{place}/{self.name}" if place else self.name
        return f"{self.verb} {self.resource.kind} {name}{sub}"
