"""Whether a journal is whole: its chain, its links, and what is kept beside its records."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from controller import chain
from controller.core.outcome import Outcome
from controller.errors import StateError
from controller.journal.digest import digest_of, read_summary
from controller.journal.replay import contradiction, replay
from controller.journal.snapshots import decoded
from controller.ports import Journal
from controller.records import Record, RolloutRow


@dataclass(slots=True)
class Verified:
    """What was found of one rollout."""

    rollout: str
    records: int = 0
    head: str = ""
    """The hash of its last record."""
    hashes: dict[str, int] = field(default_factory=dict)
    """Of its records → their numbers."""
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


async def verified(
    journal: Journal, rows: Sequence[RolloutRow], *, forgets: bool
) -> list[Verified]:
    """Of the rollouts `rows`, newest first, with all of each name. `forgets`: the journal drops
    the oldest by itself. Raises StateError when it cannot be read at all."""
    found: dict[str, Verified] = {}
    newest: dict[str, RolloutRow] = {}
    for row in reversed(rows):
        seen = found[row.id] = await _one(journal, row)
        _linked(seen, row, newest.get(row.name), found, forgets=forgets)
        newest[row.name] = row
    return [found[row.id] for row in rows]


async def _one(journal: Journal, row: RolloutRow) -> Verified:
    seen = Verified(row.id)
    if row.pruned:
        left = json.loads(row.pruned)
        seen.records, seen.head = int(left["records"]), str(left["head"])
        seen.notes.append(f"pruned by {left['by']} on {str(left['wall'])[:10]}")
        return seen
    try:
        records = await journal.records(row.id)
        seen.records = len(records)
        _chained(seen, row, records)
        bare = [replace(one, hash="") for one in records]
        replay(bare)
        await _kept(seen, journal, row, records)
        await _fits(seen, journal, row, bare)
    except StateError as error:
        seen.faults.append(str(error))
    return seen


def _chained(seen: Verified, row: RolloutRow, records: Sequence[Record]) -> None:
    last, unchained = chain.genesis(row), 0
    for record in records:
        expected = chain.following(last, record)
        if not record.hash and not seen.hashes:
            unchained += 1
        elif record.hash != expected:
            other = "one before it" if seen.hashes else "what was run"
            what = f"record {record.seq}, a {record.kind}, or {other}"
            seen.faults.append(f"{what}, was changed, or one is missing or doubled")
            seen.head = records[-1].hash
            return
        else:
            seen.hashes[record.hash] = record.seq
        last = expected
    seen.head = last if seen.hashes else ""
    if unchained:
        by = "the next one vouches for them as they were then" if seen.hashes else "nothing vouches"
        seen.notes.append(f"{unchained} records of a former version have no hash: {by}")


async def _kept(
    seen: Verified, journal: Journal, row: RolloutRow, records: Sequence[Record]
) -> None:
    """Raises StateError."""
    digest = digest_of(records)
    last = digest.last
    known = last.outcome if last is not None else None
    if row.outcome not in (None, known, Outcome.ABANDONED):
        seen.faults.append(f"it is listed as {row.outcome}, and its records say {known}")
    if (summary := await journal.summary(row.id)) is not None:
        told = digest_of([one for one in records if one.seq <= summary.seq])
        if replace(read_summary(summary), values=None) != told:
            seen.faults.append("its summary says something else than its records")


async def _fits(
    seen: Verified, journal: Journal, row: RolloutRow, records: Sequence[Record]
) -> None:
    """Raises StateError."""
    if (snapshot := await journal.snapshot(row.id)) is not None:
        plan, state = replay([one for one in records if one.seq <= snapshot.seq])
        try:
            other = decoded(plan, snapshot.body)
        except (ValueError, LookupError, TypeError) as error:
            raise contradiction(snapshot, f"it is damaged ({type(error).__name__})") from None
        if other not in (None, state):
            seen.faults.append("its snapshot says something else than its records")


def _linked(
    seen: Verified,
    row: RolloutRow,
    former: RolloutRow | None,
    found: Mapping[str, Verified],
    *,
    forgets: bool,
) -> None:
    id_, _, hash_ = row.link.partition(" ")
    is_chained = bool(seen.hashes) or bool(row.link)
    if row.before and (former is None or id_ != former.id):
        left = json.loads(row.before)
        seen.notes.append(
            f"pruned up to rollout {id_}, by {left['by']} on {str(left['wall'])[:10]}"
            + (f"; the last hash of that is {left['head']}" if left["head"] else "")
        )
        if hash_ and left["head"] not in ("", hash_):
            seen.faults.append(f"rollout {id_} before it was changed since it began")
    elif former is None:
        if id_ and not forgets:
            seen.faults.append(f"rollout {id_} was before it, and is missing")
        elif id_:
            seen.notes.append(f"rollout {id_} before it is no longer kept")
    elif is_chained and id_ != former.id:
        was = f"{id_} was" if id_ else "none was"
        seen.faults.append(f"{was} before it when it began, and now it is {former.id}")
    elif hash_ and hash_ != found[former.id].head and hash_ not in found[former.id].hashes:
        seen.faults.append(f"rollout {former.id} before it was changed since it began")
