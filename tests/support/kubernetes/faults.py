"""Faults on demand: what happens to single requests, and a log of all of them.

A rule meets the next calls that it matches: held until a test lets them go, refused with a status,
or cut off without an answer, before or after the write took effect. So a client can be killed
between any two of its writes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.support.kubernetes.requests import Call

Matches = Callable[[Call], bool]
Act = Callable[[Call], Awaitable[None] | None]


class Cut(Exception):
    """The connection ends without an answer."""


@dataclass(slots=True)
class Rule:
    """`act` may raise StatusError (is answered) or Cut. `met` counts."""

    matches: Matches
    act: Act
    times: int
    is_after: bool
    met: int = 0
    first: asyncio.Event = field(default_factory=asyncio.Event)
    """Set as soon as the first call met it, before `act`."""


def writes(call: Call) -> bool:
    """Real writes: no dry runs, no reviews."""
    return call.is_write and not call.is_dry


def nth(number: int, manager: str = "", matches: Matches = writes) -> Matches:
    """The call of this number, counted from 1, of those by `manager` that match."""
    met = 0

    def is_it(call: Call) -> bool:
        nonlocal met
        met += matches(call) and manager in ("", call.manager)
        return met == number and matches(call) and manager in ("", call.manager)

    return is_it


class Faults:
    def __init__(self) -> None:
        self.log: list[Call] = []
        self._rules: list[Rule] = []

    def add(self, matches: Matches, act: Act, *, times: int = 1, after: bool = False) -> Rule:
        """`after`: once the write took effect, before it is answered."""
        rule = Rule(matches, act, times, after)
        self._rules.append(rule)
        return rule

    def refuse(self, matches: Matches, error: Exception, *, times: int = 1) -> Rule:
        """Answered with `error`, nothing is done."""

        def act(call: Call) -> None:
            raise error

        return self.add(matches, act, times=times)

    def cut(self, matches: Matches = writes, *, after: bool = False, times: int = 1) -> Rule:
        """No answer; `after`: though it was done."""
        return (
            self.refuse_after(matches, Cut(), times)
            if after
            else self.refuse(matches, Cut(), times=times)
        )

    def refuse_after(self, matches: Matches, error: Exception, times: int = 1) -> Rule:
        def act(call: Call) -> None:
            raise error

        return self.add(matches, act, times=times, after=True)

    def hold(
        self, matches: Matches, *, times: int = 1, after: bool = False
    ) -> tuple[Rule, asyncio.Event]:
        """Calls wait until the event is set."""
        go_on = asyncio.Event()

        async def act(call: Call) -> None:
            await go_on.wait()

        return self.add(matches, act, times=times, after=after), go_on

    def slow(self, matches: Matches, seconds: float, *, times: int = 1_000_000) -> Rule:
        async def act(call: Call) -> None:
            await asyncio.sleep(seconds)

        return self.add(matches, act, times=times)

    def remove(self, rule: Rule) -> None:
        self._rules.remove(rule)

    async def before(self, call: Call) -> None:
        self.log.append(call)
        await self._meet(call, is_after=False)

    async def after(self, call: Call) -> None:
        await self._meet(call, is_after=True)

    async def _meet(self, call: Call, *, is_after: bool) -> None:
        for rule in tuple(self._rules):
            if rule.is_after is is_after and rule.met < rule.times and rule.matches(call):
                rule.met += 1
                rule.first.set()
                acted = rule.act(call)
                if acted is not None:
                    await acted

    def writes(self, manager: str = "") -> list[Call]:
        """Real writes so far that succeeded, by a manager or an agent's first word."""
        return [
            call
            for call in self.log
            if writes(call)
            and 200 <= call.status < 300
            and (not manager or call.manager == manager)
        ]
