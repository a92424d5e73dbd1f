"""What every LoadBalancer must do, whatever is behind it: run against the fake and the real one.

Subclass `BalancerContract` and give it a `stage` fixture.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import pytest

from controller.core.plan.abilities import MEMBER
from controller.core.pool import (
    FULL,
    Admin,
    Check,
    Found,
    Health,
    InstanceView,
    Line,
    Occupant,
    Seat,
    found_in,
    seats_in,
)
from controller.errors import CommandRefused, NoSuchMember, WeightRefused
from controller.ports import Clock, LoadBalancer
from controller.records import Confirmed, Seats

T = TypeVar("T")


async def eventually(
    ask: Callable[[], Awaitable[T]], holds: Callable[[T], bool], within: float = 60
) -> T:
    """The first answer that holds; fails after `within` seconds with the last one."""
    deadline = asyncio.get_running_loop().time() + within
    while not holds(answer := await ask()):
        if asyncio.get_running_loop().time() > deadline:
            pytest.fail(f"not within {within:g} s; last seen: {answer}")
        await asyncio.sleep(0.005)
    return answer


@dataclass(frozen=True)
class Stage:
    """A pool with at least two members, all in rotation and healthy, weight 20 or more where it
    weighs, none of them following another, with a health check that runs and would pass."""

    balancer: LoadBalancer
    clock: Clock
    backends: tuple[str, ...]
    members: tuple[str, ...]
    pauses: bool = True
    """Whether its check is paused while a member is out, and begins anew on the way back."""
    weighs: bool = True
    cuts: bool = True
    lags: bool = False
    """Whether what is set shows a moment later; then a member without users is out by itself."""

    async def views(self, member: str | None = None) -> list[InstanceView]:
        members = None if member is None else (member,)
        return [await self.balancer.look(name, members) for name in self.balancer.instances]

    async def lines(self, member: str) -> list[Line]:
        return [line for view in await self.views(member) for line in view.lines]

    async def found(self, member: str) -> Found:
        return found_in(
            (view.instance, line) for view in await self.views(member) for line in view.lines
        )

    async def seats(self, member: str) -> tuple[Seat, ...]:
        return seats_in(
            (view.instance, line) for view in await self.views(member) for line in view.lines
        )

    async def settings(self, member: str) -> Sequence[Callable[[Seats], Awaitable[Confirmed]]]:
        """Every setting, in the order of a whole way out and back."""
        balancer, found = self.balancer, await self.found(member)
        return [
            partial(balancer.drain, member),
            partial(balancer.take_out, member),
            *([partial(balancer.cut, member)] if self.cuts else []),
            partial(balancer.begin_return, member),
            *([partial(balancer.put_back, member, found, 50)] if self.weighs else []),
            partial(balancer.put_back, member, found, FULL),
        ]

    async def settled(self, member: str, holds: Callable[[list[Line]], bool]) -> list[Line]:
        """Its lines, as soon as they hold."""
        lines = await self.lines(member)
        if not self.lags:
            assert holds(lines), lines
            return lines
        return await eventually(lambda: self.lines(member), holds)

    @property
    def away(self) -> frozenset[Admin]:
        """What a drained member may show."""
        return frozenset({Admin.DRAINING, *([Admin.OUT] if self.lags else [])})

    @property
    def coming(self) -> Admin:
        """What a member shows that waits for its check on the way back."""
        return Admin.DRAINING if self.pauses else Admin.OUT


def all_in(admin: Admin) -> Callable[[list[Line]], bool]:
    return lambda lines: all(line.admin is admin for line in lines)


def serving(lines: list[Line]) -> bool:
    return all(line.is_serving for line in lines)


def passing(lines: list[Line]) -> bool:
    return all(line.health is Health.PASSING for line in lines)


class BalancerContract:
    @pytest.fixture
    def member(self, stage: Stage) -> str:
        return stage.members[0]

    async def test_full_look_shows_every_line(self, stage: Stage) -> None:
        """A look without names shows each member in each backend, once."""
        for view in await stage.views():
            shown = sorted((line.backend, line.member) for line in view.lines)
            assert shown == sorted((b, m) for b in stage.backends for m in stage.members)
            assert view.is_full
            assert set(view.backends) == set(stage.backends)

    async def test_each_place_is_occupied_and_has_a_key(self, stage: Stage) -> None:
        """No two members have a key in common, every instance shows the same keys, and each member
        at rest has an occupant of its own, with an address (S10)."""
        by_instance = [{line.key for line in view.lines} for view in await stage.views()]
        assert all(keys == by_instance[0] for keys in by_instance)
        assert all(len(keys) == len(stage.members) * len(stage.backends) for keys in by_instance)
        ids = set()
        for member in stage.members:
            occupants = [line.occupant for line in await stage.lines(member)]
            assert all(one is not None and one.address and one.port for one in occupants)
            ids |= {one.id for one in occupants if one is not None}
            assert len({one.id for one in occupants if one is not None}) == 1
        assert len(ids) == len(stage.members)

    async def test_checks_pause_while_a_member_is_out(self, stage: Stage, member: str) -> None:
        """Its own health check runs in rotation, while draining and on the way back, and is paused
        while it is out, where it speaks neither for nor against the member."""

        async def checks() -> set[Check]:
            return {line.check for line in await stage.lines(member)}

        seen = [await checks()]
        for act in (stage.balancer.drain, stage.balancer.take_out, stage.balancer.begin_return):
            await act(member)
            seen.append(await checks())
        running, paused = {Check.RUNNING}, {Check.PAUSED}
        assert seen == [running, running, paused if stage.pauses else running, running]
        lines = await eventually(lambda: stage.lines(member), passing)
        assert all(line.is_coming and line.has_passed for line in lines)

    async def test_settings_say_who_confirmed_them(self, stage: Stage, member: str) -> None:
        """Each setting answers, for every instance, the incarnation that a look shows."""
        shown = {view.instance: view.incarnation for view in await stage.views()}
        for act in await stage.settings(member):
            confirmed = await act(await stage.seats(member))
            assert list(confirmed) == list(stage.balancer.instances)
            assert all(confirmed[name].is_same(one) for name, one in shown.items())

    async def test_another_occupant_is_left_alone(self, stage: Stage, member: str) -> None:
        """Where another is in the member's place than was meant, every setting is refused in an
        error that names both, and nothing is set anywhere."""
        seats = await stage.seats(member)
        meant = Occupant("another-one", "192.0.2.99", 4711)
        others = [replace(seat, occupant=meant) for seat in seats]
        acts = await stage.settings(member)
        before = await stage.lines(member)
        for act in acts:
            with pytest.raises(CommandRefused) as caught:
                await act(others)
            assert str(meant) in str(caught.value)
            assert str(seats[0].occupant) in str(caught.value)
            assert await stage.lines(member) == before
        await acts[1](seats)
        taken_out = await stage.settled(member, all_in(Admin.OUT))
        for act in acts:
            with pytest.raises(CommandRefused):
                await act(others)
        assert await stage.lines(member) == taken_out

    async def test_small_look_shows_only_who_was_asked_for(self, stage: Stage, member: str) -> None:
        """A look at one member shows its line in each backend, and says that it is not full."""
        for view in await stage.views(member):
            assert sorted(line.backend for line in view.of(member)) == sorted(stage.backends)
            assert {line.member for line in view.lines} == {member}
            assert not view.is_full
            assert set(view.backends) == set(stage.backends)

    async def test_small_and_full_look_agree(self, stage: Stage, member: str) -> None:
        """Both kinds of look say the same about a line at rest."""
        small = [view.of(member) for view in await stage.views(member)]
        full = [view.of(member) for view in await stage.views()]
        assert small == full

    async def test_look_is_dated_before_it_was_asked(self, stage: Stage) -> None:
        """Nothing in a view is older than its date, and dates do not come from the future."""
        before = stage.clock.now()
        views = await stage.views()
        after = stage.clock.now()
        assert all(before <= view.at <= after for view in views)

    async def test_incarnation_stays_the_same(self, stage: Stage) -> None:
        """Without a reload, two looks name the same incarnation."""
        first, second = await stage.views(), await stage.views()
        assert all(a.incarnation.is_same(b.incarnation) for a, b in zip(first, second, strict=True))

    async def test_look_at_a_stranger_shows_nothing(self, stage: Stage) -> None:
        """A name that is no member has no lines; that is no error of a look."""
        assert await stage.lines("stranger") == []

    async def test_drain_reaches_every_line(self, stage: Stage, member: str) -> None:
        """A drained member is draining in every backend of every instance, and stays healthy."""
        await stage.balancer.drain(member)
        lines = await stage.lines(member)
        assert len(lines) == len(stage.backends) * len(stage.balancer.instances)
        assert {line.admin for line in lines} <= stage.away
        assert all(line.is_out and line.health is Health.PASSING for line in lines)

    async def test_take_out_reaches_every_line(self, stage: Stage, member: str) -> None:
        """A member taken out is out everywhere, and nothing is in flight at it."""
        await stage.balancer.take_out(member)
        lines = await stage.settled(member, all_in(Admin.OUT))
        assert all(not line.in_flight and not line.is_serving for line in lines)

    async def test_settings_leave_the_others_alone(self, stage: Stage, member: str) -> None:
        """Draining, taking out and returning one member changes no other member's line."""
        others = stage.members[1:]
        found = await stage.found(member)

        async def states() -> Mapping[str, list[tuple[Admin, Health, int]]]:
            return {
                other: [(x.admin, x.health, x.weight) for x in await stage.lines(other)]
                for other in others
            }

        before = await states()
        for act in (stage.balancer.drain, stage.balancer.take_out, stage.balancer.begin_return):
            await act(member)
            assert await states() == before
        await stage.balancer.put_back(member, found)
        assert await states() == before

    async def test_settings_may_be_repeated(self, stage: Stage, member: str) -> None:
        """Each setting twice in a row does what once does."""
        found = await stage.found(member)
        for _ in range(2):
            await stage.balancer.drain(member)
        assert {line.admin for line in await stage.lines(member)} <= stage.away
        for _ in range(2):
            await stage.balancer.take_out(member)
        await stage.settled(member, all_in(Admin.OUT))
        for _ in range(2):
            await stage.balancer.begin_return(member)
        for _ in range(2):
            await stage.balancer.put_back(member, found)
        assert all_in(Admin.READY)(await stage.lines(member))

    async def test_drained_member_goes_back_as_it_was(self, stage: Stage, member: str) -> None:
        """From draining straight back: ready, with the weight that was found."""
        found = await stage.found(member)
        await stage.balancer.drain(member)
        await stage.balancer.put_back(member, found)
        await stage.settled(member, serving)
        assert await stage.found(member) == found

    async def test_return_begins_unhealthy_and_out_of_rotation(
        self, stage: Stage, member: str
    ) -> None:
        """After `begin_return` nobody is sent to the member, and its checks bring it to passing."""
        await stage.balancer.drain(member)
        await stage.balancer.take_out(member)
        await stage.balancer.begin_return(member)
        assert all(not line.is_serving for line in await stage.lines(member))
        lines = await eventually(lambda: stage.lines(member), passing)
        if stage.lags:
            lines = await stage.settled(member, all_in(stage.coming))
        assert all_in(stage.coming)(lines)

    async def test_whole_return_restores_what_was_found(self, stage: Stage, member: str) -> None:
        """Drain, out, return, ready: weight, and what else is kept of it, are what they were."""
        found = await stage.found(member)
        await stage.balancer.drain(member)
        await stage.balancer.take_out(member)
        await stage.balancer.begin_return(member)
        await eventually(lambda: stage.lines(member), passing)
        await stage.balancer.put_back(member, found)
        await stage.settled(member, serving)
        assert await stage.found(member) == found

    async def test_put_back_with_another_weight_sets_it(self, stage: Stage, member: str) -> None:
        """A step of a ramp is `put_back` with a share of the found weight, rounded up, nothing
        else restored; the way up ends at what was found. Where only all or nothing is taken, that
        is said and nothing is set."""
        found = await stage.found(member)
        await stage.balancer.take_out(member)
        if not stage.weighs:
            with pytest.raises(WeightRefused):
                await stage.balancer.put_back(member, found, 50)
            assert all(line.is_out for line in await stage.lines(member))
            return
        for share in (1, 50):
            await stage.balancer.put_back(member, found, share)
            lines = await stage.lines(member)
            assert all(line.is_serving and not line.keep for line in lines)
            assert [line.weight for line in lines] == [one.weighing(share) for one in found.lines]
        await stage.balancer.put_back(member, found)
        assert await stage.found(member) == found

    async def test_line_unknown_to_what_was_found_keeps_its_weight(
        self, stage: Stage, member: str
    ) -> None:
        """With no record at all, `put_back` makes ready and leaves the weight."""
        before = [line.weight for line in await stage.lines(member)]
        await stage.balancer.take_out(member)
        await stage.balancer.put_back(member, Found(()))
        lines = await stage.lines(member)
        assert all_in(Admin.READY)(lines)
        assert [line.weight for line in lines] == before

    async def test_cut_of_a_quiet_member_changes_nothing(self, stage: Stage, member: str) -> None:
        """Cutting where nothing is in flight is no error, where anything can be cut at all."""
        await stage.balancer.take_out(member)
        if stage.cuts:
            await stage.balancer.cut(member)
        else:
            with pytest.raises(CommandRefused):
                await stage.balancer.cut(member)
        await stage.settled(member, all_in(Admin.OUT))

    async def test_setting_a_stranger_is_refused(self, stage: Stage) -> None:
        """A setting for a name that is no member names it in its error, and touches nobody."""
        found = await stage.found(stage.members[0])
        for act in (stage.balancer.drain, stage.balancer.take_out, stage.balancer.begin_return):
            with pytest.raises(NoSuchMember, match="stranger"):
                await act("stranger")
        with pytest.raises(NoSuchMember, match="stranger"):
            await stage.balancer.put_back("stranger", found)
        for member in stage.members:
            assert all(line.is_serving for line in await stage.lines(member))

    async def test_survey_says_how_to_act_by_hand(self, stage: Stage) -> None:
        """A survey of members that serve refuses nothing, and has a command for either way in
        which the member's name has a place."""
        for name in stage.balancer.instances:
            view = await stage.balancer.look(name, None)
            survey = await stage.balancer.survey(view, stage.members)
            assert survey.refusals == ()
            assert MEMBER in survey.by_hand.put_back
            assert MEMBER in survey.by_hand.take_out
            assert survey.abilities.sticky.keys() <= set(stage.backends)
