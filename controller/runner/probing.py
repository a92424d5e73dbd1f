"""Watchers that send requests: for a gate that lacks evidence, and in the place of users."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from controller.core.decide.context import Context
from controller.core.decide.gates import subjects
from controller.core.decide.quiet import lonely, pace_of
from controller.core.events import Event, Observation, ProbeSeen, ProbeSent
from controller.core.gates.gate import Gate
from controller.core.gates.quiet import Quiet
from controller.core.plan.plan import Plan
from controller.core.state.state import State
from controller.ports import Clock
from controller.runner.prober import Prober


@dataclass(frozen=True, slots=True)
class Probing:
    plan: Plan
    prober: Prober
    clock: Clock
    state: Callable[[], State]
    post: Callable[[Event | Observation], Awaitable[None]]

    def all(self) -> Mapping[str, Callable[[], Coroutine[Any, Any, None]]]:
        """See `Watchers.all`."""
        watches: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {}
        for gate in self.plan.policies.gates:
            if gate.probe_every is not None:
                probe = partial(self._probe_gate, gate, gate.probe_every)
                watches[f"in a probe for gate {gate.name!r}"] = probe
        if self.plan.policies.quiet in (Quiet.PROBE, Quiet.THROUGH):
            watches["in a request of our own"] = self._stand_in
        return watches

    async def _probe_gate(self, gate: Gate, every: timedelta) -> None:
        """Send marked requests to a member while a gate lacks evidence about it."""
        while True:
            for member in subjects(self._context, gate):
                last = self.state().gate(gate.name, member)
                if member is not None and last is not None and last.inconclusive_since is not None:
                    await self._noted(member)
                    await self.prober.for_gate(gate, member, every)
            await self.clock.sleep(every)

    async def _stand_in(self) -> None:
        """Requests of our own to members that no user comes to."""
        while True:
            for member in lonely(self._context):
                if member not in lonely(self._context):  # the one before took its time
                    continue
                m = self.state().members[member]
                await self._noted(member)
                result = await self.prober.own(member, m.progress.course)
                seen = ProbeSeen(member, result.passed, result.detail, m.trial.returned_at)
                await self.post(seen)
            await self.clock.sleep(pace_of(self.plan.policies))

    async def _noted(self, member: str) -> None:
        """Before it is sent: a load balancer may count it before its answer is here."""
        if self.plan.policies.quiet is Quiet.THROUGH:
            await self.post(ProbeSent(member))

    @property
    def _context(self) -> Context:
        return Context(self.plan, self.state(), self.clock.now())
