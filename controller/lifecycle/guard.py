"""Guards the members that a halted rollout left out, until somebody decides about the halt. An
abort that leaves them out is no such decision: nobody else keeps them out after it.

Writes nothing to the journal, and sets nothing but *out*, on members that the journal says are out
because of this rollout. Each setting is made under the locks that a run would hold (S10), which are
held for no longer: whoever decides is never refused for more than that moment.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from controller.core.decide.guard import Word, guarded, now_held
from controller.core.outcome import Outcome
from controller.core.snapshot import Snapshot, looked
from controller.core.state.parts import MemberState
from controller.core.state.state import State
from controller.errors import BalancerError, LeaseLost, PoolHeld, StateError
from controller.journal.replay import replayed
from controller.journal.unfinished import Unfinished
from controller.lifecycle.look import look_once
from controller.ports import Clock, Journal, LoadBalancer, Lock, Requests
from controller.records import RolloutRow, Verb
from controller.report.members.status import is_changed

EVERY: Final = timedelta(seconds=1)
"""A reload is noticed within that (S9)."""

PATIENCE: Final = timedelta(seconds=2)
"""For the answer of a load balancer."""

BRINGS_BACK: Final = {Verb.RESUME: "resume", Verb.ABORT_RESTORE: "abort --restore"}
"""Requests that let members come back by a decision."""

UNREAD: Final = "whether the halt was decided cannot be read, so nothing is set"

STILL: Final = "stays out after the abort, and is still guarded"

Tell = Callable[[str, str], None]
"""Takes a member, or nothing, and what happened."""


def guard_name(name: str) -> str:
    """What a guard of that rollout holds: beside the rollout itself, so that a run may begin."""
    return f"guard--{hashlib.sha256(name.encode()).hexdigest()[:32]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardPorts:
    balancer: LoadBalancer
    lock: Lock
    journal: Journal
    requests: Requests
    clock: Clock


def to_guard(former: Unfinished) -> dict[str, MemberState]:
    """Members that users must not meet, out because of this rollout."""
    state = former.state
    if state.halt is None or not (state.awaits_decision or _is_aborted(state)):
        return {}
    return {m.name: m for m in state.members.values() if is_changed(m)}


def _is_aborted(state: State) -> bool:
    return state.finished is not None and state.finished.outcome is Outcome.ABORTED


class Guard:
    def __init__(self, ports: GuardPorts, former: Unfinished, tell: Tell) -> None:
        self._ports = ports
        self._former = former
        self._tell = tell
        self._members = to_guard(former)
        self._held = {name: dict(m.placement.incarnations) for name, m in self._members.items()}
        self._said: dict[str, str] = {}
        self._last = 0
        """The newest record that was read."""
        self._now = former.state
        self._is_ended = _is_aborted(former.state)

    async def run(self) -> str:
        """Until the halt is decided, or nobody is left to guard; why it ends."""
        while (why := await self._over()) is None:
            if "" not in self._said or not self._said[""]:
                await self._look()
            await self._ports.clock.sleep(EVERY)
        return why

    async def _over(self, *, is_held: bool = False) -> str | None:
        """`is_held`: nobody else can go on with the rollout at the moment."""
        if not self._members:
            return "nobody is left to guard"
        row, state = self._former.row, self._former.state
        try:
            newest = await self._ports.journal.latest(row.name)
            if newest is None or newest.id != row.id:
                return "another rollout has begun"
            asked = await self._ports.requests.pending(row.id, state.heard)
            why = await self._moved_on(newest, is_held=is_held)
        except StateError as error:
            self._say("", f"{UNREAD}: {error}")
            return None
        self._say("", "")
        decided = [one for one in asked if one.verb in BRINGS_BACK]
        return f"{BRINGS_BACK[decided[0].verb]} by {decided[0].by}" if decided else why

    async def _moved_on(self, newest: RolloutRow, *, is_held: bool) -> str | None:
        """Whether a run has written to the journal since the halt, be it that it halted again."""
        if newest.outcome not in (None, Outcome.ABORTED):
            return "the rollout has ended"
        await self._read()
        if self._now.finished is None and self._now.abort is None and not is_held:
            # An abort begins as a run does: the next record says which it is.
            await self._ports.clock.sleep(EVERY)
            await self._read()
        if newest.outcome is not None or _is_aborted(self._now):
            return self._ended()
        if self._now.abort is not None:
            by = self._now.abort
            return f"{BRINGS_BACK[Verb.ABORT_RESTORE]} by {by.by}" if by.restore else None
        is_same = self._now.began_at == self._former.state.began_at
        return None if is_same and self._now.awaits_decision else "a run goes on with the rollout"

    async def _read(self) -> None:
        journal, row = self._ports.journal, self._former.row
        if fresh := await journal.records(row.id, self._last):
            self._last = fresh[-1].seq
            self._now = (await replayed(journal, row.id)).state

    def _ended(self) -> str | None:
        """By an abort: whom it left out, and nobody else, is guarded still."""
        for name in list(self._members):
            if not is_changed(self._now.members[name]):
                del self._members[name]
            elif not self._is_ended:
                self._tell(name, STILL)
        self._is_ended = True
        return None if self._members else "the rollout has ended"

    async def _look(self) -> None:
        clock = self._ports.clock
        seen = await look_once(self._ports.balancer, clock, clock.now() + PATIENCE)
        snapshots = {name: looked(Snapshot(name), view) for name, view in seen.views.items()}
        for instance, why in seen.unseen.items():
            self._say(instance, f"cannot be asked: {why}")
        for instance in seen.views:
            self._say(instance, "")
        for name in list(self._members):
            if name in self._members:  # an abort that was seen meanwhile may have put it back
                await self._judge(name, snapshots)

    async def _judge(self, name: str, snapshots: Mapping[str, Snapshot]) -> None:
        found = guarded(self._former.plan, name, self._held[name], snapshots)
        self._held[name] = now_held(name, self._held[name], snapshots)
        match found.word:
            case Word.OUT:
                self._say(name, "")
            case Word.FOREIGN:
                self._tell(name, f"{found.why}: it is left there, and no longer guarded")
                del self._members[name]
            case Word.NEEDED:
                self._say(name, f"back in rotation by a reload, and LEFT THERE: {found.why}")
            case Word.TAKE_OUT:
                await self._take_out(self._members[name], found.why)

    async def _take_out(self, m: MemberState, why: str) -> None:
        ports, row = self._ports, self._former.row
        try:
            async with ports.lock.hold(row.name) as hold:
                await hold.add({one.key for one in await ports.journal.taken_by(row.id)})
                # An abort that ended before we had the lock may have put it back.
                if await self._over(is_held=True) is not None or m.name not in self._members:
                    return
                await hold.check()
                confirmed = await ports.balancer.take_out(m.name, m.placement.seats)
        except (BalancerError, StateError, PoolHeld, LeaseLost) as error:
            self._say(m.name, f"{why}; it could not be taken out again: {error}")
            return
        self._held[m.name] |= confirmed
        self._tell(m.name, f"{why}: TAKEN OUT again")

    def _say(self, about: str, what: str) -> None:
        """Once, until it changes."""
        if self._said.get(about, "") != what:
            self._said[about] = what
            if what:
                self._tell(about, what)
