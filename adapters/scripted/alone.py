"""Implements `controller.ports.LoadBalancer` where there is none: to take a member out is to run
what its users are to be spared by, and to put it back is to run what ends that.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Final, NoReturn

from adapters.scripted.kept import Kept, Stage, Standing, begun
from adapters.scripted.once import run_once
from controller.core.plan.abilities import Abilities, ByHand
from controller.core.pool import (
    FULL,
    Admin,
    Check,
    Found,
    Health,
    Incarnation,
    InstanceView,
    Line,
    Occupant,
)
from controller.core.steps import Course
from controller.errors import BalancerUnreachable, CommandRefused, NoSuchMember, StateError
from controller.errors import WeightRefused as Unweighted
from controller.pools.alone import AlonePool, Server
from controller.pools.scripted import BACKEND
from controller.ports import Clock, Tasks
from controller.records import Confirmed, Seats, Survey

INSTANCE: Final = "no balancer"
"""As in `3 members of hosts behind no balancer`."""
PACE: Final = timedelta(milliseconds=200)
_ADMIN: Final = {
    Stage.IN: Admin.READY,
    Stage.LEAVING: Admin.DRAINING,
    Stage.OUT: Admin.OUT,
    Stage.RETURNING: Admin.OUT,
}


class AloneServers:
    def __init__(
        self, pool: AlonePool, tasks: Tasks, clock: Clock, kept: Kept, here: str = ""
    ) -> None:
        """`here`: the machine on which `kept` is; on another one, nothing is known."""
        self._pool = pool
        self._servers = {server.name: server for server in pool.servers}
        self._tasks = tasks
        self._clock = clock
        self._kept = kept
        self._one = Incarnation(here or "here", 0)

    @property
    def instances(self) -> Sequence[str]:
        return (INSTANCE,)

    async def survey(self, view: InstanceView, selected: Collection[str]) -> Survey:
        first = self._pool.servers[0]
        refusals = tuple(
            f"pool.downtime.{key}: {why}"
            for key, task in (("before", first.before), ("after", first.after))
            if task is not None and (why := self._tasks.unstartable(task)) is not None
        )
        abilities = Abilities(
            unweighted={BACKEND: "has no balancer in front of it"},
            settle=self._pool.settle,
            counts=False,
            cuts=False,
            remembers=True,
            pace=PACE,
        )
        before, after = self._pool.by_hand
        hooks = [("begins", before), ("is over", after)]
        notes = tuple(
            f"when the outage of a member {when}, this runs: {command}"
            for when, command in hooks
            if command
        )
        by_hand = ByHand(put_back=after, take_out=before, where="")
        return Survey(refusals, notes, abilities, by_hand)

    async def look(
        self,
        instance: str,
        members: Collection[str] | None,
        *,
        former: Collection[Incarnation] = (),
    ) -> InstanceView:
        at = self._clock.now()
        asked = [one for one in self._pool.servers if members is None or one.name in members]
        return InstanceView(
            instance=INSTANCE,
            at=at,
            incarnation=self._one,
            lines=tuple(_line(one, self._standing(one)) for one in asked),
            is_full=members is None,
            backends={BACKEND: None},
            lingering=False,
        )

    async def changed(self, instance: str) -> None:
        """Nobody tells."""
        await asyncio.Event().wait()

    async def open(self, course: Course | None = Course.UPGRADE) -> Mapping[str, str]:
        return {}

    async def close(self, kept: Mapping[str, str]) -> None:
        """There is nothing but the members."""

    async def drain(self, member: str, seats: Seats = ()) -> Confirmed:
        return await self.take_out(member, seats)

    async def take_out(self, member: str, seats: Seats = ()) -> Confirmed:
        one = self._server(member, seats)
        standing = await self._settled(one)
        if standing.stage is Stage.IN:
            await self._change(one, begun(Stage.LEAVING))
        return {INSTANCE: self._one}

    async def cut(self, member: str, seats: Seats = ()) -> NoReturn:
        self._server(member, seats)
        raise CommandRefused(INSTANCE, "nothing here closes the connections of a member")

    async def begin_return(self, member: str, seats: Seats = ()) -> Confirmed:
        """It is proven while it is out: there is nothing to set."""
        self._server(member, seats)
        return {INSTANCE: self._one}

    async def put_back(
        self, member: str, found: Found, share: int = FULL, seats: Seats = ()
    ) -> Confirmed:
        one = self._server(member, seats)
        if share < FULL:
            raise Unweighted(INSTANCE, "what stands alone has no weight")
        standing = await self._settled(one)
        if standing.stage is Stage.OUT:
            await self._change(one, begun(Stage.RETURNING))
        return {INSTANCE: self._one}

    async def _settled(self, one: Server) -> Standing:
        """In or out: a change that another process began is brought to its end."""
        standing = self._standing(one)
        if standing.stage in (Stage.IN, Stage.OUT):
            return standing
        await self._change(one, standing)
        return self._standing(one)

    async def _change(self, one: Server, standing: Standing) -> None:
        """What failed has changed nothing. Raises HookFailed."""
        leaves = standing.stage is Stage.LEAVING
        what, task = ("before", one.before) if leaves else ("after", one.after)
        was, then = (Stage.IN, Stage.OUT) if leaves else (Stage.OUT, Stage.IN)
        self._keep(one, standing)
        try:
            if task is not None:
                await run_once(self._tasks, INSTANCE, what, one.name, task, standing.token)
        except CommandRefused:
            self._keep(one, Standing(was))
            raise
        self._keep(one, Standing(then))

    def _standing(self, one: Server) -> Standing:
        try:
            return self._kept.of(_key(one))
        except StateError as error:
            raise BalancerUnreachable(INSTANCE, str(error)) from None

    def _keep(self, one: Server, standing: Standing) -> None:
        try:
            self._kept.keep(_key(one), standing)
        except StateError as error:
            raise BalancerUnreachable(INSTANCE, str(error)) from None

    def _server(self, member: str, seats: Seats) -> Server:
        """Raises NoSuchMember, CommandRefused."""
        if (one := self._servers.get(member)) is None:
            raise NoSuchMember(INSTANCE, f"pool.hosts.members has no {member}")
        now = _occupant(one)
        for seat in seats:
            if seat.occupant.id != now.id:
                raise CommandRefused(INSTANCE, f"{member} is now {now}, and was {seat.occupant}")
        return one

    async def aclose(self) -> None:
        """Nothing is open."""


def _key(one: Server) -> str:
    return f"host:{one.address}:{one.port}"


def _occupant(one: Server) -> Occupant:
    return Occupant(f"{one.address}:{one.port}", one.address, one.port)


def _line(one: Server, standing: Standing) -> Line:
    return Line(
        backend=BACKEND,
        member=one.name,
        key=_key(one),
        occupant=_occupant(one),
        admin=_ADMIN[standing.stage],
        health=Health.UNCHECKED,
        check=Check.NONE,
        in_flight=None,
        arrivals=None,
        counters=None,
    )
