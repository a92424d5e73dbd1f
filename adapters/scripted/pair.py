"""Implements `controller.ports.LoadBalancer` for two boxes of which one stands by. Who stands by is
out of its users' way already. To take out the active one is to promote the other: it is asked, run
once, and read back, before anything else is done.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from adapters.scripted.kept import Kept, Stage, Standing, begun
from adapters.scripted.listed import Listed, key_of, occupant_at
from adapters.scripted.once import run_once
from adapters.scripted.reading import PAIR, STANDBY, Reading
from adapters.scripted.scripts import HostScripts
from adapters.scripted.together import together
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
from controller.errors import BalancerError, CommandRefused, HookFailed, WeightRefused
from controller.pools.pair import Box, PairPool
from controller.pools.scripted import BACKEND
from controller.ports import Clock, Commands, Tasks
from controller.records import Confirmed, Seats, Survey
from controller.typed import in_folder, typed

INSTANCE: Final = "the pair"
"""As in `2 members of hosts behind the pair`."""
ACTIVE: Final = "active"
"""What `ready` means of one of the two."""
AGAIN: Final = timedelta(milliseconds=250)
"""Between two questions whether a promotion shows."""
SHOWS: Final = timedelta(seconds=10)
"""So long it is waited for that, beyond the time that `promote` has."""


class PairBoxes(Listed[Box]):
    def __init__(
        self,
        pool: PairPool,
        commands: Commands,
        tasks: Tasks,
        clock: Clock,
        kept: Kept,
        here: str = "",
    ) -> None:
        super().__init__(INSTANCE, pool.boxes, kept, here)
        self._pool = pool
        self._tasks = tasks
        self._clock = clock
        self._scripts = HostScripts(INSTANCE, commands, PAIR)

    async def survey(self, view: InstanceView, selected: Collection[str]) -> Survey:
        roles = {one.name: await self._is_standby(one) for one in self._pool.boxes}
        waiting = [name for name, is_standby in roles.items() if is_standby]
        refusals = []
        if len(waiting) != 1:
            names, word = " and ".join(roles), "standby" if waiting else "ready"
            refusals.append(f"{names} both say {word}: one of the two must be ready, one standby")
        if (why := self._tasks.unstartable(self._pool.boxes[0].promote)) is not None:
            refusals.append(f"pool.hosts.promote: {why}")
        ordered = (*waiting, *(name for name in roles if name not in waiting))
        abilities = Abilities(
            unweighted={BACKEND: "is a pair, of which one is active"},
            settle=self._pool.settle,
            counts=False,
            cuts=False,
            remembers=True,
            pace=self._pool.every,
            ordered=ordered,
            ordered_why="it is the active one, and the standby goes first",
        )
        promote = next(one.promote for one in self._pool.boxes if one.name == ordered[0])
        note = (
            f"{ordered[0]} stands by; before {ordered[-1]} is touched, if it is, this runs"
            f"{' ' * bool(where := in_folder(promote))}{where}: {typed(promote)}"
        )
        by_hand = ByHand(where="")
        return Survey(tuple(refusals), (note,), abilities, by_hand)

    async def look(
        self,
        instance: str,
        members: Collection[str] | None,
        *,
        former: Collection[Incarnation] = (),
    ) -> InstanceView:
        at = self._clock.now()
        asked = [one for one in self._pool.boxes if members is None or one.name in members]
        found = await together(self._scripts.ask(one.name, one.state) for one in asked)
        pairs = sorted(zip(asked, found, strict=True), key=lambda pair: not _stands_by(pair[1]))
        return InstanceView(
            instance=INSTANCE,
            at=at,
            incarnation=self._one,
            lines=tuple(_line(one, said, self._standing(one)) for one, said in pairs),
            is_full=members is None,
            backends={BACKEND: None},
            lingering=False,
        )

    async def _said(self, one: Box) -> Reading | BalancerError:
        try:
            return await self._scripts.ask(one.name, one.state)
        except BalancerError as error:
            return error

    async def _is_standby(self, one: Box) -> bool:
        """Raises BalancerError."""
        return _stands_by(await self._scripts.ask(one.name, one.state))

    async def drain(self, member: str, seats: Seats = ()) -> Confirmed:
        one = self._place(member, seats)
        standing = self._standing(one)
        if standing.stage is Stage.LEAVING or not await self._is_standby(one):
            await self._promote_other(one, standing)
        self._keep(one, Standing(Stage.OUT))
        return self._confirmed

    async def take_out(self, member: str, seats: Seats = ()) -> Confirmed:
        one = self._place(member, seats)
        if self._standing(one).stage is Stage.LEAVING:
            return await self.drain(member, seats)
        if not await self._is_standby(one):
            raise CommandRefused(
                INSTANCE, f"{member} is active now, and nobody is promoted in its place unasked"
            )
        self._keep(one, Standing(Stage.OUT))
        return self._confirmed

    async def put_back(
        self, member: str, found: Found, share: int = FULL, seats: Seats = ()
    ) -> Confirmed:
        """It stands by from then on, or is active as it was."""
        one = self._place(member, seats)
        if share < FULL:
            raise WeightRefused(INSTANCE, "a pair knows no weights")
        if (standing := self._standing(one)).stage is Stage.LEAVING:
            await self._promote_other(one, standing)
        self._keep(one, Standing(Stage.IN))
        return self._confirmed

    async def _promote_other(self, one: Box, standing: Standing) -> None:
        """What failed has changed nothing that is ours. Raises BalancerError."""
        other = next(box for box in self._pool.boxes if box.name != one.name)
        if standing.stage is not Stage.LEAVING:
            if not await self._is_standby(other):
                raise HookFailed(INSTANCE, f"{one.name} and {other.name} are both active")
            standing = begun(Stage.LEAVING)
        self._keep(one, standing)
        until = self._clock.now() + other.promote.timeout + SHOWS
        try:
            await run_once(
                self._tasks, INSTANCE, "promote", other.name, other.promote, standing.token
            )
            await self._show(one, other, until)
        except CommandRefused:
            self._keep(one, Standing())
            raise

    async def _show(self, one: Box, other: Box, until: timedelta) -> None:
        """Both have changed places, as the boxes themselves say. Raises HookFailed."""
        while True:
            said = [await self._said(box) for box in (other, one)]
            roles = [_stands_by(s) if isinstance(s, Reading) else None for s in said]
            if roles == [False, True]:
                return
            if self._clock.now() >= until:
                shown = ", ".join(
                    f"{box.name} says {s.word}" if isinstance(s, Reading) else s.reason
                    for box, s in zip((other, one), said, strict=True)
                )
                raise HookFailed(
                    INSTANCE, f"`promote` of {other.name} ended with exit code 0, and {shown}"
                )
            await self._clock.sleep(AGAIN)


def _stands_by(said: Reading) -> bool:
    return said.word == STANDBY


def _line(one: Box, said: Reading, standing: Standing) -> Line:
    """Who stands by could take over: it serves as far as the floor is concerned, unless we have
    it out."""
    admin = Admin.READY
    if standing.stage is Stage.LEAVING:
        admin = Admin.DRAINING
    elif _stands_by(said) and standing.stage is Stage.OUT:
        admin = Admin.OUT
    has_health = said.health is not Health.UNCHECKED
    return Line(
        backend=BACKEND,
        member=one.name,
        key=key_of(one),
        occupant=occupant_at(one),
        admin=admin,
        health=said.health,
        check=Check.RUNNING if has_health else Check.NONE,
        role=STANDBY if _stands_by(said) else ACTIVE,
        in_flight=0 if _stands_by(said) and said.in_flight is None else said.in_flight,
        arrivals=None,
        counters=None,
    )
