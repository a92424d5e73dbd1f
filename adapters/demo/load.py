"""A load as users make it: keep-alive clients, some slow requests, some clients with a cookie."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from adapters.demo.client import Client, NoAnswer, Reply

KEPT_LATENCIES = 100_000
"""The newest: minutes at demo rates, and less than a megabyte."""
KEPT_FAILURES = 10_000


@dataclass(frozen=True, slots=True)
class Record:
    """One request, as its user saw it."""

    at: float
    """When it was sent: seconds since the load began."""
    latency: float
    """Seconds, a second try on a fresh connection included."""
    status: int | None = None
    error: str | None = None
    """Why there was no whole answer."""
    version: str | None = None
    member: str | None = None

    @property
    def has_failed(self) -> bool:
        return self.status is None or self.status >= 400


@dataclass(slots=True)
class Tally:
    """What became of the requests so far."""

    served: int = 0
    failed: int = 0
    stale: int = 0
    """Requests sent again, as browsers do, since their idle connection was just being closed;
    each is counted once more as what became of it then."""
    moved: int = 0
    """Answers to a client with a cookie by another member than the one its cookie named."""
    by_version: Counter[str] = field(default_factory=Counter)
    """Served requests only, as `by_member`."""
    by_member: Counter[str] = field(default_factory=Counter)
    by_failure: Counter[str] = field(default_factory=Counter)
    """`500`, `503`, or why there was no answer."""
    latencies: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT_LATENCIES))
    """Seconds, of served requests."""
    failures: deque[Record] = field(default_factory=lambda: deque(maxlen=KEPT_FAILURES))
    """In the order in which they ended."""

    @property
    def total(self) -> int:
        return self.served + self.failed

    @property
    def p50(self) -> float:
        return self.quantile(0.5)

    @property
    def p99(self) -> float:
        return self.quantile(0.99)

    def quantile(self, share: float) -> float:
        """Latency in seconds that `share` of the served requests kept within; 0 before any."""
        ordered = sorted(self.latencies)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0

    def add(self, record: Record) -> None:
        if record.has_failed:
            self.failed += 1
            self.by_failure[record.error or str(record.status)] += 1
            self.failures.append(record)
            return
        self.served += 1
        self.by_version[record.version or "none"] += 1
        self.by_member[record.member or "none"] += 1
        self.latencies.append(record.latency)


class Load:
    """`async with Load(port, rate=200) as load: …; load.tally`

    On a regular way out, requests under way are waited for; otherwise they are dropped. Neither
    counts as failed.
    """

    def __init__(
        self,
        ports: int | Sequence[int],
        *,
        rate: float = 200.0,
        clients: int = 20,
        slow_share: float = 0.0,
        slow_ms: int = 200,
        sticky_share: float = 0.0,
        path: str = "/",
        timeout: float = 10.0,
    ) -> None:
        """`rate`: requests per second in all, fewer when answers are late; `slow_share` and
        `sticky_share`: 0…1, of the requests and of the clients; `timeout`: seconds a user waits."""
        targets = [ports] if isinstance(ports, int) else list(ports)
        sticky = round(clients * sticky_share)
        self.tally = Tally()
        self._clients = [
            Client(targets[number % len(targets)], keeps_cookie=number < sticky)
            for number in range(clients)
        ]
        self._period = clients / rate
        self._slow_share = slow_share
        self._slow_due = 0.0
        self._slow_path = f"/slow?ms={slow_ms}"
        self._path = path
        self._timeout = timeout
        self.began = 0.0
        """On the monotonic clock; `Record.at` counts from here."""
        self._stopping = False
        self._pacing: set[asyncio.Task[None]] = set()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self.began = time.monotonic()
        count = len(self._clients)
        for number, client in enumerate(self._clients):
            first = self.began + self._period * number / count
            self._tasks.append(asyncio.create_task(self._run(client, first)))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping = True
        for task in self._pacing if kind is None else self._tasks:
            task.cancel()
        results = await asyncio.gather(*self._tasks, return_exceptions=True)
        for client in self._clients:
            await client.close()
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _run(self, client: Client, due: float) -> None:
        task = asyncio.current_task()
        assert task is not None
        while not self._stopping:
            self._pacing.add(task)
            await asyncio.sleep(due - time.monotonic())
            self._pacing.discard(task)
            await self._request(client)
            due = max(due + self._period, time.monotonic())

    async def _request(self, client: Client) -> None:
        path = self._next_path()
        begun = time.monotonic()
        named = client.cookie
        reply: Reply | None = None
        failure: str | None = None
        try:
            async with asyncio.timeout(self._timeout):
                reply = await client.get(path)
        except TimeoutError:
            client.drop()
            failure = f"no answer within {self._timeout:g} s"
        except NoAnswer as missing:
            failure = str(missing)
        latency = time.monotonic() - begun
        self.tally.stale += client.take_stale()
        if reply is None:
            self.tally.add(Record(begun - self.began, latency, error=failure))
            return
        if named and reply.member and named != reply.member:
            self.tally.moved += 1
        self.tally.add(
            Record(
                begun - self.began,
                latency,
                reply.status,
                version=reply.version,
                member=reply.member,
            )
        )

    def _next_path(self) -> str:
        self._slow_due += self._slow_share
        if self._slow_due < 1:
            return self._path
        self._slow_due -= 1
        return self._slow_path
