"""The control loop: events in, decisions out, each step journalled before it is performed.

One queue takes all events: looks at the load balancers, outcomes of steps, requests of operators,
signals. Each event is applied once, then `decide` is called until it returns nothing. Time and
everything else comes through ports, so tests run the same loop under virtual time.

Nothing that raises ends it, but the loss of the lock: an error of our own is noted, the members are
brought to rest, and the error is raised by whoever asked for the run (`Runner.bug`).
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Final, NoReturn

from controller.core.decide.context import Context, Output
from controller.core.decide.journal import STEPS, is_protective
from controller.core.decide.polling import until_due
from controller.core.decide.safely import forced
from controller.core.events import (
    Event,
    Finished,
    Halted,
    Intended,
    Observation,
    StopRequested,
    WindowSeen,
)
from controller.core.plan.plan import Plan
from controller.core.pool.copies import replace
from controller.core.state.state import Mode, State
from controller.core.steps import ClosePool, Collect, OpenPool, RunStep, SetMember, Step
from controller.errors import LeaseLost
from controller.ports import Clock, Hold, Journal, LoadBalancer, Requests
from controller.runner.bugs import Bugs
from controller.runner.guarded import performed, started
from controller.runner.keeper import Keeper
from controller.runner.perform import Performer
from controller.runner.prober import Prober
from controller.runner.recorder import Narrator, Recorder
from controller.runner.safe_decisions import SafeDecisions
from controller.runner.sampler import Sampler
from controller.runner.sure_clock import SureClock
from controller.runner.task_group import task_group
from controller.runner.unbegun import DESTRUCTIVE, broken_off, unbegun
from controller.runner.waits import Wait, wake, woken
from controller.runner.watchers import Watchers
from controller.secrets import NONE, Secrets

TICK: Final = timedelta(milliseconds=50)
"""Decisions that depend on time alone are at most this late, and those on time where that costs
every member (`until_due`)."""

AT_ONCE: Final = 10_000
"""More decisions than this after one event is a bug: each ends a wait of one member or one gate,
and a pool has at most 10,000 members."""


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
        keeper: Keeper | None = None,
        windows: Callable[[], WindowSeen] | None = None,
    ) -> None:
        """`halt_lines`: the halt message of a state, to be kept with the end of the rollout."""
        self._bugs = Bugs(secrets)
        clock = SureClock(clock, self.broke)
        self._recorder = Recorder(
            rollout, plan, state, journal, clock, narrators, self.broke, secrets, keeper
        )
        self._decisions = SafeDecisions(plan, self._bugs, self._recorder.see, windows)
        self._plan = plan
        self._performer = performer
        self._hold = hold
        self._clock = clock
        self._halt_lines = halt_lines
        self._queue: asyncio.Queue[tuple[Event | Observation, Step | None]] = asyncio.Queue()
        self._idle: list[Wait] = []
        self._waiting: list[Wait] = []
        self._shown: State | None = None
        """What watchers were woken for last. What time alone changes, they time themselves."""
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

    @property
    def bug(self) -> BaseException | None:
        """The first error of our own, to be told once the run has ended."""
        return self._bugs.first

    def stop(self, why: str) -> None:
        """Handle a stop signal. The second one no longer waits for a running step."""
        self._post(StopRequested(why, at_once=self._was_stopped))
        self._was_stopped = True

    def broke(self, error: BaseException, where: str) -> None:
        """Note an error of our own: the rollout comes to rest."""
        is_first, seen = self._bugs.first is None, self._bugs.seen(error, where)
        if is_first:
            self._post(seen)

    def expire(self, why: str) -> None:
        """Stop as after a first signal, because the time of this run is over. It stands in for
        none: the next signal is the first, and still waits for a running step."""
        if not self._was_stopped:
            self._post(StopRequested(why))

    async def run(self, first: Sequence[Event]) -> State:
        """Apply `first` (how this run begins), then go on until finished.

        Raises LeaseLost; members are left as they are then, and the next run resumes. A journal
        that fails halts the rollout: see `State.journal`.
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
        watches = {**self._watchers.all(), "in the wait for the journal": self._watch_journal}
        watchers = started(group, watches, self.broke, self._clock)
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
        """The next event within a tick."""
        most = TICK
        with suppress(Exception):  # what raises here raises in the decisions, too
            most = until_due(self._plan, self.state, self._clock.now(), TICK)
        if self._queue.empty():
            await woken(self._idle, most)
        return None if self._queue.empty() else self._queue.get_nowait()

    async def _take(self, event: Event | Observation, step: Step | None) -> None:
        """What cannot be applied is left out; the step that it ends counts as broken off."""
        try:
            if step is None or self._is_open(step):
                await self._recorder.record(event)
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001 - a bug, whatever it is
            self.broke(error, f"while {type(event).__name__} was taken in")
            with suppress(Exception):
                if step is not None and self._is_open(step):
                    await self._recorder.record(broken_off(step, "its outcome is lost"))
        finally:
            self._queue.task_done()

    async def _decide(self, group: asyncio.TaskGroup) -> None:
        for _ in range(AT_ONCE):
            is_waiting = any(isinstance(step, RunStep) for step in self._tasks.values())
            output = self._decisions.next(self.state, self._clock.now(), is_waiting=is_waiting)
            if output is None:
                break
            try:
                await self._carry_out(output, group)
            except LeaseLost:
                raise
            except Exception as error:  # noqa: BLE001 - a bug, whatever it is
                self._pass_over(output, error)
        else:
            self._pass_over(output, AssertionError(f"decisions without end, the last: {output}"))
        for task, step in self._tasks.items():
            if not isinstance(step, SetMember) and not self._is_open(step):
                task.cancel()
        if self.state is not self._shown:
            self._wake_watchers()

    def _pass_over(self, output: Output | None, error: Exception) -> None:
        self._recorder.see(self._bugs.seen(error, f"while {type(output).__name__} was carried out"))
        if isinstance(output, Halted | Finished):
            self._recorder.force(forced(self.state, output, self._clock.now()), output)
        else:
            self._decisions.pass_over(error)

    async def _carry_out(self, output: Output, group: asyncio.TaskGroup) -> None:
        if not isinstance(output, STEPS):
            await self._recorder.record(self._with_message(output))
            return
        is_new = isinstance(output, RunStep) and not (
            self.state.members[output.member].progress.unfinished
        )
        ctx = Context(self._plan, self.state, self._clock.now())
        waits = isinstance(output, DESTRUCTIVE) and not is_protective(ctx, output)
        is_written = await self._recorder.record(Intended(output), waits=waits)
        if waits and not self._is_open(output):
            return
        if isinstance(output, DESTRUCTIVE) and waits and not is_written:
            why = "not begun: the journal did not take its record in time"
            self._post(unbegun(output, why), output)
            return
        task = group.create_task(self._perform(output, is_new=is_new))
        self._tasks[task] = output
        task.add_done_callback(lambda done: self._tasks.pop(done, None))

    def _with_message(self, event: Event) -> Event:
        if not isinstance(event, Finished) or self._halt_lines is None or self.state.halt is None:
            return event
        return replace(event, told=tuple(self._halt_lines(self.state)))

    async def _perform(self, step: Step, *, is_new: bool) -> None:
        """Raises LeaseLost."""
        performer, hold, broke = self._performer, self._hold, self.broke
        halted = lambda: self.state.mode is Mode.HALTED  # noqa: E731 - asked later
        self._post(await performed(step, performer, hold, broke, halted, is_new=is_new), step)

    def _is_open(self, step: Step) -> bool:
        """Whether the state still waits for the outcome of `step`."""
        if isinstance(step, OpenPool | ClosePool):
            return self.state.whole.work is step
        if isinstance(step, Collect):
            return self.state.collection.work is step
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

    # --- for the watchers --------------------------------------------------------------------

    def _post(self, event: Event | Observation, step: Step | None = None) -> None:
        self._queue.put_nowait((event, step))
        wake(self._idle)

    async def _post_and_wait(self, event: Event | Observation) -> None:
        self._post(event)
        await self._queue.join()

    def _wake_watchers(self) -> None:
        self._shown = self.state
        wake(self._waiting)

    async def _wait_for_decisions(self, most: timedelta) -> None:
        await woken(self._waiting, most)
