"""Working fakes of the journal and the lock, in memory."""

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from controller.core.pool import Instant
from controller.errors import PoolHeld, StateError
from controller.ports import Clock, Holder, Record, Request, RolloutRow, Taken

MAX_BYTES = 1024 * 1024


class MemoryJournal:
    """Implements `controller.ports.Journal`. Outlives its "process": `close` forgets nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rollouts: dict[str, RolloutRow] = {}
        self._records: list[Record] = []
        self._taken: dict[tuple[str, str], Taken] = {}
        self._requests: dict[int, Request] = {}

    def begin(self, row: RolloutRow) -> None:
        _check(row.file)
        if row.id in self._rollouts:
            raise StateError(f"there is a rollout {row.id} already")
        self._rollouts[row.id] = replace(row, sets=dict(row.sets))

    def append(self, rollout: str, at: Instant, kind: str, body: str) -> Record:
        _check(body)
        self._rollout(rollout)
        seq = len(self._records) + 1
        record = Record(seq, rollout, self._clock.wall(), at, kind, body)
        self._records.append(record)
        return record

    def records(self, rollout: str, after: int = 0, most: int | None = None) -> Sequence[Record]:
        found = [each for each in self._records if each.rollout == rollout and each.seq > after]
        return found[:most]

    def end(self, rollout: str, outcome: str, exit_code: int) -> None:
        self._rollouts[rollout] = replace(
            self._rollout(rollout), ended=self._clock.wall(), outcome=outcome, exit_code=exit_code
        )

    def latest(self, name: str) -> RolloutRow | None:
        return next(iter(self.rollouts(name)), None)

    def rollouts(self, name: str | None = None) -> Sequence[RolloutRow]:
        return [row for row in reversed(self._rollouts.values()) if name in (None, row.name)]

    def record_taken(self, taken: Sequence[Taken]) -> None:
        for each in taken:
            self._taken.setdefault((each.backend, each.address), each)

    def forget_taken(self, keys: Collection[tuple[str, str]]) -> None:
        for key in keys:
            self._taken.pop(key, None)

    def taken(self, keys: Collection[tuple[str, str]]) -> Sequence[Taken]:
        return [each for key, each in self._taken.items() if key in keys]

    def taken_by(self, rollout: str) -> Sequence[Taken]:
        return [each for each in self._taken.values() if each.rollout == rollout]

    def request(self, name: str, verb: str, reason: str, by: str) -> Request:
        _check(reason)
        seq = len(self._requests) + 1
        self._requests[seq] = Request(seq, name, verb, reason, by, self._clock.wall())
        return self._requests[seq]

    def requests(self, name: str) -> Sequence[Request]:
        return [
            each for each in self._requests.values() if each.name == name and not each.acknowledged
        ]

    def acknowledge(self, request: Request) -> None:
        self._requests[request.seq] = replace(self._request(request), acknowledged=True)

    def is_acknowledged(self, request: Request) -> bool:
        return self._request(request).acknowledged

    def close(self) -> None: ...

    def _rollout(self, rollout: str) -> RolloutRow:
        if rollout not in self._rollouts:
            raise StateError(f"there is no rollout {rollout}")
        return self._rollouts[rollout]

    def _request(self, request: Request) -> Request:
        if request.seq not in self._requests:
            raise StateError(f"there is no request {request.seq}")
        return self._requests[request.seq]


@dataclass(slots=True)
class Holdings:
    """What several `MemoryLock`s share, as processes share a state folder."""

    holders: dict[str, Holder] = field(default_factory=dict)
    keys: dict[str, frozenset[tuple[str, str]]] = field(default_factory=dict)


class MemoryLock:
    """Implements `controller.ports.Lock` among all that share `holdings`."""

    def __init__(self, clock: Clock, who: str, holdings: Holdings, pid: int = 1) -> None:
        self._clock = clock
        self._who = who
        self._holdings = holdings
        self._pid = pid
        self._name: str | None = None

    @contextmanager
    def hold_name(self, name: str) -> Iterator[None]:
        if self._name is not None:
            raise RuntimeError("one MemoryLock holds one rollout at a time")
        holder = self.holder(name)
        if holder is not None:
            raise PoolHeld(f"rollout '{name}' is held by {_who(holder)}")
        self._holdings.holders[name] = Holder(
            name, self._pid, "memory", self._who, self._clock.wall()
        )
        self._holdings.keys[name] = frozenset()
        self._name = name
        try:
            yield
        finally:
            self._name = None
            del self._holdings.holders[name]
            del self._holdings.keys[name]

    def hold_pool(self, keys: Collection[tuple[str, str]]) -> None:
        if self._name is None:
            raise RuntimeError("hold_pool belongs inside hold_name")
        wanted = self._holdings.keys[self._name] | frozenset(keys)
        if (held := self._held_by_another(self._name, wanted)) is not None:
            raise held
        self._holdings.keys[self._name] = wanted

    def refusal(self, name: str, keys: Collection[tuple[str, str]]) -> str | None:
        if (holder := self.holder(name)) is not None:
            return f"rollout '{name}' is held by {_who(holder)}"
        held = self._held_by_another(name, frozenset(keys))
        return None if held is None else str(held)

    def _held_by_another(self, but: str, wanted: frozenset[tuple[str, str]]) -> PoolHeld | None:
        for name, theirs in self._holdings.keys.items():
            common = sorted(wanted & theirs)
            if name != but and common:
                backend, address = common[0]
                more = f" and {len(common) - 1} more" if len(common) > 1 else ""
                return PoolHeld(
                    f"pool {backend} ({backend}/{address}{more}) is held by rollout '{name}', "
                    + _who(self._holdings.holders[name])
                )
        return None

    def holder(self, name: str) -> Holder | None:
        if not re.fullmatch(r"[a-z0-9-]{1,63}", name):
            raise StateError(f"{name!r} is not the name of a rollout")
        return self._holdings.holders.get(name)


def _who(holder: Holder) -> str:
    since = f"{holder.since:%Y-%m-%d %H:%M:%S} UTC"
    return f"pid {holder.pid} on host {holder.host}, user {holder.by}, since {since}"


def _check(text: str) -> None:
    if len(text.encode(errors="surrogatepass")) > MAX_BYTES:
        raise StateError(f"at most {MAX_BYTES} bytes can be kept")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise StateError("bytes that are not UTF-8")
