"""Reads heads and chunks."""

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, TypeVar

from adapters.kubernetes.client.faults import ApiError, NotFound
from adapters.kubernetes.client.objects import Json, Objects
from adapters.kubernetes.client.paths import CONFIGMAPS
from adapters.kubernetes.state.chunk import FILE, Chunk, read_chunk
from adapters.kubernetes.state.head import Entry, Head
from adapters.kubernetes.state.head_text import read_head
from adapters.kubernetes.state.items import read_records, records_of
from adapters.kubernetes.state.names import HEADS, chunk_name, head_name
from adapters.kubernetes.state.outs import Outs
from adapters.kubernetes.state.snapshots import snapshot_of
from controller.errors import Conflict, StateError
from controller.records import Record, RolloutRow, Snapshot, Summary, Taken

T = TypeVar("T")

AT_ONCE: Final = 8
"""Calls beside each other."""


@contextmanager
def told(namespace: str) -> Iterator[None]:
    """Turns the API's errors into StateError."""
    try:
        yield
    except ApiError as error:
        raise StateError(f"the journal in namespace {namespace}: {error}") from error


class Reader:
    """What is written in the namespace. Raises ApiError, and StateError for what is damaged."""

    def __init__(self, objects: Objects, namespace: str) -> None:
        self.objects = objects
        self.namespace = namespace
        self._names: dict[str, str] = {}
        self._files: dict[str, str] = {}
        self._read: dict[str, int] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)

    def know(self, rollout: str, name: str) -> None:
        """Of which name a rollout is."""
        self._names[rollout] = name

    async def heads(self) -> list[Head]:
        listed = await self.objects.list(CONFIGMAPS, self.namespace, labels=HEADS)
        heads = [head for found in listed.items if (head := read_head(found)) is not None]
        for head in heads:
            self._learn(head)
        return heads

    async def head(self, name: str) -> Head | None:
        try:
            found = await self.objects.get(CONFIGMAPS, head_name(name), self.namespace)
        except NotFound:
            return None
        if (head := read_head(found)) is not None:
            self._learn(head)
        return head

    def _learn(self, head: Head) -> None:
        for entry in head.entries:
            self.know(entry.row.id, head.name)

    async def head_of(self, rollout: str) -> Head | None:
        """The head that lists that rollout."""
        if (name := self._names.get(rollout)) is not None:
            head = await self.head(name)
            return head if head is not None and _begun(head, rollout) is not None else None
        return next((one for one in await self.heads() if _begun(one, rollout)), None)

    async def chunk(self, name: str, slot: int) -> Chunk | None:
        """None where there is no such ConfigMap."""
        try:
            return read_chunk(await self._get(chunk_name(name, slot)))
        except NotFound:
            return None

    async def _get(self, name: str) -> Json:
        async with self._slots:
            return await self.objects.get(CONFIGMAPS, name, self.namespace)

    async def records(self, rollout: str, after: int, most: int | None) -> Sequence[Record]:
        head = await self.head_of(rollout)
        entry = _begun(head, rollout) if head is not None else None
        if head is None or entry is None:
            return []
        found: list[Record] = []
        following = [place.first for place in entry.chunks[1:]]
        wanted = [
            number
            for number in range(len(entry.chunks))
            if number >= len(following) or following[number] > after + 1
        ]
        for chunk in await _all(self._whole(head.name, entry, number) for number in wanted):
            found += records_of(chunk, after) if chunk is not None else []
        if most is None or len(found) < most:
            self._read[rollout] = found[-1].seq if found else max(after, self._read.get(rollout, 0))
        return found[:most]

    def require_read(self, rollout: str, name: str, chunk: Chunk) -> None:
        """Raises Conflict where somebody wrote more than was read here of a rollout: whoever goes
        on would decide by what is no longer so."""
        last = max((record.seq for record in records_of(chunk)), default=0)
        if last > self._read.get(rollout, last):
            raise Conflict(name, "another process wrote to its journal since it was read")

    async def _whole(self, name: str, entry: Entry, number: int) -> Chunk | None:
        """None: it is the last one, and was not begun."""
        chunk = await self.chunk(name, entry.chunks[number].slot)
        if chunk is not None and chunk.is_of(entry.row.id, number):
            return chunk
        if number == len(entry.chunks) - 1:
            return None
        missing = chunk_name(name, entry.chunks[number].slot)
        raise StateError(
            f"journal: ConfigMap {self.namespace}/{missing}, with records of rollout "
            f"{entry.row.id}, was removed or overwritten"
        )

    async def snapshot(self, rollout: str) -> Snapshot | None:
        """From the open chunk, or the one before it."""
        head = await self.head_of(rollout)
        entry = _begun(head, rollout) if head is not None else None
        if head is None or entry is None:
            return None
        for number in range(len(entry.chunks) - 1, max(-1, len(entry.chunks) - 3), -1):
            chunk = await self._whole(head.name, entry, number)
            if chunk is not None and (found := snapshot_of(chunk)) is not None:
                return found
        return None

    async def summary(self, rollout: str) -> Summary | None:
        head = await self.head_of(rollout)
        entry = _begun(head, rollout) if head is not None else None
        if entry is None or not entry.summary:
            return None
        return Summary(rollout, entry.summed, entry.summary)

    async def rows(self, heads: Sequence[Head], most: int | None = None) -> Sequence[RolloutRow]:
        """Newest first, with their files."""
        begun = [(head, one) for head in heads for one in head.entries if one.is_begun]
        begun.sort(key=lambda pair: pair[1].order, reverse=True)
        return await _all(self.row(head.name, entry) for head, entry in begun[:most])

    async def row(self, name: str, entry: Entry) -> RolloutRow:
        id_ = entry.row.id
        if not entry.chunks:
            return entry.row
        if id_ not in self._files:
            first = await self._whole(name, entry, 0)
            self._files[id_] = first.values.get(FILE, "") if first is not None else ""
        return replace(entry.row, file=self._files[id_])

    async def outs(self, head: Head) -> Outs:
        """What is out by the rollouts of that name, and what they brought back of others."""
        outs = Outs()
        outs.add(head.outs)
        for entry in head.entries:
            if entry.is_begun and entry.is_open:
                chunk = await self._whole(head.name, entry, len(entry.chunks) - 1)
                for _, moved in read_records(chunk, entry.folded) if chunk is not None else ():
                    outs.add(moved)
        return outs

    async def taken(self) -> Sequence[Taken]:
        whole = Outs()
        for outs in await _all(self.outs(head) for head in await self.heads()):
            whole.add(outs)
        return whole.now


def _begun(head: Head, rollout: str) -> Entry | None:
    entry = head.entry(rollout)
    return entry if entry is not None and entry.is_begun else None


async def _all(calls: Iterator[Coroutine[Any, Any, T]]) -> list[T]:
    """Beside each other; the first error ends them all."""
    tasks = [asyncio.ensure_future(one) for one in calls]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
