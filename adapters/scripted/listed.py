"""What balancers have in common that keep themselves where a member is: see `kept`."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Generic, NoReturn, Protocol, TypeVar

from adapters.scripted.kept import Kept, Standing
from controller.core.pool import Incarnation, Occupant
from controller.core.steps import Course
from controller.errors import BalancerUnreachable, CommandRefused, NoSuchMember, StateError
from controller.records import Confirmed, Seats


class Place(Protocol):
    """A member as the rollout file lists it."""

    @property
    def name(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def port(self) -> int: ...


P = TypeVar("P", bound=Place)


class Listed(Generic[P]):
    """The part of `controller.ports.LoadBalancer` that is the same for all of them."""

    def __init__(self, instance: str, places: Sequence[P], kept: Kept, here: str) -> None:
        """`here`: the machine on which `kept` is; on another one, nothing is known."""
        self._instance = instance
        self._places = {one.name: one for one in places}
        self._kept = kept
        self._one = Incarnation(here or "here", 0)

    @property
    def instances(self) -> Sequence[str]:
        return (self._instance,)

    @property
    def _confirmed(self) -> Confirmed:
        return {self._instance: self._one}

    async def changed(self, instance: str) -> None:
        """Nobody tells."""
        await asyncio.Event().wait()

    async def open(self, course: Course | None = Course.UPGRADE) -> Mapping[str, str]:
        return {}

    async def close(self, kept: Mapping[str, str]) -> None:
        """There is nothing but the members."""

    async def cut(self, member: str, seats: Seats = ()) -> NoReturn:
        self._place(member, seats)
        raise CommandRefused(self._instance, "nothing here closes the connections of a member")

    async def begin_return(self, member: str, seats: Seats = ()) -> Confirmed:
        """It is proven while it is out: there is nothing to set."""
        self._place(member, seats)
        return self._confirmed

    async def aclose(self) -> None:
        """Nothing is open."""

    def _place(self, member: str, seats: Seats) -> P:
        """Raises NoSuchMember, CommandRefused."""
        if (one := self._places.get(member)) is None:
            raise NoSuchMember(self._instance, f"pool.hosts has no member {member}")
        now = occupant_at(one)
        for seat in seats:
            if seat.occupant.id != now.id:
                raise CommandRefused(
                    self._instance, f"{member} is now {now}, and was {seat.occupant}"
                )
        return one

    def _standing(self, one: P) -> Standing:
        try:
            return self._kept.of(key_of(one))
        except StateError as error:
            raise BalancerUnreachable(self._instance, str(error)) from None

    def _keep(self, one: P, standing: Standing) -> None:
        try:
            self._kept.keep(key_of(one), standing)
        except StateError as error:
            raise BalancerUnreachable(self._instance, str(error)) from None


def key_of(one: Place) -> str:
    return f"host:{one.address}:{one.port}"


def occupant_at(one: Place) -> Occupant:
    """The same for as long as the file means the same host."""
    return Occupant(f"{one.address}:{one.port}", one.address, one.port)
