"""Members whose agent may set them: it is silent while we have one in hand, and then on again."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from controller.core.phases import Phase
from tests.adapters.haproxy.site import Agent
from tests.e2e.conftest import MakeSite
from tests.e2e.proxies import FAST, Visitors, rearrange, servers
from tests.e2e.site import Site
from tests.support.runtime import ask
from tests.support.waiting import until


class Agents:
    """One for each member."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack
        self.of: dict[str, Agent] = {}

    async def start(self, one: Site, word: str) -> None:
        for name in one.world.members:
            self.of[name] = agent = Agent(word)
            await agent.start()
            self._stack.push_async_callback(agent.stop)
        await rearrange(one.world, lambda n: self._proxies(one, n))
        for name in one.world.members:
            await self.asked_again(name)

    def _proxies(self, one: Site, number: int) -> str:
        bind = f"bind 127.0.0.1:{one.world.frontends[number]}"
        options = f"{FAST} weight 100 agent-check agent-inter 50ms"
        lines = servers(one.world, options, lambda name: f"agent-port {self.of[name].port}")
        return f"listen web\n  {bind}\n  option httpchk GET /health\n{lines}"

    async def asked_again(self, name: str, times: int = 3) -> None:
        """Wait until an agent was asked so many times more, and its former answers count."""
        before = self.of[name].asked
        await until(lambda: self.of[name].asked >= before + times, what=f"{name} to be asked")


@pytest.fixture
async def agents() -> AsyncIterator[Agents]:
    async with AsyncExitStack() as stack:
        yield Agents(stack)


async def is_heard(one: Site, name: str) -> bool:
    """Whether its agent check is enabled: bit 4 of `srv_agent_state` (management guide, section
    9.3, `show servers state`)."""
    lines = (await ask(one.endpoint, "show servers state web")).splitlines()[1:]
    columns = lines[0].removeprefix("# ").split()
    rows = [dict(zip(columns, line.split(), strict=True)) for line in lines[1:] if line]
    return bool(next(int(r["srv_agent_state"]) for r in rows if r["srv_name"] == name) & 4)


@pytest.mark.parametrize("word", ["up ready", "maint", "50%"])
async def test_agent_is_not_heard_meanwhile(site: MakeSite, agents: Agents, word: str) -> None:
    """Whatever it would say while its member is upgraded: nobody asks it, the member stays out,
    and is then back with its weight, and its agent heard again."""
    one = await site(2)
    await agents.start(one, "up")
    async with Visitors(one.world.frontends) as visitors:
        running = one.begin(one.file(upgrade=one.upgrade(held=True)), "--only", "web1")
        await until(lambda: one.executions()["web1"], 20, "the step to run")
        agents.of["web1"].word = word
        asked = agents.of["web1"].asked
        await agents.asked_again("web2", 5)
        assert agents.of["web1"].asked == asked
        assert ((await one.admin())["web1"], await is_heard(one, "web1")) == (1, False)
        agents.of["web1"].word = "up"
        one.go.touch()
        done = await running.end()
    assert (done.code, visitors.failed) == (0, []), done.text
    assert "the agent check is switched off while the member is in progress" in done.out
    assert [await is_heard(one, name) for name in one.world.members] == [True, True]
    assert [await one.weight(name) for name in one.world.members] == [100, 100]
    await agents.asked_again("web1")
    assert await one.admin() == {"web1": 0, "web2": 0}


async def test_answer_under_way(site: MakeSite, agents: Agents) -> None:
    """An agent that was asked before it was switched off, and says `ready` after that, brings
    nobody back."""
    one = await site(2)
    await agents.start(one, "up ready")
    slow = agents.of["web1"]
    slow.pause()
    await until(lambda: slow.waiting, what="an answer to be under way")
    running = one.begin(one.file(upgrade=one.upgrade(held=True)), "--only", "web1")
    await until(lambda: one.executions()["web1"], 20, "the step to run")
    slow.go_on()
    await agents.asked_again("web2", 5)
    assert ((await one.admin())["web1"], one.bodies("ForeignHandSeen")) == (1, [])
    one.go.touch()
    async with Visitors(one.world.frontends) as visitors:
        done = await running.end()
    assert (done.code, visitors.failed) == (0, []), done.text
    assert await is_heard(one, "web1")
    assert one.phase("web1") is Phase.DONE


async def test_killed_meanwhile(site: MakeSite, agents: Agents) -> None:
    """Killed while an agent is switched off: the next run switches it on again, and restores the
    weight that its agent had given the member."""
    one = await site(2)
    await agents.start(one, "up 50%")
    file = one.file(upgrade=one.upgrade(held=True))
    async with Visitors(one.world.frontends) as visitors:
        running = one.begin(file)
        await one.until_phase("web1", Phase.UPGRADING, running)
        await running.kill()
        assert not await is_heard(one, "web1")
        one.go.touch()
        done = await one.run(file)
    assert (done.code, visitors.failed) == (0, []), done.text
    assert [await is_heard(one, name) for name in one.world.members] == [True, True]
    assert [await one.weight(name) for name in one.world.members] == [50, 50]
    await one.assert_all("v2")


async def test_agent_that_takes_its_member_out(site: MakeSite, agents: Agents) -> None:
    """One that wants its member out when that is back again is obeyed: the rollout halts, and the
    member is left to its agent."""
    one = await site(2)
    await agents.start(one, "up")
    async with Visitors(one.world.frontends) as visitors:
        running = one.begin(one.file(upgrade=one.upgrade(held=True), soak="20s"))
        await until(lambda: one.executions()["web1"], 20, "the step to run")
        agents.of["web1"].word = "drain"
        one.go.touch()
        done = await running.end()
    assert (done.code, visitors.failed) == (5, []), done.text
    assert "SEEN      somebody else changed web1" in done.out
    assert "web1: upgraded, TAKEN OUT BY SOMEBODY ELSE, not proven" in done.out
    assert await one.admin() == {"web1": 8, "web2": 0}
