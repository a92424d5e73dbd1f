"""Watchers: tasks beside the loop that post events. They poll load balancers, sample gates, follow
operators' requests, and watch the lock.

Each waits until its event was applied before it goes on, so none can flood the queue.
"""

import asyncio
from collections.abc import (
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Mapping,
    Sequence,
)
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Final, NoReturn

from controller.core.decide.context import Context
from controller.core.decide.gates import subjects
from controller.core.decide.polling import attention
from controller.core.events import (
    AbortRequested,
    Event,
    GateSampled,
    JournalSeen,
    Looked,
    LookFailed,
    Observation,
    PauseRequested,
    RequestsSeen,
    ResumeRequested,
    UseSeen,
)
from controller.core.gates.evidence import Missing
from controller.core.gates.gate import AskedGate, Gate, MetricGate
from controller.core.gates.judgement import inconclusive, sampled
from controller.core.gates.metrics import FAIL_FROM, PASS_FROM
from controller.core.gates.pace import AT_ONCE, next_sample
from controller.core.phases import MAY_START
from controller.core.plan.plan import Plan
from controller.core.pool import Instant
from controller.core.state.state import State
from controller.errors import BalancerError, StateError
from controller.ports import Clock, Hold, LoadBalancer, Requests
from controller.records import Request, Verb
from controller.runner.patience import LOOK, Overdue, is_wanted, within
from controller.runner.prober import Prober
from controller.runner.probing import Probing
from controller.runner.recorder import PATIENCE
from controller.runner.sampler import Sampler

LONG_AGO: Final = timedelta(days=1)
"""A pool that nobody has touched yet is judged over the whole window of a gate."""

AGAIN: Final = timedelta(seconds=1)
"""Before a state folder that could not be read is read again."""

WELL: Final = timedelta(seconds=10)
"""After that time without a failure it is well again: the next one is another one."""

