"""Who writes the journal of a rollout name: taken over from whoever did, and kept as long as nobody
takes it over from us. Every write names the version that it was made for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Final

from adapters.kubernetes.client.faults import Conflict as Refused
from adapters.kubernetes.client.objects import Json, version_of
from adapters.kubernetes.state.chunk import Item, about, fresh_patch, patch, read_chunk, size
from adapters.kubernetes.state.head import Entry, Head
from adapters.kubernetes.state.head_text import forgetting, head_patch, read_head
from adapters.kubernetes.state.items import read_records
from adapters.kubernetes.state.names import CHUNK, HEAD, chunk_name, head_name
from adapters.kubernetes.state.outs import Outs
from adapters.kubernetes.state.reading import Reader
from adapters.kubernetes.state.snapshots import snapshot_patch
from adapters.kubernetes.state.writing import TRIES, Writer
from controller.errors import Conflict, StateError

WITHIN: Final = timedelta(seconds=30)
"""How long an outage may keep a rollout from its begin or end; the records between wait."""


@dataclass(slots=True)
class Open:
    """The chunk that a rollout's next records go to."""

    number: int
    slot: int
    version: str
    size: int
    last: str = ""
    """The hash of the rollout's last record, once it is known."""


class Tenure:
    """Raises StateError, Conflict and ApiError."""

    def __init__(self, name: str, me: str, reader: Reader, writer: Writer) -> None:
        """`me`: tells this process from every other one."""
        self.name = name
        self.head = Head(name)
        self.open: dict[str, Open] = {}
        """By rollout: those that nobody but us can write to."""
        self.own = Outs()
        """What all rollouts of the name say of members that are out."""
        self._me = me
        self._reader = reader
        self._writer = writer

    async def lead(self) -> None:
        """Be the one who writes the head, and know what there is."""
        if self.head.writer == self._me:
            return
        for _ in range(TRIES):
            found = await self._writer.patiently(
                lambda: self._writer.made(head_name(self.name), HEAD), WITHIN
            )
            head = read_head(found) or Head(self.name, version_of(found))
            own = await self._writer.patiently(partial(self._reader.outs, head), WITHIN)
            seq = head.seq
            for entry in head.entries:
                seq = max(seq, await self._last(entry))
            led = replace(head, writer=self._me, seq=seq)

            def is_unchanged(there: Json, was: str = head.writer) -> bool:
                return _writer(there) == was

            try:
                version = await self._writer.patch(
                    head_name(self.name), head_patch(led), is_unchanged
                )
            except Refused:
                continue  # another one goes on with it at the same time
            self.head, self.own = replace(led, version=version), own
            return
        raise Conflict(self.name, "another process goes on with its journal")

    async def _last(self, entry: Entry) -> int:
        """The number of the last record of a rollout."""
        if not (entry.is_begun and entry.is_open):
            return 0
        number = len(entry.chunks) - 1
        read = partial(self._reader.chunk, self.name, entry.chunks[number].slot)
        chunk = await self._writer.patiently(read, WITHIN)
        if chunk is None or not chunk.is_of(entry.row.id, number):
            return 0
        return max((record.seq for record, _ in read_records(chunk)), default=0)

    async def over(self, rollout: str) -> Entry:
        """The rollout, once nobody but us can write to it."""
        entry = self.head.entry(rollout)
        if entry is None or rollout not in self.open:
            await self.lead()
            entry = self.head.entry(rollout)
            if entry is None or not entry.is_begun:
                raise StateError(f"journal {self.name}: there is no rollout {rollout}")
            entry = replace(entry, is_open=True)
            await self.write(self.head.with_entry(entry))
            await self._take_chunk(entry)
        return entry

    async def _take_chunk(self, entry: Entry) -> None:
        """Be its writer: the next append of whoever was is refused."""
        id_, number = entry.row.id, len(entry.chunks) - 1
        slot = entry.chunks[number].slot
        name, told = chunk_name(self.name, slot), about(id_, number, self._me)
        for _ in range(TRIES):
            found = await self._writer.patiently(lambda: self._writer.made(name, CHUNK), WITHIN)
            chunk = read_chunk(found)
            if not chunk.is_of(id_, number):
                return await self.begin_chunk(id_, number, slot, ())
            if chunk.writer != self._me:
                self._reader.require_read(id_, self.name, chunk)
            was = (chunk.writer, len(chunk.values))

            def is_unchanged(there: Json, was: tuple[str, int] = was) -> bool:
                now = read_chunk(there)
                return (now.writer, len(now.values)) in (was, (self._me, was[1]))

            try:
                body = patch(chunk.version, (), told)
                version = await self._writer.patch(name, body, is_unchanged)
            except Refused:
                continue  # the former writer still wrote something
            self.open[id_] = Open(number, slot, version, chunk.size)
            for record, moved in read_records(chunk, entry.folded):
                self._note([Item("", "", record.seq, moved)])
            return None
        raise Conflict(self.name, "another process writes to its journal")

    async def begin_chunk(
        self, rollout: str, number: int, slot: int, items: Sequence[Item]
    ) -> None:
        """In a place that the head has reserved for it."""
        name, told = chunk_name(self.name, slot), about(rollout, number, self._me)
        found = await self._writer.patiently(lambda: self._writer.made(name, CHUNK))
        there = read_chunk(found)
        if there.is_of(rollout, number) and there.writer != self._me:
            raise self._conflict()
        former = (there.rollout, there.number, there.writer)

        def is_ours(now: Json) -> bool:
            chunk = read_chunk(now)
            is_as_before = (chunk.rollout, chunk.number, chunk.writer) == former
            return is_as_before or self._is_our_chunk(now)

        version = await self._writer.patch(name, fresh_patch(found, items, told), is_ours)
        whole = len(CHUNK) + len(told) + sum(map(size, items))
        self.open[rollout] = Open(number, slot, version, whole)
        self._note(items)

    async def append(self, rollout: str, items: Sequence[Item]) -> None:
        """To the open chunk: one write, all of them or none."""
        place = self.open[rollout]
        name = chunk_name(self.name, place.slot)
        body = patch(place.version, items)
        place.version = await self._writer.patch(name, body, self._is_our_chunk)
        place.size += sum(map(size, items))
        self._note(items)

    async def keep(self, rollout: str, text: str) -> None:
        """A snapshot in the open chunk; it does not count: it makes no more chunks."""
        place = self.open[rollout]
        name, body = chunk_name(self.name, place.slot), snapshot_patch(place.version, text)
        place.version = await self._writer.patch(name, body, self._is_our_chunk)

    async def write(self, head: Head, limit: timedelta | None = None) -> None:
        """The head."""
        body = forgetting(head, head_patch(head))
        version = await self._writer.patch(head_name(self.name), body, self._is_our_head, limit)
        self.head = replace(head, version=version, asks=self.head.asks)

    def _note(self, items: Sequence[Item]) -> None:
        for item in items:
            self.head = replace(self.head, seq=max(self.head.seq, item.seq))
            if item.moved is not None:
                self.own.add(item.moved)

    def _is_our_chunk(self, there: Json) -> bool:
        if read_chunk(there).writer != self._me:
            raise self._conflict()
        return True

    def _is_our_head(self, there: Json) -> bool:
        """It was changed by an operator, then."""
        head = read_head(there)
        if head is None or head.writer != self._me:
            raise self._conflict()
        self.head = replace(self.head, asks=head.asks)
        return True

    def _conflict(self) -> Conflict:
        self.open.clear()
        return Conflict(self.name, "another process goes on with its journal")


def _writer(found: Json) -> str:
    head = read_head(found)
    return head.writer if head is not None else ""
