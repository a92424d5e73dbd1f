"""What `gate` says of gates on one member: the figures of a second."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from controller.core.events import Verdict
from controller.core.gates.gate import CounterGate, Gate, Scope
from controller.core.pool import Counters, InstanceView
from controller.ports import Clock, LoadBalancer
from controller.preflight.compared import compared_now
from controller.preflight.gates import GateNow
from tests.core.gates.slow import GATE, INCARNATION, Averaged
from tests.support.lines import a_line

QUEUE = replace(GATE, name="queue", measure="queue")
RETRIES = CounterGate("again", Scope.MEMBER, 0.01, measure="retries", happened="were tried again")


class Balancer:
    """Shows at its next look what has come meanwhile."""

    instances = ("lb1",)

    def __init__(self, came: Mapping[str, Sequence[int]]) -> None:
        """`came`: member → milliseconds of each request."""
        self.servers = {name: Averaged() for name in came}
        for server in self.servers.values():
            server.add(1)
        self.came = came

    def view(self) -> InstanceView:
        lines = tuple(
            a_line(
                name,
                timing=one.timing,
                waiting=one.timing if name != "web3" else None,
                measures={"retries": Counters(one.requests, 2 * one.requests)},
            )
            for name, one in self.servers.items()
        )
        return InstanceView("lb1", timedelta(0), INCARNATION, lines, is_full=True)

    async def look(self, instance: str, members: object) -> InstanceView:
        for name, those in self.came.items():
            for milliseconds in those:
                self.servers[name].add(milliseconds)
        return self.view()


class Now:
    async def sleep(self, duration: timedelta) -> None: ...


async def said(*gates: Gate, **came: Sequence[int]) -> list[GateNow]:
    balancer = Balancer(came)
    ports: Any = (balancer, Now())
    port, clock = cast("tuple[LoadBalancer, Clock]", ports)
    return await compared_now(gates, ["web2", "web1", "web3"], [balancer.view()], port, clock)


async def test_the_figures_of_a_second() -> None:
    """Of the member that is asked about beside the others; one batch is too few for a fail."""
    slow, queue, again = await said(
        GATE, QUEUE, RETRIES, web1=[5] * 20, web2=[300] * 20, web3=[5] * 20
    )
    assert slow.words.startswith("inconclusive: 300ms a request, 5ms ±1ms at the others (1 of 1 b")
    assert "a request, 5ms ±1ms at the others" in queue.words
    assert again.words == "fail: 20 of 40 requests were tried again (50 %) (for web2)"
    (well,) = await said(GATE, web1=[5] * 20, web2=[6] * 20, web3=[5] * 20)
    assert well.words == "pass: 6ms ±1ms a request, 5ms ±1ms at the others (for web2)"
    assert well.sample is not None
    assert (well.sample.value, well.sample.total) != (None, 0)


async def test_without_requests_there_is_no_figure() -> None:
    """Neither of the member nor, to compare with, of the others."""
    (none,) = await said(GATE, web1=[5], web2=[], web3=[5])
    assert none.words == "inconclusive: no data: no request yet (for web2)"
    (alone,) = await said(GATE, web1=[], web2=[5], web3=[])
    assert alone.sample is not None
    assert alone.sample.verdict is Verdict.PASS
    assert "too few at the other members" in alone.words


async def test_nothing_is_looked_at_where_nothing_is_asked() -> None:
    assert await said(CounterGate("errors", Scope.MEMBER, 0.01), web2=[5]) == []
