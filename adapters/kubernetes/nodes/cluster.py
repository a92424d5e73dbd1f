"""The Nodes of a pool, and what runs on them, as the API has them."""

from collections.abc import Callable
from typing import Final

from adapters.kubernetes.client.api import Api, Json
from adapters.kubernetes.client.faults import Conflict, NotFound
from adapters.kubernetes.client.paths import NODES, PODS
from adapters.kubernetes.client.watch import Watch
from adapters.kubernetes.nodes import marks
from adapters.kubernetes.nodes.lines import occupant_of
from controller.errors import CommandRefused, NoSuchMember
from controller.ports import Clock
from controller.records import Seats

TRIES: Final = 8
"""A kubelet and its controllers write to their Node as well: so often a write begins anew."""


class Nodes:
    """Raises ApiError, and NoSuchMember."""

    def __init__(self, api: Api, selector: str) -> None:
        self.api = api
        self.selector = selector

    async def all(self) -> list[Json]:
        listed = await self.api.list(NODES, labels=self.selector, trim=marks.slim)
        return sorted(listed.items, key=lambda node: str(node["metadata"]["name"]))

    async def find(self, name: str) -> Json | None:
        """None: it is not in the pool. Listed, so that no right is needed but those of a list."""
        fields = f"metadata.name={name}"
        listed = await self.api.list(NODES, labels=self.selector, fields=fields, trim=marks.slim)
        return next(iter(listed.items), None)

    async def one(self, name: str) -> Json:
        found = await self.find(name)
        if found is None:
            raise NoSuchMember(self.api.where, f"no Node {name} with labels {self.selector}")
        return found

    def watch(self, clock: Clock) -> Watch:
        return Watch(self.api, NODES, "", clock=clock, labels=self.selector, trim=marks.slim)

    async def pods_on(self, name: str) -> list[Json]:
        return list((await self.api.list(PODS, fields=f"spec.nodeName={name}")).items)

    async def change(self, name: str, seats: Seats, patch: Callable[[Json], Json | None]) -> Json:
        """Write what `patch` makes of the Node as it is now; None: nothing. Answers the Node as it
        is then. Refuses another Node than `seats` mean."""
        for tries_left in reversed(range(TRIES)):
            node = await self.one(name)
            require(self.api.where, node, seats)
            body = patch(node)
            if body is None:
                return node
            try:
                return await self.api.merge(NODES, name, "", body)
            except NotFound:
                raise NoSuchMember(self.api.where, f"Node {name} is gone") from None
            except Conflict:
                if not tries_left:
                    raise
        raise AssertionError("unreachable")


def require(where: str, node: Json, seats: Seats) -> None:
    """Raises CommandRefused where another Node has the name now."""
    meta = node["metadata"]
    for seat in seats:
        if seat.occupant.id != meta["uid"]:
            raise CommandRefused(
                where,
                f"{meta['name']} is another Node now, {occupant_of(node)} with UID {meta['uid']}, "
                f"and was {seat.occupant} with UID {seat.occupant.id}",
            )
