"""Another hand on a member in ours is noticed and never fought (S14)."""

import re
from contextlib import AsyncExitStack

from controller.core.phases import Phase
from tests.e2e.conftest import MakeSite
from tests.e2e.site import SLOW_TO
from tests.support.runtime import order
from tests.support.waiting import until


async def test_ready_while_draining(site: MakeSite) -> None:
    """Put in rotation before its upgrade: exit 5, nothing upgraded, and it stays in rotation."""
    one = await site(2, cookie=False, backend_lines=SLOW_TO)
    file = one.file()
    async with AsyncExitStack() as slow:
        await slow.enter_async_context(one.in_progress())
        running = one.begin(file)
        await one.until_phase("web1", Phase.DRAINING, running)
        await until(lambda: one.bodies("MemberSet"), what="the drain to be confirmed")
        await order(one.endpoint, "set server web/web1 state ready")
        done = await running.end()
    assert done.code == 5, done.text
    assert "SEEN      somebody else changed web1" in done.out
    assert (await one.admin(), one.executions()) == ({"web1": 0, "web2": 0}, {})


async def test_ready_while_a_step_runs(site: MakeSite) -> None:
    """Put in rotation under its upgrade: taken out once more; exit 5 when the step has ended."""
    one = await site(2)
    file = one.file(upgrade=one.upgrade(held=True))
    async with one.users() as load:
        running = one.begin(file)
        await until(lambda: one.executions()["web1"], 60, "the step to run")
        await order(one.endpoint, "set server web/web1 state ready")
        await until(lambda: one.bodies("ForeignHandSeen"), 60, "the other hand to be seen")

        async def is_out() -> bool:
            return bool((await one.admin())["web1"] & 1)

        await until(is_out, 60, "web1 to be taken out once more")
        assert one.bodies("Halted") == []
        one.go.touch()
        done = await running.end()
    assert (done.code, load.tally.failed) == (5, 0), done.text
    assert (
        "SEEN      web1 was put in rotation while its upgrade ran, by the upgrade command itself"
        in done.out
    )
    assert (await one.admin(), one.executions()) == ({"web1": 1, "web2": 0}, {"web1": 1})


async def test_ready_while_validating(site: MakeSite) -> None:
    """Put in rotation after its upgrade: exit 5, and it is not fought over."""
    one = await site(2)
    file = one.file(validate=[one.go_ahead()])
    running = one.begin(file)
    await one.until_phase("web1", Phase.VALIDATING, running)
    await order(one.endpoint, "set server web/web1 state ready")
    done = await running.end()
    assert done.code == 5, done.text
    assert "SEEN      somebody else changed web1" in done.out
    assert "web1: upgraded, IN ROTATION, not proven" in done.out
    assert (await one.admin(), one.executions()) == ({"web1": 0, "web2": 0}, {"web1": 1})


async def test_taken_out_while_soaking(site: MakeSite) -> None:
    """Taken out by somebody else in its soak: exit 5, and it is left out."""
    one = await site(2)
    file = one.file(soak="10s")
    running = one.begin(file)
    await one.until_phase("web1", Phase.SOAKING, running)
    await order(one.endpoint, "set server web/web1 state maint")
    done = await running.end()
    assert done.code == 5, done.text
    assert re.search(r"SEEN      somebody else .*web1", done.out), done.out
    assert "web1: upgraded, TAKEN OUT BY SOMEBODY ELSE, not proven" in done.out
    assert (await one.admin(), one.executions()) == ({"web1": 1, "web2": 0}, {"web1": 1})
