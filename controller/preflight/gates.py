"""Samples every gate before anything is touched.

Each query to a metrics system is run once: a query that can never work is a fault in the file, one
that cannot be answered now is a reason to refuse.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from controller.core.events import GateSampled, Verdict
from controller.core.gates.counters import judge
from controller.core.gates.evidence import Answers, Missing
from controller.core.gates.gate import AlertGate, CounterGate, Gate, MetricGate, Scope
from controller.core.gates.judgement import sampled
from controller.core.gates.metrics import answers_sampled, out_of_date
from controller.core.gates.tally import Tally
from controller.core.pool import InstanceView
from controller.errors import MetricsRefused
from controller.ports import Clock, LoadBalancer
from controller.runner.sampler import Sampler

GATE_LOOK: Final = timedelta(seconds=1)
"""The longest time over which the load balancers' counters are read."""

LONG_AGO: Final = timedelta(days=1)
"""No sample is too early before a rollout: the window is as long as it may be."""

WRONG: Final = frozenset({Missing.TOO_MANY, Missing.HISTOGRAM})
"""Answers that waiting does not turn into a number."""

OUT_OF_REACH: Final = frozenset(
    {Missing.UNREACHABLE, Missing.TIMEOUT, Missing.FAILED, Missing.PARTIAL}
)
"""Evidence that could not be fetched."""


@dataclass(frozen=True, slots=True)
class GateNow:
    """One gate with its sample now."""

    gate: Gate
    member: str | None
    sample: GateSampled | None
    faults: tuple[str, ...] = ()
    """Why the gate can never work; each shows the query."""
    is_blind: bool = False
    """There is no evidence about any member now: a server or its target does not answer."""
    interval: timedelta | None = None
    """The scrape interval of its evidence, where known: the longest over all servers."""

    @property
    def words(self) -> str:
        if self.sample is None:
            return "; ".join(self.faults)
        about = f" (for {self.member})" if self.member else ""
        return f"{self.sample.verdict}: {self.sample.reason}{about}"

    @property
    def refusal(self) -> str | None:
        """The reason to refuse, if the gate gives one."""
        if self.sample is None or self.sample.verdict is Verdict.PASS:
            return None
        if isinstance(self.gate, CounterGate) and self.sample.verdict is not Verdict.FAIL:
            return None  # a quiet moment of the pool; the run waits for traffic
        if self.gate.scope is Scope.POOL or self.is_blind:
            return f"gate {self.gate.name!r}: {self.words}"
        return None


async def gates_now(
    gates: Iterable[Gate], views: Sequence[InstanceView], balancer: LoadBalancer, clock: Clock
) -> list[GateNow]:
    """Samples the gates on counters over a short time and the whole pool. `views`: the first looks.
    Raises BalancerError."""
    counted = [gate for gate in gates if isinstance(gate, CounterGate) and not gate.measure]
    if not counted:
        return []
    await clock.sleep(min(GATE_LOOK, max(gate.every for gate in counted)))
    tally = Tally()
    for view in (
        *views,
        *await asyncio.gather(*(balancer.look(i, ()) for i in balancer.instances)),
    ):
        for backend, counters in view.backends.items():
            tally = tally.noted((view.instance, backend), view.incarnation, counters)
    return [GateNow(gate, None, sampled(gate, None, judge(gate, tally.sum))) for gate in counted]


async def ask_gates(
    gates: Iterable[Gate], member: str | None, sampler: Sampler, *, at: datetime | None = None
) -> list[GateNow]:
    """Sample the gates on metrics and alerts, with `member` as the member in progress.

    `at`: a moment of the past instead of now; alerts cannot be asked for the past.
    """
    found = []
    for gate in gates:
        if isinstance(gate, MetricGate):
            about = member if gate.scope is Scope.MEMBER else None
            found.append(await _ask_metric(gate, about, sampler, at))
        elif isinstance(gate, AlertGate) and at is None:
            found.append(GateNow(gate, None, await sampler.sample(gate, None, LONG_AGO)))
    return found


def intervals_of(found: Iterable[GateNow]) -> dict[str, timedelta]:
    """Gate → the scrape interval of its evidence, where it is known."""
    return {one.gate.name: one.interval for one in found if one.interval is not None}


async def _ask_metric(
    gate: MetricGate, member: str | None, sampler: Sampler, at: datetime | None
) -> GateNow:
    queries = sampler.queries(gate, member, gate.window_max)
    servers = sampler.servers[gate.name]
    since = timedelta(0) if gate.scope is Scope.MEMBER else None
    try:
        answers = [
            await sampler.ask(server, gate, queries, at=at, since=since) for server in servers
        ]
        slow = [
            fault
            for server, one in zip(servers, answers, strict=True)
            for fault in (_too_slow(one) if await sampler.is_alive(server) else ())
        ]
    except MetricsRefused as refused:
        return GateNow(gate, member, None, (str(refused),))
    faults = tuple(_wrong(answers)) + tuple(slow)
    if faults:
        return GateNow(gate, member, None, faults)
    sample = answers_sampled(gate, member, LONG_AGO, queries, answers)
    known = [one.freshness.interval for one in answers if one.freshness is not None]
    return GateNow(
        gate,
        member,
        sample,
        is_blind=any(_is_blind(gate, one) for one in answers),
        interval=max(filter(None, known), default=None),
    )


def _is_blind(gate: MetricGate, one: Answers) -> bool:
    """Before the upgrade a query about the new version may have no number, but its evidence always
    has an age."""
    is_silent = any(reading.missing in OUT_OF_REACH for reading in one.readings.values())
    return is_silent or out_of_date(gate, one.freshness) is not None


def _wrong(answers: Iterable[Answers]) -> Iterable[str]:
    for one in answers:
        for reading in one.readings.values():
            if reading.missing in WRONG:
                yield f"{one.server}: {reading.words}; the query is: {reading.query}"


def _too_slow(one: Answers) -> list[str]:
    """A query that times out while the server answers others is itself the fault."""
    return [
        f"{one.server}: {reading.words}; the server answers other queries; the query is: "
        f"{reading.query}"
        for reading in one.readings.values()
        if reading.missing is Missing.TIMEOUT
    ]
