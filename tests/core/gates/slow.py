"""Members whose load balancer tells how long their requests take, and a soak of one of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import exp
from random import Random
from typing import Final

from adapters.haproxy.timing import SAMPLES, ResponseTime
from controller.core.gates.gate import Scope, TimingGate
from controller.core.gates.judgement import Judgement
from controller.core.gates.race import Race
from controller.core.gates.slowness import judge_pace, surely_slow
from controller.core.pool import Incarnation

GATE: Final = TimingGate("latency", Scope.MEMBER, failures=2)
INCARNATION: Final = Incarnation("1", 1)
Draw = Callable[[Random, float], float]
"""Milliseconds of a request, by the second of the soak."""


@dataclass(slots=True)
class Averaged:
    """A server as HAProxy averages it."""

    total: int = 0
    requests: int = 0

    def add(self, milliseconds: float) -> None:
        self.requests += 1
        fades = -(-self.total // SAMPLES) if self.requests > SAMPLES else 0
        self.total += int(milliseconds) - fades

    @property
    def timing(self) -> ResponseTime:
        weight = min(self.requests, SAMPLES) or 1
        return ResponseTime(-(-self.total // weight), self.requests)


def soaked(random: Random, own: Draw, others: Draw, rate: float) -> Iterator[Judgement]:
    """What the gate says, once a second for half a minute. `rate`: requests per second of each."""
    servers = {name: Averaged() for name in ("web1", "web2", "web3")}
    for server in servers.values():
        for _ in range(random.choice((0, 3 * SAMPLES))):
            server.add(5)
    web1, *rest = servers.items()
    own_server, before = web1[1], web1[1].requests
    race = Race(INCARNATION, own_server.timing, {})
    for tick in range(300):
        for name, server in servers.items():
            for _ in range(_arrived(random, rate / 10)):
                server.add((own if name == "web1" else others)(random, tick / 10))
        race = race.seen(own_server.timing, surely_slow((GATE,), race))
        if tick % 5 == 0:
            race = race.beside({name: server.timing for name, server in rest})
        if tick % 10 == 9:
            yield judge_pace(GATE, (race,), own_server.requests - before)


def _arrived(random: Random, expected: float) -> int:
    limit, count, product = exp(-expected), 0, random.random()
    while product > limit:
        count, product = count + 1, product * random.random()
    return count
