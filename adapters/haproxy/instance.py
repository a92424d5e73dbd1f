"""One HAProxy: looks at it, and settings that are read back."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from adapters.haproxy.client import RuntimeClient
from adapters.haproxy.facts import facts_asked, facts_of
from adapters.haproxy.lines import Server
from adapters.haproxy.nearby import told_apart
from adapters.haproxy.orders import Order, shortfall
from adapters.haproxy.query import (
    SHOW_BACKENDS,
    SHOW_FRONTENDS,
    SHOW_INFO,
    BackendView,
    Ids,
    backend_view,
    backends_in,
    frontends_in,
    questions,
    require,
)
from adapters.haproxy.tables import Info, parse_info
from adapters.haproxy.versions import require_one_process
from adapters.haproxy.wire import refusal
from adapters.haproxy.workers import any_alive, replaced_by
from controller.core.pool import Counters, Incarnation, InstanceView, Seat
from controller.errors import (
    BalancerError,
    BalancerUnreachable,
    CommandRefused,
    NoSuchMember,
)
from controller.pools.haproxy import Endpoint, HaproxyFacts, UnixEndpoint
from controller.ports import Clock

_LOOKS = 3
"""Attempts at one look while ids change: a reload changes them once, a server added at run time
once more."""

MakeOrders = Callable[[Sequence[Server]], Sequence[Order]]


class HaproxyInstance:
    def __init__(
        self,
        name: str,
        endpoint: Endpoint,
        backends: Sequence[str],
        clock: Clock,
        deadline: timedelta,
    ) -> None:
        """`name`: the endpoint as the rollout file has it; `deadline`: of each command line."""
        self.name = name
        self._endpoint = endpoint
        self._backends = backends
        self._clock = clock
        self._client = RuntimeClient(name, endpoint, deadline)
        self._ids: Mapping[str, Ids] = {}
        """Replaced as a whole, never mutated: looks may run concurrently."""
        self._replaced: tuple[int, frozenset[int]] | None = None
        """The process that answered last, and those that it has replaced: none joins them later."""

    async def facts(self) -> HaproxyFacts:
        """Raises BalancerError."""
        replies = await self._client.ask(*facts_asked(self._backends))
        return facts_of(self.name, self._backends, replies)

    async def look(
        self, members: Collection[str] | None, former: Collection[Incarnation] = ()
    ) -> InstanceView:
        """Raises BalancerError. See `controller.ports.LoadBalancer.look`."""
        at = self._clock.now()
        info, views, frontends = await self._seen(members)
        return InstanceView(
            instance=self.name,
            at=at,
            incarnation=self._incarnation(info),
            lines=told_apart((server.line for server in _servers(views)), info.node),
            is_full=members is None,
            backends={backend: view.counters for backend, view in views.items()},
            rates={name: view.rate for name, view in views.items() if view.rate is not None},
            frontends=frontends,
            lingering=self._lingering(info, former),
            uptime=timedelta(seconds=info.uptime),
        )

    async def _seen(
        self, members: Collection[str] | None
    ) -> tuple[Info, Mapping[str, BackendView], Mapping[str, Counters]]:
        for _ in range(_LOOKS):
            ids = self._ids or await self._learn()
            info, views, frontends = await self._ask(ids, members)
            if views is None:
                self._ids = {}
                continue
            self._ids = {name: _merged(ids[name], view.ids) for name, view in views.items()}
            return info, views, frontends
        raise BalancerUnreachable(self.name, "its servers kept changing during the look")

    async def carry_out(
        self, member: str, make_orders: MakeOrders, seats: Collection[Seat]
    ) -> Incarnation:
        """Set what `make_orders` makes of the member's lines, at all that exist, and read it back.
        Answers who confirmed it.

        Raises the first BalancerError once all lines were tried; nothing was set when the member's
        place is not occupied as `seats` say.
        """
        info, views, _ = await self._seen((member,))
        former, servers = self._incarnation(info), _servers(views)
        self._require_occupants(member, servers, seats)
        faults: list[BalancerError] = [
            NoSuchMember(self.name, f"no server {member} in backend {backend}")
            for backend in self._backends
            if not any(server.backend == backend for server in servers)
        ]
        done = [order for order in make_orders(servers) if await self._send(order, faults)]
        if faults and not done:
            raise faults[0]  # nothing to read back
        info, views, _ = await self._seen((member,))
        now = self._incarnation(info)
        if faulty := list(self._shortfalls(member, done, _servers(views))):
            faults += faulty if now.is_same(former) else [_reloaded(self.name)]
        if faults:
            raise faults[0]
        return now

    def _require_occupants(
        self, member: str, servers: Iterable[Server], seats: Collection[Seat]
    ) -> None:
        meant = {
            seat.key.backend: seat.occupant for seat in seats if seat.key.instance == self.name
        }
        for server in servers:
            there, wanted = server.line.occupant, meant.get(server.backend)
            if wanted is not None and (there is None or there.id != wanted.id):
                now = there if there is not None else "at no address"
                raise CommandRefused(
                    self.name, f"{server.backend}/{member} is now {now}, and was {wanted}"
                )

    def _shortfalls(
        self, member: str, orders: Iterable[Order], servers: Iterable[Server]
    ) -> Iterator[BalancerError]:
        there = {server.backend: server for server in servers}
        for order in orders:
            # Where nothing was set, a reload before this call is the likely cause: it may pass.
            kind = CommandRefused if order.stages else BalancerUnreachable
            if reason := shortfall(order, there.get(order.backend)):
                yield kind(self.name, f"{order.backend}/{member}: {reason}")

    async def _send(self, order: Order, faults: list[BalancerError]) -> bool:
        """Whether all stages were accepted; refusals are added to `faults`."""
        try:
            for stage in order.stages:
                await self._client.set(*stage)
        except BalancerError as error:
            if error.retryable:
                raise
            faults.append(error)
            if order.undo:
                await self._client.set(*order.undo)
            return False
        return True

    async def _learn(self) -> Mapping[str, Ids]:
        # `show info` first: a master process, or one of several, is recognised by its answer.
        info, reply = await self._client.ask(SHOW_INFO, SHOW_BACKENDS)
        require_one_process(self.name, parse_info(self.name, info).processes)
        there = backends_in(self.name, reply)
        require(self.name, self._backends, there)
        return {backend: Ids(there[backend].number("iid")) for backend in self._backends}

    async def _ask(
        self, ids: Mapping[str, Ids], members: Collection[str] | None
    ) -> tuple[Info, dict[str, BackendView] | None, Mapping[str, Counters]]:
        asked = {name: questions(name, ids[name], members) for name in self._backends}
        line = [SHOW_INFO, *(command for commands in asked.values() for command in commands)]
        line += [SHOW_FRONTENDS] if members is None else []
        first, *replies = await self._client.ask(*line)
        if not first.startswith("Name:"):
            raise refusal(self.name, SHOW_INFO, first)
        info = parse_info(self.name, first)
        require_one_process(self.name, info.processes)
        if info.is_stopping:
            raise BalancerUnreachable(self.name, "an old worker answered, which is stopping")
        views: dict[str, BackendView] = {}
        for backend, commands in asked.items():
            own, replies = replies[: len(commands)], replies[len(commands) :]
            view = backend_view(self.name, backend, commands, own, members)
            if view is None:
                return info, None, {}
            views[backend] = view
        return info, views, frontends_in(self.name, replies[0]) if members is None else {}

    def _started(self, info: Info) -> int:
        if info.start_time is not None:
            return info.start_time
        return round((self._clock.wall() - timedelta(seconds=info.uptime)).timestamp())

    def _incarnation(self, info: Info) -> Incarnation:
        return Incarnation(str(info.pid), self._started(info))

    def _lingering(self, info: Info, former: Collection[Incarnation]) -> bool | None:
        if not isinstance(self._endpoint, UnixEndpoint):
            return None
        if self._replaced is None or self._replaced[0] != info.pid:
            self._replaced = (info.pid, replaced_by(info.pid))
        return any_alive(info.pid, self._replaced[1].union(int(one.id) for one in former))


def _servers(views: Mapping[str, BackendView]) -> tuple[Server, ...]:
    return tuple(server for view in views.values() for server in view.servers)


def _merged(known: Ids, seen: Ids) -> Ids:
    return Ids(seen.backend, {**known.servers, **seen.servers})


def _reloaded(instance: str) -> BalancerUnreachable:
    return BalancerUnreachable(instance, "it was reloaded during the setting, which is lost")