Watch = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Watchers:
    """The watchers of one run."""

    rollout: str
    plan: Plan
    balancer: LoadBalancer
    requests: Requests
    hold: Hold
    clock: Clock
    sampler: Sampler | None
    prober: Prober | None
    state: Callable[[], State]
    """The present state."""
    post: Callable[[Event | Observation], Awaitable[None]]
    """Hands an event to the loop; returns when it was applied."""
    wait_for_decisions: Callable[[timedelta], Awaitable[None]]
    """Waits until the loop has decided on another state, or for this time."""
    wake: Callable[[], None]
    """Wakes all that wait for decisions."""
    news: dict[str, asyncio.Event] = field(default_factory=dict)
    """Instances that are to be looked at now, since something changed there → to be set when that
    was done."""

    def all(self) -> Mapping[str, Watch]:
        """What watches each thing, for as long as it is awaited: none ends by itself. The keys say
        where an error came from."""
        watches: dict[str, Watch] = {
            "while requests were followed": self._follow_requests,
            "in the lock": self._watch_lock,
        }
        for one in self.balancer.instances:
            watches[f"in a look at {one}"] = partial(self._poll, one)
            watches[f"while {one} was listened to"] = partial(self._listen, one)
        if self.sampler is not None:
            for gate in self.plan.policies.gates:
                if isinstance(gate, AskedGate):
                    sample = partial(self._sample_gate, gate, self.sampler)
                    watches[f"in a sample of gate {gate.name!r}"] = sample
            if (idle := self.plan.policies.drain.idle) is not None:
                watches["in drain.idle"] = partial(self._sample_use, idle, self.sampler)
        if self.prober is not None:
            probing = Probing(self.plan, self.prober, self.clock, self.state, self.post)
            watches |= probing.all()
        return watches

    async def _poll(self, instance: str) -> None:
        while True:
            now, state = self.clock.now(), self.state()
            due = attention(self.plan, state, instance, now)
            is_news = instance in self.news and state.snapshots[instance].lost_since is None
            if due.wait > timedelta(0) and not is_news:
                await self.wait_for_decisions(due.wait)
                continue
            done = self.news.pop(instance, None)
            former = state.formers.get(instance)
            incarnations = former.incarnations if former is not None else ()
            try:
                look = self.balancer.look(instance, due.members, former=incarnations)
                view = await within(LOOK, look)
            except BalancerError as error:
                await self.post(LookFailed(instance, now, error.reason))
            except (Exception, asyncio.CancelledError) as error:
                if is_wanted():
                    raise
                is_late = isinstance(error, Overdue)
                why = str(error) if is_late else f"a bug in poolroll ({type(error).__name__})"
                await self.post(LookFailed(instance, now, why))
                if not is_late:
                    raise
            else:
                await self.post(Looked(view))
            finally:
                if done is not None:
                    done.set()

    async def _listen(self, instance: str) -> None:
        """Have an instance looked at as soon as it says that something changed there."""
        while True:
            try:
                await self.balancer.changed(instance)
            except BalancerError:  # a look will tell why
                await self.clock.sleep(AGAIN)
                continue
            done = self.news[instance] = asyncio.Event()
            self.wake()
            await done.wait()
            await self.clock.sleep(AT_ONCE)

    async def _sample_gate(self, gate: AskedGate, sampler: Sampler) -> None:
        """Sample a gate at its own interval, also while a command runs (S6)."""
        while True:
            asked_at, members = self.clock.now(), self._subjects(gate)
            for member in members:
                state = self.state()
                since = state.began_at if member is None else self._returned_at(member)
                elapsed = self.clock.now() - since
                if member is None and not state.touched:
                    elapsed = LONG_AGO
                known = state.known_alerts.get(gate.name)
                sample = await _in_time(gate, member, sampler.sample(gate, member, elapsed, known))
                if member in self._subjects(gate) and not self._is_anew(member, state):
                    await self.post(sample)
            await self._wait_for_next(gate, sampler, asked_at, members)

    async def _sample_use(self, gate: MetricGate, sampler: Sampler) -> None:
        """Ask whether members that are out are still in use."""
        while True:
            asked_at = self.clock.now()
            for member in self._out_and_quiet():
                since = self._quiet_since(member)
                if since is None:  # meanwhile
                    continue
                # What is in flight is known at each scrape: two are enough, no window is full.
                elapsed = (self.clock.now() - since) * (PASS_FROM // FAIL_FROM)
                sample = await _in_time(gate, member, sampler.sample(gate, member, elapsed))
                if self._quiet_since(member) == since:
                    seen = UseSeen(member, self.clock.now(), sample.verdict, sample.reason)
                    await self.post(seen)
            while (left := asked_at + gate.every - self.clock.now()) > timedelta(0):
                await self.wait_for_decisions(left)

    def _quiet_since(self, member: str) -> Instant | None:
        return self.state().members[member].draining.quiet_since

    def _out_and_quiet(self) -> Sequence[str]:
        state = self.state()
        return [
            m.name
            for m in state.in_progress
            if m.phase in MAY_START and m.draining.quiet.keys() == state.snapshots.keys()
        ]

    async def _wait_for_next(
        self, gate: AskedGate, sampler: Sampler, asked_at: Instant, asked: Collection[str | None]
    ) -> None:
        """Members come back meanwhile; `asked`: those that were there at `asked_at`, as a return
        takes its time to be written."""
        regular = self.clock.now() + gate.every
        while set(asked).issuperset(self._subjects(gate)):
            returns = [self._returned_at(one) for one in self._subjects(gate) if one is not None]
            due = next_sample(asked_at, regular, sampler.interval(gate), returns)
            if (now := self.clock.now()) >= due:
                return
            await self.wait_for_decisions(due - now)

    def _returned_at(self, member: str) -> Instant:
        m = self.state().members[member]
        return m.trial.returned_at if m.trial.returned_at is not None else m.since

    def _is_anew(self, member: str | None, former: State) -> bool:
        """Whether it was returned once more since: it is judged by what came after that."""
        if member is None:
            return False
        was = former.members[member].trial.returned_at
        return was is not None and self.state().members[member].trial.returned_at != was

    def _subjects(self, gate: Gate) -> Sequence[str | None]:
        return subjects(Context(self.plan, self.state(), self.clock.now()), gate)

    async def _follow_requests(self) -> None:
        """A state folder that can no longer be read is noticed here first, and tried again for as
        long as one that cannot be written. One that can be read now and then has failed since it
        did first."""
        failing_since: Instant | None = None
        well_since: Instant | None = None
        while True:
            try:
                if failing_since is not None:
                    await self.requests.pending(self.rollout, self.state().heard)
                    await self.post(RequestsSeen())
                    well_since = self.clock.now()
                stream = self.requests.stream(self.rollout, self.state().heard)
                async with aclosing(stream) as requests:
                    async for request in requests:
                        await self.post(heard(request))
                return
            except StateError as error:
                now = self.clock.now()
                is_over = well_since is not None and now - well_since >= WELL
                failing_since = now if failing_since is None or is_over else failing_since
                well_since = None
                await self.post(RequestsSeen(str(error)))
                if now - failing_since >= PATIENCE:
                    await self.post(JournalSeen(fault=str(error)))
            await self.clock.sleep(AGAIN)

    async def _watch_lock(self) -> NoReturn:
        """Raises LeaseLost."""
        await self.hold.lost()


async def _in_time(
    gate: AskedGate, member: str | None, sampling: Awaitable[GateSampled]
) -> GateSampled:
    """An answer that does not come is missing evidence."""
    try:
        return await within(LOOK, sampling)
    except Overdue as error:
        return sampled(gate, member, inconclusive(Missing.FAILED, str(error)))


def heard(request: Request) -> Event:
    """The event of an operator's request."""
    match request.verb:
        case Verb.PAUSE:
            return PauseRequested(request.by, request.seq, request.reason)
        case Verb.RESUME:
            return ResumeRequested(request.by, request.reason, request.seq)
        case Verb.ABORT | Verb.ABORT_RESTORE:
            restore = request.verb is Verb.ABORT_RESTORE
            return AbortRequested(request.by, restore, request.seq)
