"""The loop: events in, decisions out, everything journalled before it is done.

One queue takes what happens: looks at the load balancers, outcomes of steps, the operator's
requests, signals. Each event is applied once, and then `decide` is asked until it has nothing
more to say. Time and everything else comes through the ports, so that the same loop runs under
virtual time in the tests.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final, Protocol

from controller.core.decide.context import Context, Output
from controller.core.decide.decide import decide
from controller.core.decide.gates import subjects
from controller.core.decide.polling import attention
from controller.core.events import (
    AbortRequested,
    Event,
    Finished,
    Intended,
    Looked,
    LookFailed,
    Observation,
    PauseRequested,
    ResumeRequested,
    StopRequested,
)
from controller.core.gates.gate import AskedGate, CounterGate, Gate
from controller.core.plan.plan import Plan
from controller.core.state.apply import apply
from controller.core.state.state import State
from controller.core.steps import AskGuard, AskOperator, RunStep, SetMember, Step, Validate
from controller.errors import BalancerError, PoolrollError
from controller.journal.codec import encode
from controller.ports import Clock, Journal, LoadBalancer, Request, Taken
from controller.runner.perform import Performer
from controller.runner.sampler import Sampler

TICK: Final = timedelta(milliseconds=50)
"""Decisions that hang on time alone are at most this late."""

REQUESTS_EVERY: Final = timedelta(milliseconds=100)
"""The operator's requests are seen within twice this."""

AT_ONCE: Final = 10_000
"""More decisions than this upon one event is a bug: each of them ends a wait of one member or of
one gate, and a pool has at most 10,000 members."""

STEPS: Final = (SetMember, AskGuard, RunStep, Validate, AskOperator)


class Narrator(Protocol):
    """Tells people what happens, as it happens. Decides nothing, raises nothing."""

    def tell(self, event: Event | Observation, before: State, after: State) -> None: ...


Prober = Callable[[Gate, str, timedelta], Awaitable[None]]
"""Sends one marked request through the balancer to a member in soak."""


