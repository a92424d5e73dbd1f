"""The rollouts of one name, as the process that writes them sees them.

Order of writes, so that a death between any two loses nothing and harms nobody:

- begin: the head reserves the chunks, they are written, the head says that the rollout has begun.
- go on: the head names the new writer, then the open chunk does; from then on whoever wrote before
  is refused.
- append: the open chunk alone. Full: the head reserves the next one, then that is written.
- end: the head alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from adapters import journal_text
from adapters.kubernetes.state import codec
from adapters.kubernetes.state.chunk import FILE, ROOM, Item, packed
from adapters.kubernetes.state.head import Entry, Head, Place
from adapters.kubernetes.state.items import item_of
from adapters.kubernetes.state.outs import Outs
from adapters.kubernetes.state.reading import Reader
from adapters.kubernetes.state.snapshots import MOST_SUMMARY, snapshot_text
from adapters.kubernetes.state.tenure import WITHIN, Tenure
from adapters.kubernetes.state.writing import Writer
from controller import chain
from controller.core.pool import Instant
from controller.errors import StateError
from controller.records import Record, Returned, RolloutRow, Snapshot, Summary, Taken


@dataclass(frozen=True, slots=True)
class Draft:
    """A record that is to be written."""

    at: Instant
    kind: str
    body: str
    taken: Sequence[Taken] = ()
    returned: Sequence[Returned] = ()


class Ledger:
    """Raises StateError, Conflict and ApiError."""

    def __init__(
        self,
        name: str,
        me: str,
        reader: Reader,
        writer: Writer,
        wall: Callable[[], datetime],
        retain: int,
    ) -> None:
        """`me`: tells this process from every other one."""
        self.name = name
        self._reader = reader
        self._writer = writer
        self._wall = wall
        self._retain = retain
        self._tenure = Tenure(name, me, reader, writer)
        self._others: Outs | None = None

    def has(self, rollout: str) -> bool:
        """Whether it is known here; else nothing was read yet, or there is none."""
        return self._tenure.head.entry(rollout) is not None

    async def begin(self, row: RolloutRow, draft: Draft) -> Record:
        tenure = self._tenure
        file = Item(FILE, journal_text.checked(row.file, "the rollout file"))
        journal_text.checked(codec.as_text(dict(row.sets)), "what --set gave")
        await tenure.lead()
        if (former := tenure.head.entry(row.id)) is not None and former.is_begun:
            raise StateError(f"journal {self.name}: rollout {row.id} already exists")
        before = tenure.head
        await self._tidy()
        seq = tenure.head.seq + 1
        row = replace(row, link=_link(before))
        record = self._record(row.id, seq, draft, chain.genesis(row))
        groups = [each for each in packed([file, item_of(record, Outs())], ROOM) if each]
        head = tenure.head.with_room(len(groups), row.id)
        slots = head.free_slots(len(groups))
        entry = Entry(replace(row, file=""), tuple(Place(slot, seq) for slot in slots))
        head = replace(head, seq=seq).with_entry(entry).marked(before, self._left)
        entry = head.entry(row.id) or entry
        await tenure.write(head, WITHIN)
        for number, items in enumerate(groups):
            await tenure.begin_chunk(row.id, number, slots[number], items)
        tenure.open[row.id].last = record.hash
        entry = replace(entry, is_begun=True, order=_order(tenure.head.version, row))
        await tenure.write(tenure.head.with_entry(entry), WITHIN)
        self._reader.know(row.id, self.name)
        return record

    async def _tidy(self) -> None:
        """Forget the oldest rollouts, and what is said of members that nobody has out."""
        tenure = self._tenure
        head, own = tenure.head.retained(self._retain - 1), tenure.own
        if own.taken or own.over:
            others = await self._foreign()
            over = own.over | others.over
            folded = head.folded
            still = {id_ for id_ in own.over if id_[0] in folded and id_[1] > folded[id_[0]]}
            tenure.own = Outs(
                {id_: one for id_, one in own.taken.items() if id_ not in over},
                still | (own.over & others.taken.keys()),
            )
            head = replace(head, outs=Outs(dict(tenure.own.taken), set(tenure.own.over)))
        tenure.head = head

    async def _foreign(self) -> Outs:
        """What rollouts of other names say; nobody else has our members while we hold the lock."""
        if self._others is None:
            others = Outs()
            for head in await self._writer.patiently(self._reader.heads, WITHIN):
                if head.name != self.name:
                    others.add(await self._writer.patiently(partial(self._reader.outs, head)))
            self._others = others
        return self._others

    async def append(self, rollout: str, drafts: Sequence[Draft], written: list[Record]) -> None:
        """In as few writes as can be. `written`: takes each one that is."""
        tenure = self._tenure
        await tenure.over(rollout)
        records: list[Record] = []
        items: list[Item] = []
        outs = Outs()
        if any(each.taken or each.returned for each in drafts):
            outs.add(tenure.own)
            outs.add(await self._foreign())
        last = await self._last(rollout)
        for seq, draft in enumerate(drafts, tenure.head.seq + 1):
            moved = outs.moved(rollout, seq, draft.taken, draft.returned)
            outs.add(moved)
            records.append(record := self._record(rollout, seq, draft, last))
            items.append(item_of(record, moved))
            last = record.hash
        first, *others = packed(items, ROOM - tenure.open[rollout].size)
        if first:
            await tenure.append(rollout, first)
            written += records[: len(first)]
            tenure.open[rollout].last = written[-1].hash
        for group in others:
            await self._go_on(rollout, group)
            written += records[len(written) : len(written) + len(group)]
            tenure.open[rollout].last = written[-1].hash

    async def _last(self, rollout: str) -> str:
        """The hash of its last record. Those of former versions have none of their own."""
        place = self._tenure.open[rollout]
        if not place.last:
            records = await self._reader.records(rollout, 0, None)
            place.last = records[-1].hash if records else ""
            if not place.last and (entry := self._tenure.head.entry(rollout)) is not None:
                place.last = chain.head(await self._reader.row(self.name, entry), records)
        return place.last

    async def _go_on(self, rollout: str, items: Sequence[Item]) -> None:
        """In a further chunk."""
        head = self._tenure.head.with_room(1, rollout)
        entry = head.entry(rollout)
        assert entry is not None, "taken over"
        number, (slot,) = len(entry.chunks), head.free_slots(1)
        place = Place(slot, items[0].seq)
        last = self._tenure.open[rollout].last
        entry = replace(entry, chunks=(*entry.chunks, place), folded=head.seq, hash=last)
        head = head.with_entry(entry).marked(self._tenure.head, self._left)
        await self._tenure.write(self._folded(head))
        await self._tenure.begin_chunk(rollout, number, slot, items)

    async def end(self, rollout: str, outcome: str, exit_code: int) -> None:
        tenure = self._tenure
        entry = await tenure.over(rollout)
        row = replace(entry.row, ended=self._wall(), outcome=outcome, exit_code=exit_code)
        last = await self._last(rollout)
        entry = replace(entry, row=row, folded=tenure.head.seq, is_open=False, hash=last)
        await tenure.write(self._folded(tenure.head.with_entry(entry)), WITHIN)
        del tenure.open[rollout]

    async def keep(self, summary: Summary, snapshot: Snapshot | None) -> None:
        """The snapshot goes to the open chunk, the summary into the head."""
        tenure = self._tenure
        entry = await tenure.over(summary.rollout)
        if snapshot is not None and (kept := snapshot_text(snapshot)) is not None:
            await tenure.keep(summary.rollout, kept)
        if len(summary.body) <= MOST_SUMMARY:
            entry = replace(entry, summary=summary.body, summed=summary.seq)
            await tenure.write(tenure.head.with_entry(entry), WITHIN)

    async def prune(self, rollout: str, by: str) -> None:
        """Its chunks are free for others from here on."""
        await self._tenure.lead()
        head = self._tenure.head
        entry = head.entry(rollout)
        if entry is None or entry.row.ended is None:
            raise StateError(f"journal {self.name}: rollout {rollout} is not over")
        if entry.row.pruned:
            return
        records = await self._reader.records(rollout, 0, None)
        wall = journal_text.encode_wall(self._wall())
        left = {"wall": wall, "by": by, "records": len(records), "head": entry.hash}
        row = replace(entry.row, pruned=codec.as_text(left))
        await self._tenure.write(head.with_entry(replace(entry, row=row, chunks=())), WITHIN)

    def _left(self, dropped: Entry) -> str:
        """Of a rollout for which there was no room any more."""
        wall = journal_text.encode_wall(self._wall())
        head = "" if dropped.is_open else dropped.hash
        return codec.as_text({"wall": wall, "by": "retain", "head": head})

    def _folded(self, head: Head) -> Head:
        return replace(head, outs=self._tenure.own.folded(head.folded))

    def _record(self, rollout: str, seq: int, draft: Draft, former: str) -> Record:
        record = Record(seq, rollout, self._wall(), draft.at, draft.kind, draft.body)
        return replace(record, hash=chain.following(former, record))


def _link(head: Head) -> str:
    begun = [one for one in head.entries if one.is_begun]
    return chain.link(begun[-1].row, begun[-1].hash) if begun else ""


def _order(version: str, row: RolloutRow) -> int:
    """Versions rise across all objects of a cluster."""
    return int(version) if version.isdigit() else int(row.started.timestamp() * 1_000_000)
