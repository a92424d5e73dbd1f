"""Opens the journal and the requests of a namespace."""

import os
import secrets
import socket
from typing import Final

from adapters.kubernetes.client.objects import Objects
from adapters.kubernetes.state.journal import ClusterJournal
from adapters.kubernetes.state.reading import Reader, told
from adapters.kubernetes.state.requests import ClusterRequests
from adapters.kubernetes.state.writing import Writer
from controller.ports import Clock

RETAIN: Final = 20


class ClusterStore:
    """Implements `controller.ports.Store`."""

    def __init__(self, journal: ClusterJournal, requests: ClusterRequests) -> None:
        self.journal = journal
        self.requests = requests

    async def aclose(self) -> None:
        await self.journal.aclose()


def open_cluster_state(
    objects: Objects, namespace: str, clock: Clock, *, retain: int = RETAIN, create: bool
) -> ClusterStore:
    """Touches nothing yet. `retain`: so many rollouts of a name are kept, the oldest are
    overwritten; `create`: rollouts may begin. `objects` is closed by whoever made it."""
    reader = Reader(objects, namespace)
    writer = Writer(objects, namespace, clock)
    me = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(6)}"
    journal = ClusterJournal(reader, writer, clock, me, retain=retain, create=create)
    return ClusterStore(journal, ClusterRequests(reader, writer, clock))


async def has_state(objects: Objects, namespace: str) -> bool:
    """Whether any rollout has begun there. Raises StateError."""
    with told(namespace):
        heads = await Reader(objects, namespace).heads()
    return any(entry.is_begun for head in heads for entry in head.entries)
