"""The control loop: events in, decisions out, each step journalled before it is performed.

One queue takes all events: looks at the load balancers, outcomes of steps, requests of operators,
signals. Each event is applied once, then `decide` is called until it returns nothing. Time and
everything else comes through ports, so tests run the same loop under virtual time.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final, NoReturn

from controller.core.decide.context import Context, Output
from controller.core.decide.decide import decide
from controller.core.decide.journal import STEPS, is_protective
from controller.core.decide.polling import until_due
from controller.core.events import (
    Event,
    Finished,
    Intended,
    JournalSeen,
    Observation,
    StopRequested,
)
from controller.core.plan.plan import Plan
from controller.core.state.state import State
from controller.core.steps import (
    ClosePool,
    OpenPool,
    RunStep,
    SetMember,
    Step,
)
from controller.errors import LeaseLost, StateError
from controller.ports import Clock, Hold, Journal, LoadBalancer, Requests
from controller.runner.perform import Performer
from controller.runner.recorder import Narrator, Recorder
from controller.runner.sampler import Sampler
from controller.runner.task_group import task_group
from controller.runner.unbegun import unbegun
from controller.runner.unending import until_one_ends
from controller.runner.watchers import Prober, Watchers
from controller.secrets import NONE, Secrets

TICK: Final = timedelta(milliseconds=50)
"""Decisions that depend on time alone are at most this late, and those on time where that costs
every member (`until_due`)."""

AT_ONCE: Final = 10_000
"""More decisions than this after one event is a bug: each ends a wait of one member or one gate,
and a pool has at most 10,000 members."""

DESTRUCTIVE: Final = (SetMember, RunStep, OpenPool, ClosePool)
"""Steps before each of which the lock is checked."""


class Runner:
    """Runs one rollout until it is finished. For one run only."""

    def __init__(
        self,
        rollout: str,
        plan: Plan,
        state: State,
        *,
        balancer: LoadBalancer,
        performer: Performer,
        journal: Journal,
        requests: Requests,
        hold: Hold,
        clock: Clock,
        narrators: Sequence[Narrator] = (),
        sampler: Sampler | None = None,
        prober: Prober | None = None,
        halt_lines: Callable[[State], Sequence[str]] | None = None,
        secrets: Secrets = NONE,
    ) -> None:
        """`halt_lines`: the halt message of a state, to be kept with the end of the rollout."""
        self._recorder = Recorder(rollout, plan, state, journal, clock, narrators, secrets)
        self._plan = plan
        self._performer = performer
        self._hold = hold
        self._clock = clock
        self._halt_lines = halt_lines
        self._queue: asyncio.Queue[tuple[Event | Observation, Step | None]] = asyncio.Queue()
        self._wake = asyncio.Event()
        self._tasks: dict[asyncio.Task[None], Step] = {}
        self._was_stopped = False
        self._watchers = Watchers(
            rollout,
            plan,
            balancer,
            requests,
            hold,
            clock,
            sampler,
            prober,
            state=lambda: self.state,
            post=self._post_and_wait,
            wait_for_decisions=self._wait_for_decisions,
            wake=self._wake_watchers,
        )

    @property
    def state(self) -> State:
        """After all events that the journal has."""
        return self._recorder.state

    def stop(self, why: str) -> None:
        """Handle a stop signal. The second one no longer waits for a running step."""
        self._post(StopRequested(why, at_once=self._was_stopped))
        self._was_stopped = True

    def expire(self, why: str) -> None:
        """Stop as after a first signal, because the time of this run is over. It stands in for
        none: the next signal is the first, and still waits for a running step."""
        if not self._was_stopped:
            self._post(StopRequested(why))

    async def run(self, first: Sequence[Event]) -> State:
        """Apply `first` (how this run begins), then go on until finished.

        Raises StateError when the journal cannot be written at the begin, and LeaseLost; members
        are left as they are then, and the next run resumes. A journal that fails later halts the
        rollout: see `State.journal`.
        """
        try:
            for event in first:
                await self._recorder.record(event)
            async with task_group() as group:
                await self._drive(group)
            await self._recorder.settle()
        except LeaseLost as lost:
            raise await self._recorder.record_loss(lost) from None
        return self.state

    async def _drive(self, group: asyncio.TaskGroup) -> None:
        watchers = [group.create_task(one) for one in self._watchers.all()]
        watchers.append(group.create_task(self._watch_journal()))
        watchers.append(group.create_task(until_one_ends(tuple(watchers))))
        try:
            await self._loop(group)
        finally:
            for task in (*watchers, *self._tasks):
                task.cancel()

    async def _loop(self, group: asyncio.TaskGroup) -> None:
        while True:
            await self._decide(group)
            if self.state.finished is not None:
                return
            if (item := await self._next()) is not None:
                await self._take(*item)
            while not self._queue.empty():
                await self._take(*self._queue.get_nowait())

    async def _next(self) -> tuple[Event | Observation, Step | None] | None:
        """The next event within a tick. The timeout covers only the wait, never the handling."""
        most = until_due(self._plan, self.state, self._clock.now(), TICK)
        with suppress(TimeoutError):
            async with asyncio.timeout(most.total_seconds()):
                return await self._queue.get()
        return None

    async def _take(self, event: Event | Observation, step: Step | None) -> None:
        if step is None or self._is_open(step):
            await self._record(event)
        self._queue.task_done()

    async def _record(self, event: Event | Observation) -> None:
        """Once the journal has failed nothing is written: what happens is told all the same."""
        try:
            await self._recorder.record(event)
        except StateError as error:
            self._recorder.give_up(error)
            await self._recorder.record(event)

    async def _decide(self, group: asyncio.TaskGroup) -> None:
        for _ in range(AT_ONCE):
            output = decide(self._plan, self.state, self._clock.now())
            if output is None:
                break
            await self._carry_out(output, group)
        else:
            raise AssertionError(f"decisions without end, the last one: {output}")
        for task, step in self._tasks.items():
            if not isinstance(step, SetMember) and not self._is_open(step):
                task.cancel()
        self._wake_watchers()

    async def _carry_out(self, output: Output, group: asyncio.TaskGroup) -> None:
        if not isinstance(output, STEPS):
            await self._record(self._with_message(output))
            return
        is_protective = self._is_protective(output)
        try:
            is_written = await self._recorder.record(Intended(output))
        except StateError as error:
            self._recorder.give_up(error)
            return
        if isinstance(output, DESTRUCTIVE) and not (is_written or is_protective):
            why = "not begun: the journal did not take its record in time"
            self._post(unbegun(output, why), output)
            return
        task = group.create_task(self._perform(output))
        self._tasks[task] = output
        task.add_done_callback(lambda done: self._tasks.pop(done, None))

    def _with_message(self, event: Event) -> Event:
        if not isinstance(event, Finished) or self._halt_lines is None or self.state.halt is None:
            return event
        return replace(event, told=tuple(self._halt_lines(self.state)))

    async def _perform(self, step: Step) -> None:
        if isinstance(step, DESTRUCTIVE):
            await self._hold.check()
        try:
            outcome = await self._performer.perform(step)
        except StateError as error:
            # Its end is not known, and a record of that would let it be started twice.
            self._recorder.is_unwritten = True
            self._post(JournalSeen(fault=str(error), is_unwritten=True))
            if not isinstance(step, DESTRUCTIVE):
                return
            outcome = unbegun(step, str(error))
        self._post(outcome, step)

    def _is_open(self, step: Step) -> bool:
        """Whether the state still waits for the outcome of `step`."""
        if isinstance(step, OpenPool | ClosePool):
            return self.state.whole.work is step
        m = self.state.members[step.member]
        return (
            m.order.setting is step.setting
            if isinstance(step, SetMember)
            else m.progress.work is step
        )

    async def _watch_journal(self) -> NoReturn:
        """Raises LeaseLost."""
        while True:
            await self._post_and_wait(await self._recorder.caught_up())

    def _is_protective(self, step: Step) -> bool:
        return is_protective(Context(self._plan, self.state, self._clock.now()), step)

    # --- for the watchers --------------------------------------------------------------------

    def _post(self, event: Event | Observation, step: Step | None = None) -> None:
        self._queue.put_nowait((event, step))

    async def _post_and_wait(self, event: Event | Observation) -> None:
        self._post(event)
        await self._queue.join()

    def _wake_watchers(self) -> None:
        self._wake.set()
        self._wake = asyncio.Event()

    async def _wait_for_decisions(self, most: timedelta) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(most.total_seconds()):
                await self._wake.wait()
