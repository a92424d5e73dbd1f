"""Rollouts that halted, and what became of them."""

from pathlib import Path
from typing import Final

from tests.e2e.site import Site
from tests.journal.scenes.place import Place, ended
from tests.support.runtime import order
from tests.support.waiting import until

BAD: Final = {"fail_every": 3}


async def _halted(at: Place) -> Site:
    one = await at.site(3)
    file = one.file(upgrade=one.upgrade(BAD), soak="30s")
    async with one.users(200):
        ended(await one.run(file), 4)
    return one


async def halted(at: Place) -> Path:
    """Halted by a gate on HAProxy's counters."""
    return (await _halted(at)).state


async def resumed(at: Place) -> Path:
    """The same, and `resume` was given since."""
    one = await _halted(at)
    ended(await one.command("resume", "web", "--reason", "the errors were the load test's"), 0)
    return one.state


async def rolled_back(at: Place) -> Path:
    """Halted at the second member, and all that was upgraded brought back."""
    one = await at.site(3)
    behaviours = {name: {"behaviour": "{}"} for name in one.world.members}
    behaviours["web2"] = {"behaviour": '{"fail_every": 3}'}
    file = one.file(
        pool={"members": {"vars": behaviours}},
        upgrade=one.upgrade(by_member=True),
        rollback={
            "command": [*one.world.upgrade_argv("v1", {"fail_every": 0}, takes_ms=0), "--wait"],
            "vars": {"version": "v1"},
        },
        soak="1s",
        on_failure="rollback_all",
    )
    async with one.users(200):
        ended(await one.run(file), 4)
    return one.state


async def foreign(at: Place) -> Path:
    """Halted because somebody else put the member in rotation while its step ran."""
    one = await at.site()
    running = one.begin(one.file(gates=[], upgrade=one.upgrade(held=True)))
    await until(lambda: one.executions()["web1"], 20, "the step to run")
    await order(one.endpoint, "set server web/web1 state ready")
    await until(lambda: one.bodies("ForeignHandSeen"), 20, "the other hand to be seen")
    one.go.touch()
    ended(await running.end(), 5)
    return one.state


async def begun_again(at: Place) -> Path:
    """Halted at a failed step, then begun again with `--new`, which takes over the member that
    was left out; in between its HAProxy is reloaded."""
    one = await at.site()
    failing = one.file(gates=[], upgrade={"command": ["/bin/false"]})
    ended(await one.run(failing), 5)
    held = one.file(gates=[], upgrade=one.upgrade(held=True))
    running = one.begin(held, "--new")
    await until(lambda: sum(one.executions().values()), 20, "a step to run")
    await one.world.haproxies[0].reload()
    await until(lambda: one.bodies("InstanceRestarted"), 20, "the reload to be noticed")
    one.go.touch()
    ended(await running.end(), 0)
    return one.state


async def put_back(at: Place) -> Path:
    """Halted at a failed step, then aborted with its member validated and put back."""
    one = await at.site()
    rollback = {"command": ["/bin/true"], "vars": {"version": "v1"}}
    quick = [one.answers(within="1s")]
    failing = {"command": ["/bin/false"]}
    file = one.file(gates=[], upgrade=failing, rollback=rollback, validate=quick)
    ended(await one.run(file), 5)
    ended(await one.command("abort", "web", "--restore"), 0)
    return one.state
