"""Samples the gates on what looks show of one member, over a second: for `gate`.

A rollout judges them from the member's return on; a second says what the figures are like.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from controller.core.gates.counters import judge
from controller.core.gates.evidence import Missing
from controller.core.gates.gate import CounterGate, Gate, TimingGate
from controller.core.gates.judgement import Judgement, inconclusive, sampled
from controller.core.gates.race import Compared, Race
from controller.core.gates.slowness import judge_pace
from controller.core.gates.tally import Tally
from controller.core.pool import InstanceView, Pace, Timing, together
from controller.core.state.racing import timing_of
from controller.ports import Clock, LoadBalancer
from controller.preflight.gates import GATE_LOOK, GateNow


async def compared_now(
    gates: Iterable[Gate],
    members: Sequence[str],
    views: Sequence[InstanceView],
    balancer: LoadBalancer,
    clock: Clock,
) -> list[GateNow]:
    """`members`: the one that is asked about, and those that it is compared with. `views`: the
    first looks. Raises BalancerError."""
    asked = [gate for gate in gates if _is_of_a_member(gate)]
    if not asked:
        return []
    await clock.sleep(GATE_LOOK)
    now = await asyncio.gather(*(balancer.look(i, None) for i in balancer.instances))
    looks = _Looks(members, views, now)
    return [
        GateNow(gate, members[0], sampled(gate, members[0], looks.judged(gate))) for gate in asked
    ]


def _is_of_a_member(gate: Gate) -> bool:
    return isinstance(gate, TimingGate) or (isinstance(gate, CounterGate) and bool(gate.measure))


@dataclass(frozen=True, slots=True)
class _Looks:
    members: Sequence[str]
    before: Sequence[InstanceView]
    now: Sequence[InstanceView]

    def judged(self, gate: Gate) -> Judgement:
        if isinstance(gate, TimingGate):
            return self._timed(gate)
        assert isinstance(gate, CounterGate), "asked about a gate on metrics"
        tally = Tally()
        for view in (*self.before, *self.now):
            for line in view.of(self.members[0]):
                place = (view.instance, line.backend)
                tally = tally.noted(place, view.incarnation, line.measures.get(gate.measure))
        return judge(gate, tally.sum)

    def _timed(self, gate: TimingGate) -> Judgement:
        first, *others = self.members
        own, rest = self._pace(gate, [first]), self._pace(gate, others)
        if own is None:
            return inconclusive(Missing.NO_DATA, "no request yet")
        compared = () if rest is None else (Compared((own,), rest),)
        race = Race(self.now[0].incarnation, UNTIMED, {}, compared=compared)
        return judge_pace(gate, [race], own.requests)

    def _pace(self, gate: TimingGate, members: Sequence[str]) -> Pace | None:
        """Of those between the two looks; a balancer that began anew meanwhile says nothing."""
        former = {
            (view.instance, line.backend, line.member): timing_of(gate, line)
            for view in self.before
            for line in view.lines
        }
        paces = [
            timing.since(before)
            for view in self.now
            for line in view.lines
            if line.member in members
            if (timing := timing_of(gate, line)) is not None
            if (before := former.get((view.instance, line.backend, line.member))) is not None
        ]
        return together(pace for pace in paces if pace is not None)


class _Untimed:
    """Nothing is compared with it."""

    requests = 0

    def since(self, former: Timing) -> None: ...


UNTIMED: Timing = _Untimed()
