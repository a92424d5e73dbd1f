"""Implements `controller.ports.LoadBalancer` by three scripts: out, in, state.

What a script says is never taken for done: the state is read back after each setting.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Final, NoReturn

from adapters.scripted.reading import Reading, line_of, occupant_of
from adapters.scripted.scripts import HostScripts
from adapters.scripted.survey import survey_of
from adapters.scripted.together import together
from controller.core.pool import FULL, Admin, Counters, Found, Incarnation, InstanceView
from controller.core.steps import Course
from controller.errors import CommandRefused, NoSuchMember, WeightRefused
from controller.pools.scripted import BACKEND, Host, ScriptedPool
from controller.ports import Clock, Commands
from controller.records import Confirmed, Seats, Survey
from controller.tasks import Command

ONE: Final = Incarnation("scripts", 0)
"""Whether the balancer was started again behind its scripts is not to be seen: what was set is
read back at every look, and one that has forgotten it looks like another hand."""
INSTANCE: Final = "scripts"
AT_ONCE: Final = 8
"""Scripts side by side."""
AGAIN: Final = timedelta(milliseconds=250)
"""Between two questions whether a setting shows."""

DRAINED: Final = frozenset({Admin.DRAINING, Admin.OUT})
OUT: Final = frozenset({Admin.OUT})
READY: Final = frozenset({Admin.READY})


class ScriptedBalancer:
    def __init__(self, pool: ScriptedPool, commands: Commands, clock: Clock) -> None:
        self._pool = pool
        self._hosts = {host.name: host for host in pool.hosts}
        self._clock = clock
        self._instance = INSTANCE
        self._scripts = HostScripts(self._instance, commands)
        self._turn = asyncio.Semaphore(AT_ONCE)

    @property
    def instances(self) -> Sequence[str]:
        return (self._instance,)

    async def survey(self, view: InstanceView, selected: Collection[str]) -> Survey:
        return survey_of(self._pool, view, self._scripts.unstartable)

    async def look(
        self,
        instance: str,
        members: Collection[str] | None,
        *,
        former: Collection[Incarnation] = (),
    ) -> InstanceView:
        at = self._clock.now()
        asked = [host for host in self._pool.hosts if members is None or host.name in members]
        readings = await self._read(asked)
        lines = tuple(line_of(*one) for one in zip(asked, readings, strict=True))
        return InstanceView(
            instance=self._instance,
            at=at,
            incarnation=ONE,
            lines=lines,
            is_full=members is None,
            backends={BACKEND: _sum(readings) if members is None else None},
            lingering=False,
        )

    async def _read(self, hosts: Sequence[Host]) -> Sequence[Reading]:
        async def one(host: Host) -> Reading:
            async with self._turn:
                return await self._scripts.state(host)

        return await together(map(one, hosts))

    async def changed(self, instance: str) -> None:
        """Nobody tells."""
        await asyncio.Event().wait()

    async def open(self, course: Course | None = Course.UPGRADE) -> Mapping[str, str]:
        return {}

    async def close(self, kept: Mapping[str, str]) -> None:
        """There is nothing but the members."""

    async def drain(self, member: str, seats: Seats = ()) -> Confirmed:
        host = self._host(member, seats)
        return await self._set(host, "out", host.scripts.out, DRAINED)

    async def take_out(self, member: str, seats: Seats = ()) -> Confirmed:
        host = self._host(member, seats)
        return await self._set(host, "out", host.scripts.out, OUT)

    async def cut(self, member: str, seats: Seats = ()) -> NoReturn:
        self._host(member, seats)
        raise CommandRefused(self._instance, "no script closes the connections of a member")

    async def begin_return(self, member: str, seats: Seats = ()) -> Confirmed:
        """It is proven while it is out: there is nothing to set."""
        self._host(member, seats)
        return {self._instance: ONE}

    async def put_back(
        self, member: str, found: Found, share: int = FULL, seats: Seats = ()
    ) -> Confirmed:
        host = self._host(member, seats)
        if share < FULL:
            raise WeightRefused(self._instance, "its scripts know no weights")
        return await self._set(host, "in", host.scripts.back, READY)

    def _host(self, member: str, seats: Seats) -> Host:
        """Raises NoSuchMember, CommandRefused."""
        if (host := self._hosts.get(member)) is None:
            raise NoSuchMember(self._instance, f"pool.hosts.members has no {member}")
        now = occupant_of(host)
        for seat in seats:
            if seat.occupant.id != now.id:
                raise CommandRefused(
                    self._instance, f"{member} is now {now}, and was {seat.occupant}"
                )
        return host

    async def _set(
        self, host: Host, key: str, command: Command, wanted: Collection[Admin]
    ) -> Confirmed:
        """Runs the script, unless the state shows it already, and reads it back."""
        reading = await self._scripts.state(host)
        if reading.admin not in wanted:
            await self._scripts.run(host, key, command)
            await self._show(host, key, wanted, command.timeout)
        return {self._instance: ONE}

    async def _show(
        self, host: Host, key: str, wanted: Collection[Admin], within: timedelta
    ) -> None:
        deadline = self._clock.now() + within
        while True:
            reading = await self._scripts.state(host)
            if reading.admin in wanted:
                return
            if self._clock.now() >= deadline:
                raise CommandRefused(
                    self._instance,
                    f"`{key}` of {host.name} ended with exit code 0, and `state` still says "
                    f"{reading.admin}",
                )
            await self._clock.sleep(AGAIN)

    async def aclose(self) -> None:
        """Nothing is open."""


def _sum(readings: Sequence[Reading]) -> Counters | None:
    """Of all members, where all of them are counted."""
    counted = [reading.counters for reading in readings]
    known = [one for one in counted if one is not None]
    return sum(known, Counters()) if known and len(known) == len(counted) else None
