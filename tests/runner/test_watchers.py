"""What makes a load balancer be looked at before its time."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from controller.core.events import Event, Looked, LookFailed, Observation
from controller.core.state.observe import observe
from controller.core.state.state import initial
from controller.runner.watchers import Watchers
from tests.support.contexts import a_plan
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
