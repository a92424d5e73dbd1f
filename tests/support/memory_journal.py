"""Working fakes of the journal, the requests and the lock, in memory."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NoReturn

from controller import chain
from controller.core.pool import Instant, PoolKey
from controller.core.pool.copies import replace
from controller.errors import LeaseLost, PoolHeld, StateError
from controller.ports import Clock
from controller.records import (
    Holder,
    Record,
    Request,
    Returned,
    RolloutRow,
    Snapshot,
    Summary,
    Taken,
    Verb,
)

MAX_BYTES = 1024 * 1024
EVERY = timedelta(milliseconds=100)
"""Between two looks for new requests."""


class MemoryJournal:
    """Implements `controller.ports.Journal`. Outlives the process that uses it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rollouts: dict[str, RolloutRow] = {}
        self._records: list[Record] = []
        self._taken: dict[PoolKey, Taken] = {}
        self._last: dict[str, str] = {}
        self._seq = 0
        self.summaries: dict[str, Summary] = {}
        self.snapshots: dict[str, Snapshot] = {}

    async def begin(self, row: RolloutRow, at: Instant, kind: str, body: str) -> Record:
        _check(row.file)
        _check(body)
        if row.id in self._rollouts:
            raise StateError(f"there is a rollout {row.id} already")
        former = await self.latest(row.name)
        link = chain.link(former, self._last.get(former.id, "") if former is not None else "")
        self._rollouts[row.id] = replace(row, sets=dict(row.sets), link=link)
        return self._add(row.id, at, kind, body)

    async def append(
        self,
        rollout: str,
        at: Instant,
        kind: str,
        body: str,
        *,
        taken: Sequence[Taken] = (),
        returned: Sequence[Returned] = (),
    ) -> Record:
        _check(body)
        self._rollout(rollout)
        for back in returned:
            for key, out in list(self._taken.items()):
                if back.ends(out, rollout):
                    del self._taken[key]
        for each in taken:
            self._taken.setdefault(each.key, each)
        return self._add(rollout, at, kind, body)

    def _add(self, rollout: str, at: Instant, kind: str, body: str) -> Record:
        self._seq += 1
        record = Record(self._seq, rollout, self._clock.wall(), at, kind, body)
        last = self._last.get(rollout) or chain.genesis(self._rollouts[rollout])
        record = replace(record, hash=chain.following(last, record))
        self._last[rollout] = record.hash
        self._records.append(record)
        return record

    async def records(
        self, rollout: str, after: int = 0, most: int | None = None
    ) -> Sequence[Record]:
        return self.written(rollout, after)[:most]

    def written(self, rollout: str, after: int = 0) -> Sequence[Record]:
        """The records, for a test that looks on."""
        return [each for each in self._records if each.rollout == rollout and each.seq > after]

    async def end(self, rollout: str, outcome: str, exit_code: int) -> None:
        self._rollouts[rollout] = replace(
            self._rollout(rollout), ended=self._clock.wall(), outcome=outcome, exit_code=exit_code
        )

    async def latest(self, name: str) -> RolloutRow | None:
        return next(iter(await self.rollouts(name)), None)

    async def rollout(self, rollout: str) -> RolloutRow | None:
        return self._rollouts.get(rollout)

    async def rollouts(
        self, name: str | None = None, most: int | None = None
    ) -> Sequence[RolloutRow]:
        rows = [row for row in reversed(self._rollouts.values()) if name in (None, row.name)]
        return rows[:most]

    async def newest(self) -> Sequence[RolloutRow]:
        found: dict[str, RolloutRow] = {}
        for row in await self.rollouts():
            found.setdefault(row.name, row)
        return list(found.values())

    async def keep(self, summary: Summary, snapshot: Snapshot | None = None) -> None:
        self._rollout(summary.rollout)
        self.summaries[summary.rollout] = summary
        if snapshot is not None:
            self.snapshots[summary.rollout] = snapshot

    async def summary(self, rollout: str) -> Summary | None:
        return self.summaries.get(rollout)

    async def snapshot(self, rollout: str) -> Snapshot | None:
        return self.snapshots.get(rollout)

    async def prune(self, rollout: str, by: str) -> None:
        row = self._rollouts.get(rollout)
        if row is None or row.ended is None:
            raise StateError(f"rollout {rollout} is not over")
        if row.pruned:
            return
        left = {
            "wall": self._clock.wall().isoformat(),
            "by": by,
            "records": len(self.written(rollout)),
            "head": self._last[rollout],
        }
        self._rollouts[rollout] = replace(row, pruned=json.dumps(left), file="")
        self._records = [each for each in self._records if each.rollout != rollout]
        self.snapshots.pop(rollout, None)

    async def taken(self, keys: Collection[PoolKey] | None = None) -> Sequence[Taken]:
        return [each for key, each in self._taken.items() if keys is None or key in keys]

    async def taken_by(self, rollout: str) -> Sequence[Taken]:
        return self.out_by(rollout)

    async def key(self) -> bytes:
        return b"of the memory"

    def out_by(self, rollout: str) -> Sequence[Taken]:
        """What `taken_by` answers, for a test that looks on."""
        return [each for each in self._taken.values() if each.rollout == rollout]

    def _rollout(self, rollout: str) -> RolloutRow:
        if rollout not in self._rollouts:
            raise StateError(f"there is no rollout {rollout}")
        return self._rollouts[rollout]


