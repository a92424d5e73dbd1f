"""What makes a load balancer be looked at before its time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import cast

from controller.core.events import (
    Event,
    GateSampled,
    Looked,
    LookFailed,
    Observation,
    UseSeen,
    Verdict,
)
from controller.core.gates.evidence import Query
from controller.core.gates.gate import AskedGate, MetricGate, Scope
from controller.core.phases import Phase
from controller.core.plan.plan import Plan
from controller.core.state.observe import observe
from controller.core.state.state import State, initial
from controller.runner.sampler import Sampler
from controller.runner.watchers import Watchers
from tests.support.contexts import (
    INSTANCES,
    JUST_NOW,
    NOW,
    a_context,
    a_plan,
    ago,
    seconds,
    standing,
)
from tests.support.fakes import FakeLoadBalancer
from tests.support.memory_journal import Holdings, MemoryHold, MemoryRequests
from tests.support.scenarios import NAME, ROLLOUT, ms
from tests.support.sim import make_sim
from tests.support.virtual import LoopClock, run_virtually


class Telling(FakeLoadBalancer):
    """Says when something changed."""

    def __init__(self) -> None:
        super().__init__(make_sim(3), LoopClock())
        self.news = asyncio.Event()

    async def changed(self, instance: str) -> None:
        await self.news.wait()
        self.news.clear()


@dataclass
class Asked:
    """Stands in for a sampler: while it is asked the first time, this happens."""

    happens: Callable[[], None]
    count: int = 0

    async def sample(self, gate: AskedGate, member: str | None, *given: object) -> GateSampled:
        self.count += 1
        if self.count == 1:
            self.happens()
        return GateSampled(gate.name, member, Verdict.PASS, f"answer {self.count}", 0, 0, 0.1, 0.5)

    def interval(self, gate: AskedGate) -> timedelta | None:
        return None


async def answers(state: State, then: State, plan: Plan) -> list[str]:
    """What is taken in within a second where the state is another one as the first answer comes."""
    clock, told = LoopClock(), list[str]()

    def happens() -> None:
        nonlocal state
        state = then

    async def post(event: Event | Observation) -> None:
        match event:
            case GateSampled() as sample:
                told.append(sample.reason)
            case UseSeen() as seen:
                told.append(seen.detail)

    watchers = Watchers(
        ROLLOUT,
        plan,
        FakeLoadBalancer(make_sim(3), clock),
        MemoryRequests(clock),
        MemoryHold(NAME, Holdings()),
        clock,
        cast(Sampler, Asked(happens)),
        None,
        state=lambda: state,
        post=post,
        wait_for_decisions=clock.sleep,
        wake=lambda: None,
    )
    tasks = [
        asyncio.create_task(watch())
        for where, watch in watchers.all().items()
        if "look" not in where
    ]
    await clock.sleep(ms(1500))
    for task in tasks:
        task.cancel()
    return told


GATE = MetricGate("ratio", Scope.MEMBER, {Query.VALUE: "q"}, maximum=0.5, every=seconds(1))


def test_an_answer_about_a_former_return() -> None:
    """A metrics server takes its time, and the member was taken out and is back by then: what was
    true of it before says nothing about it."""
    plan = a_plan(gates=(GATE,))
    before = a_context(standing(Phase.SOAKING), plan=plan)
    for again, first in ((ago(1), "answer 2"), (ago(5), "answer 1")):
        after = a_context(standing(Phase.SOAKING, returned_at=again), plan=plan)
        assert run_virtually(answers(before.state, after.state, plan), NOW)[0] == first


def test_an_answer_about_a_former_silence() -> None:
    """It was used meanwhile: that nobody used it before says nothing."""
    plan = a_plan(idle=replace(GATE, name="idle"))
    before = a_context(standing(Phase.OUT), plan=plan)
    for since, first in ((ago(1), "answer 2"), (ago(4), "answer 1")):
        quiet = dict.fromkeys(INSTANCES, (since, JUST_NOW))
        after = a_context(standing(Phase.OUT, quiet=quiet), plan=plan)
        assert run_virtually(answers(before.state, after.state, plan), NOW)[0] == first


async def looks(tells_at: tuple[timedelta, ...], *, refuses: bool = False) -> list[timedelta]:
    """When a pool at rest is looked at in its first second and a half."""
    clock, balancer, woken = LoopClock(), Telling(), asyncio.Event()
    if refuses:
        balancer.sim.instances["lb1"].outage = "refuses"
    plan = a_plan(instances=("lb1",))
    state, at = initial(plan), list[timedelta]()
    state = replace(
        state,
        members={name: replace(m, since=ms(0)) for name, m in state.members.items()},
        paused=True,
    )

    async def post(event: Event | Observation) -> None:
        nonlocal state
        assert isinstance(event, Looked | LookFailed)
        state = observe(plan, state, event)
        at.append(clock.now())

    async def wait(most: timedelta) -> None:
        woken.clear()
        await asyncio.wait([asyncio.create_task(woken.wait())], timeout=most.total_seconds())

    watchers = Watchers(
        ROLLOUT,
        plan,
        balancer,
        MemoryRequests(clock),
        MemoryHold(NAME, Holdings()),
        clock,
        None,
        None,
        state=lambda: state,
        post=post,
        wait_for_decisions=wait,
        wake=woken.set,
    )
    tasks = [asyncio.create_task(watch()) for watch in watchers.all().values()]
    for moment in tells_at:
        await clock.sleep(moment - clock.now())
        balancer.news.set()
    await clock.sleep(ms(1500) - clock.now())
    for task in tasks:
        task.cancel()
    return at


def test_looked_at_as_soon_as_something_changed() -> None:
    """The balancer that tells is looked at then, and again only when its time has come."""
    quiet = run_virtually(looks(()))
    told = run_virtually(looks((ms(45),)))
    assert len([at for at in told if ms(45) <= at < ms(50)]) == 1
    assert len(told) <= len(quiet) + 1


def test_told_again_at_once() -> None:
    """News that come while it is looked at are looked at, too, but not without a pause."""
    told = run_virtually(looks((ms(45), ms(46), ms(47), ms(60))))
    near = [at for at in told if ms(45) <= at < ms(90)]
    assert len(near) == 2
    assert near[1] - near[0] >= ms(20)


def test_one_that_does_not_answer_is_asked_in_its_own_time() -> None:
    """News do not make a balancer be asked more often that refuses to answer."""
    assert run_virtually(looks((ms(45),), refuses=True)) == run_virtually(looks((), refuses=True))
