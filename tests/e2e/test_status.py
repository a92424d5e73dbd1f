"""`status` beside a real HAProxy: what the journal says, and what is seen now."""

import json
import shlex
from pathlib import Path
from typing import Any

from controller.core.phases import Phase
from tests.e2e.conftest import MakeSite
from tests.e2e.site import Site
from tests.support.runtime import order
from tests.support.waiting import until

FAILS = {"command": ["/bin/sh", "-c", "echo 'E: no space left'; exit 3"]}


async def halted(one: Site) -> Path:
    """A rollout whose first member failed its step and stays out."""
    file = one.file(upgrade=FAILS, gates=[], rollback={"command": ["/usr/bin/true"]})
    done = await one.run(file)
    assert done.code == 5, done.text
    assert "SEEN      web1: step 1 (/bin/sh) ended with exit code 3: E: no space left" in done.out
    return file


async def status(one: Site) -> dict[str, Any]:
    done = await one.command("status", "web", "--json")
    assert done.code == 0, done.text
    value: dict[str, Any] = json.loads(done.out)
    return value


async def test_a_reload_that_put_a_member_back_is_seen(site: MakeSite) -> None:
    """HAProxy forgets on a reload what was set: `status` says who meets users again, and what to
    type; that, typed, mends it."""
    one = await site(3)
    await halted(one)
    value = await status(one)
    assert (value["seen"]["asked"], value["seen"]["serving"], value["seen"]["floor"]) == (
        True,
        2,
        2,
    )
    assert value["members"]["web1"]["now"] == "out of rotation"
    await one.world.haproxies[0].reload()
    told = (await one.command("status", "web")).out
    back = f"— NOW IN ROTATION at {one.endpoint}, though it should be out"
    assert (
        f"  web1  OUT OF ROTATION: step 1 (/bin/sh) ended with exit code 3: E: no space left {back}"
        in told
    )
    line = next(text for text in told.splitlines() if "take web1 out of rotation" in text)
    await order(one.endpoint, line.partition(": ")[2])
    assert (await status(one))["members"]["web1"]["now"] == "out of rotation"


async def test_what_it_cannot_ask_is_one_line(site: MakeSite) -> None:
    """A HAProxy that hangs, or is gone: exit 0, what the journal has, and why nothing was seen."""
    one = await site(2)
    await halted(one)
    process = one.world.haproxies[0]
    process.freeze()
    try:
        value = await status(one)
    finally:
        process.thaw()
    assert list(value["seen"]["not_asked"].values()) == ["no answer in time"]
    assert (value["seen"]["asked"], value["members"]["web1"]["now"]) == (False, None)
    assert value["told"][1].startswith("SEEN      web1: step 1")
    Path(one.endpoint.removeprefix("unix:")).unlink()
    told = await one.command("status", "web")
    assert told.code == 0, told.text
    assert f"not seen: {one.endpoint}: there is no such socket" in told.out
    assert "members, according to the journal:" in told.out


async def test_one_that_was_cut_off_says_what_to_type(site: MakeSite) -> None:
    """And what runs on meanwhile."""
    one = await site(2)
    running = one.begin(one.file(gates=[], upgrade=one.upgrade(held=True)))
    await until(lambda: one.executions()["web1"], 20, "the step to run")
    await running.kill()
    value = await status(one)
    (following,) = value["next"]
    assert following.startswith("the command on web1 runs on by itself; `poolroll run ")
    one.go.touch()
    argv = shlex.split(following.split("`")[1])[1:]
    assert (await one.start(*argv, "--yes").end()).code == 0


async def test_the_way_back_that_a_halt_names_works(site: MakeSite) -> None:
    """Typed as it stands: a rollback straight from the halt brings the pool to the former
    version, and `status` calls it one."""
    one = await site(2)
    file = one.file(
        gates=[],
        upgrade=FAILS,
        rollback={
            "command": [*one.world.upgrade_argv("v1", takes_ms=0), "--wait"],
            "vars": {"version": "v1"},
        },
    )
    done = await one.run(file)
    assert done.code == 5, done.text
    line = next(text for text in done.out.splitlines() if "to go back: " in text)
    argv = shlex.split(line.partition("to go back: ")[2])[1:]
    back = await one.start(*argv, "--yes").end()
    assert back.code == 0, back.text
    await one.assert_all("v1")
    value = await status(one)
    assert (value["purpose"], value["values"]["version"], value["status"]) == (
        "rollback",
        "v1",
        "done",
    )
    assert value["members"]["web1"]["standing"].startswith("rolled back, in rotation")


async def test_a_stale_way_back_is_not_named_as_it_stands(site: MakeSite) -> None:
    """Where `rollback.vars` is sure to be refused, the halt says what to write there first; then
    the command works."""
    one = await site(2)
    back = {"command": [*one.world.upgrade_argv("v1", takes_ms=0), "--wait"]}

    def file(version: str) -> Path:
        return one.file(gates=[], upgrade=FAILS, rollback={**back, "vars": {"version": version}})

    former = one.file(gates=[], upgrade={"command": ["/bin/true"]}, vars={"version": "v1"})
    assert (await one.run(former)).code == 0
    path = file("v0")
    done = await one.run(path)
    assert done.code == 5, done.text
    line = next(text for text in done.out.splitlines() if "to go back: " in text)
    told, _, command = line.partition(", then ")
    assert told.endswith(f"to go back: write version=v1 in `rollback.vars` of {path}")
    argv = shlex.split(command)[1:]
    refused = await one.start(*argv, "--yes").end()
    assert (refused.code, "write version=v1 there" in refused.err) == (3, True), refused.text
    assert file("v1") == path
    done = await one.start(*argv, "--yes").end()
    assert done.code == 0, done.text
    await one.assert_all("v1")


async def test_a_partner_that_is_down_is_named(site: MakeSite) -> None:
    """The halt over the floor says who is missing, not that all are well."""
    one = await site(3)
    one.world.set_behaviour("web3", health=503)

    async def is_down() -> bool:
        value = await one.command("plan", str(one.world.folder / "rollout.yml"))
        return "web3 fails its health check" in value.out

    one.file(gates=[], upgrade=one.upgrade(held=True))
    await until(is_down, 20, "web3 to be down")
    file = one.file(gates=[], upgrade=FAILS, pool={"min_available": 1}, order="listed")
    done = await one.run(file)
    assert done.code == 5, done.text
    assert "web3: untouched, but DOWN (fails its health check)" in done.out
    assert "CAN WAIT  yes: 1 member serves, the floor is 1" in done.out
    assert "but do not reload a load balancer: that may put web1 back in rotation" in done.out
    assert one.phase("web1") is Phase.FAILED