class MemoryRequests:
    """Implements `controller.ports.Requests`. Outlives the process that uses it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.asked: list[Request] = []

    async def ask(self, rollout: str, verb: Verb, reason: str, by: str) -> Request:
        return self.put(rollout, verb, reason, by)

    def put(self, rollout: str, verb: Verb, reason: str, by: str) -> Request:
        """What `ask` does, for a test that acts from outside of the loop."""
        _check(reason)
        seq = len(self.asked) + 1
        self.asked.append(Request(seq, rollout, verb, reason, by, self._clock.wall()))
        return self.asked[-1]

    async def pending(self, rollout: str, after: int) -> Sequence[Request]:
        return [each for each in self.asked if each.rollout == rollout and each.seq > after]

    async def stream(self, rollout: str, after: int) -> AsyncGenerator[Request, None]:
        while True:
            for request in await self.pending(rollout, after):
                after = request.seq
                yield request
            await self._clock.sleep(EVERY)


class MemoryStore:
    """Implements `controller.ports.Store`."""

    def __init__(self, clock: Clock) -> None:
        self.journal = MemoryJournal(clock)
        self.requests = MemoryRequests(clock)

    async def aclose(self) -> None: ...


@dataclass(slots=True)
class Holdings:
    """What several `MemoryLock`s share, as processes share a state folder."""

    holders: dict[str, Holder] = field(default_factory=dict)
    keys: dict[str, frozenset[PoolKey]] = field(default_factory=dict)


class MemoryLock:
    """Implements `controller.ports.Lock` among all that share `holdings`."""

    def __init__(self, clock: Clock, who: str, holdings: Holdings, pid: int = 1) -> None:
        self._clock = clock
        self._who = who
        self._holdings = holdings
        self._pid = pid
        self._is_holding = False

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator["MemoryHold"]:
        if self._is_holding:
            raise RuntimeError("one MemoryLock holds one rollout at a time")
        holder = await self.holder(name)
        if holder is not None:
            raise PoolHeld(f"rollout '{name}' is held by {_who(holder)}")
        self._holdings.holders[name] = Holder(
            name, self._pid, "memory", self._who, self._clock.wall()
        )
        self._holdings.keys[name] = frozenset()
        self._is_holding = True
        hold = MemoryHold(name, self._holdings)
        try:
            yield hold
        finally:
            self._is_holding = False
            hold.is_over = True
            if hold.why is None:  # else it may be another's by now
                del self._holdings.holders[name]
                del self._holdings.keys[name]

    async def glance(self, name: str) -> None:
        """No holder is waited for."""

    async def refusal(self, name: str, keys: Collection[PoolKey]) -> str | None:
        if (holder := await self.holder(name)) is not None:
            return f"rollout '{name}' is held by {_who(holder)}"
        held = _held_by_another(self._holdings, name, frozenset(keys))
        return None if held is None else str(held)

    async def holder(self, name: str) -> Holder | None:
        if not re.fullmatch(r"[a-z0-9-]{1,63}", name):
            raise StateError(f"{name!r} is not the name of a rollout")
        return self._holdings.holders.get(name)


class MemoryHold:
    """Implements `controller.ports.Hold`. It is lost when a test says so."""

    def __init__(self, name: str, holdings: Holdings) -> None:
        self.is_over = False
        self.why: str | None = None
        self._name = name
        self._holdings = holdings
        self._is_noticed = asyncio.Event()

    def lose(self, why: str, *, is_noticed: bool = True) -> None:
        """From now on others may hold it. When it is not noticed, `check` alone shows it."""
        self.why = why
        self._holdings.holders.pop(self._name, None)
        self._holdings.keys.pop(self._name, None)
        if is_noticed:
            self._is_noticed.set()

    async def add(self, keys: Collection[PoolKey]) -> None:
        if self.is_over:
            raise RuntimeError("keys are added inside the block that holds the name")
        await self.check()
        wanted = self._holdings.keys[self._name] | frozenset(keys)
        if (held := _held_by_another(self._holdings, self._name, wanted)) is not None:
            raise held
        self._holdings.keys[self._name] = wanted

    async def check(self) -> None:
        if self.why is not None:
            raise LeaseLost(self._name, self.why)

    async def lost(self) -> NoReturn:
        await self._is_noticed.wait()
        raise LeaseLost(self._name, self.why or "")


def _held_by_another(holdings: Holdings, but: str, wanted: frozenset[PoolKey]) -> PoolHeld | None:
    for name, theirs in holdings.keys.items():
        common = sorted(wanted & theirs)
        if name != but and common:
            more = f" and {len(common) - 1} more" if len(common) > 1 else ""
            return PoolHeld(
                f"the pool ({common[0]}{more}) is held by rollout '{name}', "
                + _who(holdings.holders[name])
            )
    return None


def _who(holder: Holder) -> str:
    since = f"{holder.since:%Y-%m-%d %H:%M:%S} UTC"
    return f"pid {holder.pid} on host {holder.host}, user {holder.by}, since {since}"


def _check(text: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise StateError("bytes that are not UTF-8") from None
    if size > MAX_BYTES:
        raise StateError(f"at most {MAX_BYTES} bytes can be kept")
