"""Rollouts that ended for good."""

from pathlib import Path
from typing import Any

from adapters.demo.world import World
from controller.core.phases import Phase
from tests.e2e.metered import MEMBER, PEERS, Metered, counted, errors, metered, ratio
from tests.journal.scenes.place import CHECKS, Place, ended
from tests.support.runtime import order
from tests.support.waiting import until


async def done(at: Place) -> Path:
    """Two steps behind `unless`, a canary, a ramp, and gates of all kinds with secrets of all."""
    rules = [{"alert": "Burning", "expr": "vector(0) > 1", "labels": {"severity": "page"}}]

    async def weighted(members: int = 2, **options: Any) -> World:
        return await at.world(members, **{**options, "server_options": f"{CHECKS} weight 50"})

    tools = metered(weighted, at.folder, members=2, rules=rules)
    every = await at.stack.enter_async_context(tools)
    one = every.site
    argv = one.world.upgrade_argv("v2", takes_ms=0)
    unless = [*argv[: argv.index("--to")], "--is", "v2"]
    file = one.file(
        owner="web-team, ext. 4711",
        runbook="https://wiki.example.net/web",
        pool={"canaries": ["web2"], "members": {"vars": {"web1": {"rack": "a"}}}},
        upgrade={
            "steps": [{"command": ["/bin/true"]}, {"command": [*argv, "--wait"]}],
            "unless": {"command": unless, "go_on": [1]},
        },
        **{"return": {"ramp": ["50%"], "hold": "300ms"}},
        gates=_gates(every),
    )
    async with one.users(100):
        await every.until_scraped()
        run = ("run", str(file), "--yes", "--state", str(one.state))
        ended(await one.start(*run, PAGER_TOKEN="hunter2-env").end(60), 0)
    return one.state


def _gates(at: Metered) -> list[dict[str, Any]]:
    (at.site.folder / "token").write_text("hunter2-file\n")
    beside = {"query": ratio(MEMBER), "baseline": ratio(PEERS), "traffic": counted(MEMBER)}
    counts = {
        "errors": errors(MEMBER),
        "requests": counted(MEMBER),
        "baseline": {"errors": errors(PEERS), "requests": counted(PEERS)},
        "headers": {"X-Tenant": {"file": str(at.site.folder / "token")}},
    }
    basic = {"username": "poolroll", "password": "hunter2-basic"}
    gates = [
        {"name": "errors", "haproxy": {"measure": "error_ratio"}, "max": "1%"},
        {
            "name": "pool-errors",
            "haproxy": {"measure": "error_ratio", "scope": "pool"},
            "max": "5%",
            "test": "threshold",
        },
        at.gate("limit", {"query": ratio(MEMBER), "auth": {"bearer": "hunter2-bearer"}}, max="1%"),
        at.gate("beside", beside, max_increase="0.5%", min_requests=5),
        at.gate("counts", counts),
        at.gate("up", {"query": "up", "reduce": "min", "auth": {"basic": basic}}, min=1),
        at.alerts("pages", matchers=['severity="page"'], auth={"bearer": {"env": "PAGER_TOKEN"}}),
    ]
    return [{**gate, "every": "1s"} for gate in gates]


async def rehearsed(at: Place) -> Path:
    """A rehearsal, done."""
    one = await at.site()
    file = str(one.file(gates=[]))
    ended(await one.command("rehearse", file, "--yes", "--set", "version=v1"), 0)
    return one.state


async def aborted(at: Place) -> Path:
    """Aborted by the operator while a step ran."""
    one = await at.site()
    running = one.begin(one.file(gates=[], upgrade=one.upgrade(held=True)))
    await until(lambda: one.executions()["web1"], 20, "the step to run")
    ended(await one.command("abort", "web"), 0)
    one.go.touch()
    ended(await running.end(), 7)
    return one.state


async def paused(at: Place) -> Path:
    """Paused and resumed; meanwhile somebody takes a member out, which is left and missed."""
    one = await at.site(3)
    running = one.begin(one.file(gates=[], upgrade=one.upgrade(held=True)))
    await until(lambda: one.executions()["web1"], 20, "the step to run")
    ended(await one.command("pause", "web"), 0)
    one.go.touch()
    await one.until_phase("web1", Phase.DONE, running)
    await order(one.endpoint, "set server web/web2 state maint")
    ended(await one.command("resume", "web", "--reason", "looks well"), 0)
    await until(lambda: one.bodies("CapacityShort"), 20, "the floor to be missed")
    await order(one.endpoint, "set server web/web2 state ready")
    ended(await running.end(), 0)
    return one.state


async def ramp_refused(at: Place) -> Path:
    """Done without its ramp, for the load balancer takes no weight but none and all."""
    lines = "balance source\n  hash-type map-based"
    one = await at.site(server_options=f"{CHECKS} weight 50", backend_lines=lines)
    ramp = {"ramp": ["10%"], "hold": "200ms"}
    ended(await one.run(one.file(**{"return": ramp}, gates=[])), 0)
    return one.state