class Runner:
    """Drives one rollout until it is finished. Made anew for each run."""

    def __init__(
        self,
        rollout: str,
        plan: Plan,
        state: State,
        *,
        balancer: LoadBalancer,
        performer: Performer,
        journal: Journal,
        clock: Clock,
        narrators: Sequence[Narrator] = (),
        sampler: Sampler | None = None,
        prober: Prober | None = None,
        halt_told: Callable[[State], Sequence[str]] | None = None,
    ) -> None:
        """`halt_told`: the halt message of a state, to be kept with the end of the rollout."""
        self.state = state
        self._rollout = rollout
        self._plan = plan
        self._balancer = balancer
        self._performer = performer
        self._journal = journal
        self._clock = clock
        self._narrators = narrators
        self._sampler = sampler
        self._prober = prober
        self._halt_told = halt_told
        self._queue: asyncio.Queue[tuple[Event | Observation, Step | None]] = asyncio.Queue()
        self._wake = asyncio.Event()
        self._tasks: dict[asyncio.Task[None], Step] = {}
        self._was_stopped = False

    def stop(self, why: str) -> None:
        """A signal came. The second one no longer waits for a running step."""
        self._post(StopRequested(why, at_once=self._was_stopped))
        self._was_stopped = True

    async def run(self, first: Sequence[Event]) -> State:
        """Apply `first` (how this run begins), then go on until finished.

        Raises StateError when the journal cannot be written; members are left as they are then,
        and the next run resumes.
        """
        for event in first:
            self._record(event)
        self._acknowledge_heard()
        self._forget_returned()
        try:
            async with asyncio.TaskGroup() as group:
                await self._drive(group)
        except* PoolrollError as errors:
            raise _first_of(errors) from None
        self._acknowledge_heard()
        return self.state

    async def _drive(self, group: asyncio.TaskGroup) -> None:
        watchers = [group.create_task(self._look_on(one)) for one in self._balancer.instances]
        watchers.append(group.create_task(self._hear_requests()))
        if self._sampler is not None:
            watchers += [
                group.create_task(self._ask_on(gate, self._sampler))
                for gate in self._plan.policies.gates
                if not isinstance(gate, CounterGate)
            ]
        if self._prober is not None:
            watchers += [
                group.create_task(self._probe_on(gate, gate.probe_every, self._prober))
                for gate in self._plan.policies.gates
                if gate.probe_every is not None
            ]
        try:
            await self._loop(group)
        finally:
            for task in (*watchers, *self._tasks):
                task.cancel()

    async def _loop(self, group: asyncio.TaskGroup) -> None:
        while True:
            self._decide(group)
            if self.state.finished is not None:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK.total_seconds()):
                    self._take(*await self._queue.get())
            while not self._queue.empty():
                self._take(*self._queue.get_nowait())

    def _take(self, event: Event | Observation, step: Step | None) -> None:
        if step is None or self._is_open(step):
            self._record(event)
        self._queue.task_done()

    def _decide(self, group: asyncio.TaskGroup) -> None:
        for _ in range(AT_ONCE):
            output = decide(self._plan, self.state, self._clock.now())
            if output is None:
                break
            self._carry_out(output, group)
        else:
            raise AssertionError(f"decisions without end, at last: {output}")
        for task, step in self._tasks.items():
            if not isinstance(step, SetMember) and not self._is_open(step):
                task.cancel()
        self._wake.set()
        self._wake = asyncio.Event()

    def _carry_out(self, output: Output, group: asyncio.TaskGroup) -> None:
        if not isinstance(output, STEPS):
            self._record(self._with_message(output))
            return
        self._record(Intended(output))
        task = group.create_task(self._perform(output))
        self._tasks[task] = output
        task.add_done_callback(lambda done: self._tasks.pop(done, None))

    def _with_message(self, event: Event) -> Event:
        if not isinstance(event, Finished) or self._halt_told is None or self.state.halt is None:
            return event
        return replace(event, told=tuple(self._halt_told(self.state)))

    async def _perform(self, step: Step) -> None:
        self._post(await self._performer.perform(step), step)

    def _is_open(self, step: Step) -> bool:
        """Whether the state still waits for the outcome of `step`."""
        m = self.state.members[step.member]
        return (
            m.order.setting is step.setting
            if isinstance(step, SetMember)
            else m.progress.work is step
        )

    def _post(self, event: Event | Observation, step: Step | None = None) -> None:
        self._queue.put_nowait((event, step))

    # --- state and journal -------------------------------------------------------------------

    def _record(self, event: Event | Observation) -> None:
        before, now = self.state, self._clock.now()
        after = apply(self._plan, before, event, now)
        if not isinstance(event, Looked | LookFailed):
            self._keep_taken(before, after, is_taken=True)
            self._journal.append(self._rollout, now, *encode(event))
            self._keep_taken(before, after, is_taken=False)
        self.state = after
        for narrator in self._narrators:
            narrator.tell(event, before, after)

    def _keep_taken(self, before: State, after: State, *, is_taken: bool) -> None:
        """Keep the pool's record of what we have out in step: written before the intent to take
        a member out, forgotten after its return is journalled (S8)."""
        for name, m in after.members.items():
            former = before.members[name].placement.found
            if m.placement.found is former or (m.placement.found is not None) is not is_taken:
                continue
            keys = self._keys(name)
            if m.placement.found is None:
                self._journal.forget_taken(keys)
            elif former is None:
                found = m.placement.found
                self._journal.record_taken(
                    [Taken(b, address, name, self._rollout, found) for b, address in keys]
                )

    def _forget_returned(self) -> None:
        """A kill may have come between the return of a member (or its restoration, or the intent
        to take it out) and the pool's record of it."""
        members = self.state.members
        stale = [
            (taken.backend, taken.address)
            for taken in self._journal.taken_by(self._rollout)
            if taken.member in members and members[taken.member].placement.found is None
        ]
        if stale:
            self._journal.forget_taken(stale)

    def _keys(self, member: str) -> list[tuple[str, str]]:
        lines = (
            seen.line
            for sight in self.state.sights.values()
            for seen in sight.lines.get(member, ())
        )
        return sorted({(line.backend, f"{line.address}:{line.port}") for line in lines})

    # --- what is watched ---------------------------------------------------------------------

    async def _look_on(self, instance: str) -> None:
        while True:
            now = self._clock.now()
            due = attention(self._plan, self.state, instance, now)
            if due.wait > timedelta(0):
                with suppress(TimeoutError):
                    async with asyncio.timeout(due.wait.total_seconds()):
                        await self._wake.wait()
                continue
            former = self.state.old_workers.get(instance)
            memory = [worker.pid for worker in former.workers] if former is not None else []
            try:
                view = await self._balancer.look(instance, due.members, memory=memory)
            except BalancerError as error:
                self._post(LookFailed(instance, now, error.reason))
            else:
                self._post(Looked(view))
            await self._queue.join()

    async def _ask_on(self, gate: AskedGate, sampler: Sampler) -> None:
        """Ask a metrics system by the gate's own clock, also while a command runs (S6)."""
        while True:
            for member in self._subjects(gate):
                since = self.state.began_at
                if member is not None:
                    m = self.state.members[member]
                    since = m.trial.returned_at if m.trial.returned_at is not None else m.since
                elapsed = self._clock.now() - since
                known = self.state.known_alerts.get(gate.name)
                sample = await sampler.sample(gate, member, elapsed, known)
                if member in self._subjects(gate):
                    self._post(sample)
                    await self._queue.join()
            await self._clock.sleep(gate.every)

    async def _probe_on(self, gate: Gate, every: timedelta, prober: Prober) -> None:
        """While a gate lacks evidence of a member, marked requests make up for users asleep."""
        while True:
            for member in self._subjects(gate):
                last = self.state.gate(gate.name, member)
                if member is not None and last is not None and last.inconclusive_since is not None:
                    await prober(gate, member, every)
            await self._clock.sleep(every)

    def _subjects(self, gate: Gate) -> Sequence[str | None]:
        return subjects(Context(self._plan, self.state, self._clock.now()), gate)

    async def _hear_requests(self) -> None:
        while True:
            for request in self._journal.requests(self._plan.name):
                self._post(heard(request))
                await self._queue.join()
                self._journal.acknowledge(request)
            await self._clock.sleep(REQUESTS_EVERY)

    def _acknowledge_heard(self) -> None:
        """A kill, or the end of the rollout, may have come between a request and this."""
        for request in self._journal.requests(self._plan.name):
            if request.seq <= self.state.heard:
                self._journal.acknowledge(request)


def _first_of(errors: BaseExceptionGroup[PoolrollError]) -> PoolrollError:
    first = errors.exceptions[0]
    return _first_of(first) if isinstance(first, BaseExceptionGroup) else first


def heard(request: Request) -> Event:
    """The event that an operator's request is."""
    seq = request.seq
    events: dict[str, Callable[[], Event]] = {
        "pause": lambda: PauseRequested(request.by, seq),
        "resume": lambda: ResumeRequested(request.by, request.reason, seq),
        "abort": lambda: AbortRequested(request.by, restore=False, request=seq),
        "abort --restore": lambda: AbortRequested(request.by, restore=True, request=seq),
    }
    return events[request.verb]()
