"""Implements `controller.ports.LoadBalancer` where there is none: to take a member out is to run
what its users are to be spared by, and to put it back is to run what ends that.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from adapters.scripted.kept import Kept, Stage, Standing, begun
from adapters.scripted.listed import Listed, key_of, occupant_at
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
)
from controller.errors import CommandRefused, WeightRefused
from controller.pools.alone import AlonePool, Server
from controller.pools.scripted import BACKEND
from controller.ports import Clock, Tasks
from controller.records import Confirmed, Seats, Survey
from controller.typed import for_any, in_folder, typed

INSTANCE: Final = "no balancer"
"""As in `3 members of hosts behind no balancer`."""
PACE: Final = timedelta(milliseconds=200)
_ADMIN: Final = {
    Stage.IN: Admin.READY,
    Stage.LEAVING: Admin.DRAINING,
    Stage.OUT: Admin.OUT,
    Stage.RETURNING: Admin.OUT,
}


class AloneServers(Listed[Server]):
    def __init__(
        self, pool: AlonePool, tasks: Tasks, clock: Clock, kept: Kept, here: str = ""
    ) -> None:
        super().__init__(INSTANCE, pool.servers, kept, here)
        self._pool = pool
        self._tasks = tasks
        self._clock = clock

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
        servers = self._pool.servers
        notes = tuple(
            f"when the outage of {first.name} {when}, this runs"
            f"{', and its like for the others' * (len(servers) > 1)}: {typed(task)}"
            for when, task in (("begins", first.before), ("is over", first.after))
            if task is not None
        )
        before, each_before = for_any({one.name: typed(one.before) for one in servers})
        after, each_after = for_any({one.name: typed(one.after) for one in servers})
        where = in_folder(first.before, first.after)
        by_hand = ByHand(after, before, where, each_after, each_before)
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

    async def drain(self, member: str, seats: Seats = ()) -> Confirmed:
        return await self.take_out(member, seats)

    async def take_out(self, member: str, seats: Seats = ()) -> Confirmed:
        one = self._place(member, seats)
        standing = await self._settled(one)
        if standing.stage is Stage.IN:
            await self._change(one, begun(Stage.LEAVING))
        return self._confirmed

    async def put_back(
        self, member: str, found: Found, share: int = FULL, seats: Seats = ()
    ) -> Confirmed:
        one = self._place(member, seats)
        if share < FULL:
            raise WeightRefused(INSTANCE, "what stands alone has no weight")
        standing = await self._settled(one)
        if standing.stage is Stage.OUT:
            await self._change(one, begun(Stage.RETURNING))
        return self._confirmed

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


def _line(one: Server, standing: Standing) -> Line:
    return Line(
        backend=BACKEND,
        member=one.name,
        key=key_of(one),
        occupant=occupant_at(one),
        admin=_ADMIN[standing.stage],
        health=Health.UNCHECKED,
        check=Check.NONE,
        in_flight=None,
        arrivals=None,
        counters=None,
    )
