"""Rights in the cluster (RBAC): what is needed, what was refused, and the rule to add."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from adapters.kubernetes.client.paths import REVIEWS, Resource

_AT_ONCE: Final = 5
"""Questions; each takes some milliseconds."""


@dataclass(frozen=True, slots=True, order=True)
class Right:
    verb: str
    group: str
    resource: str
    """Plural, as in a Role."""
    name: str = ""
    """Empty: of any name."""
    namespace: str = ""
    """Empty: of the whole cluster."""
    subresource: str = ""

    @classmethod
    def to(
        cls,
        verb: str,
        resource: Resource,
        namespace: str = "",
        name: str = "",
        subresource: str = "",
    ) -> "Right":
        inside = namespace if resource.namespaced else ""
        return cls(verb, resource.group, resource.plural, name, inside, subresource)

    @property
    def path(self) -> str:
        """As a Role spells it: `pods/eviction`."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource

    @property
    def rule(self) -> str:
        """Of a Role, on one line."""
        rule = f'apiGroups: ["{self.group}"], resources: ["{self.path}"], verbs: ["{self.verb}"]'
        return rule + (f', resourceNames: ["{self.name}"]' if self.name else "")

    @property
    def kind_of_role(self) -> str:
        return "Role" if self.namespace else "ClusterRole"

    def __str__(self) -> str:
        """`patch statefulsets "web" in namespace shop`."""
        what = f"{self.verb} {self.path}" + (f' "{self.name}"' if self.name else "")
        return what + (f" in namespace {self.namespace}" if self.namespace else "")


@dataclass(frozen=True, slots=True)
class Lacking:
    """A right that the cluster does not give us."""

    right: Right
    why: str
    """In the words of the cluster; may be empty."""

    def __str__(self) -> str:
        right = self.right
        why = f" ({self.why})" if self.why else ""
        return f"no permission to {right}{why}; add to the {right.kind_of_role}: {{{right.rule}}}"


class Reviewer(Protocol):
    async def create(
        self, resource: Resource, body: dict[str, Any], namespace: str = "", *, dry_run: bool = ...
    ) -> dict[str, Any]: ...


async def lacking(api: Reviewer, rights: Iterable[Right]) -> Sequence[Lacking]:
    """Those of `rights` that we do not have, in order. Raises ApiError.

    Asked one by one, and with names: a right that is limited by `resourceNames` is granted only to
    who names it.
    """
    free = asyncio.Semaphore(_AT_ONCE)
    wanted = list(dict.fromkeys(rights))

    async def ask(right: Right) -> Lacking | None:
        async with free:
            return _verdict(right, await api.create(REVIEWS, review(right)))

    verdicts = await asyncio.gather(*(ask(right) for right in wanted))
    return [one for one in verdicts if one is not None]


def review(right: Right) -> dict[str, Any]:
    attributes = {
        "verb": right.verb,
        "group": right.group,
        "resource": right.resource,
        "subresource": right.subresource,
        "name": right.name,
        "namespace": right.namespace,
    }
    given = {key: value for key, value in attributes.items() if value}
    return {"spec": {"resourceAttributes": given}}


def _verdict(right: Right, answer: dict[str, Any]) -> Lacking | None:
    status = answer.get("status")
    status = status if isinstance(status, dict) else {}
    if status.get("allowed") is True and status.get("denied") is not True:
        return None
    said = status.get("reason") or status.get("evaluationError") or ""
    return Lacking(right, " ".join(str(said).split())[:200])
