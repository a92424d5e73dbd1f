"""Stores on objects in memory, and a rollout to write with them."""

from collections.abc import Awaitable, Callable, Sequence

from adapters.kubernetes.state.store import ClusterStore, open_cluster_state
from controller.ports import Clock, Journal
from controller.records import Record, Returned
from tests.adapters.kubernetes.memory_objects import Cluster, MemoryObjects
from tests.support.journal_contract import AT, KEY1, begin, row, taken
from tests.support.virtual import LoopClock, run_virtually

BIG = "".join(chr(0x4E00 + i * 7919 % 20_000) for i in range(4000))
"""A record that three of fill a chunk with."""
HUGE = "".join(chr(0x4E00 + i * 7919 % 20_000) for i in range(16_000))
"""One that goes into a chunk of its own."""


class Machine:
    """One that writes to the state in `cluster`."""

    def __init__(self, cluster: Cluster, clock: Clock | None = None, retain: int = 20) -> None:
        self.objects = MemoryObjects(cluster)
        self.store: ClusterStore = open_cluster_state(
            self.objects, "shop", clock or LoopClock(), retain=retain, create=True
        )
        self.journal: Journal = self.store.journal
        self.requests = self.store.requests

    @property
    def writes(self) -> list[str]:
        return [name for verb, name in self.objects.calls if verb in ("patch", "apply", "create")]


async def whole_rollout(journal: Journal, id_: str = "r1") -> list[Record]:
    """A begin, small records and large ones, a member out and back, an end."""
    written = [await begin(journal, row(id_))]
    written.append(await journal.append(id_, AT, "k", "1", taken=[taken("web1", id_)]))
    written += [await journal.append(id_, AT, "k", f"{each}{BIG}") for each in "2345"]
    back = Returned("web1", [KEY1])
    written.append(await journal.append(id_, AT, "k", "6", returned=[back]))
    written.append(await journal.append(id_, AT, "k", "7", taken=[taken("web2", id_)]))
    await journal.end(id_, "done", 0)
    return written


def bodies(records: Sequence[Record]) -> list[str]:
    return [each.body[:1] for each in records]


def virtually(test: Callable[[Cluster], Awaitable[None]]) -> None:
    async def main() -> None:
        await test(Cluster())

    run_virtually(main())
