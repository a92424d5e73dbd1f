"""`plan` says no where `run` would, and what a run would go on with."""

import json
from pathlib import Path
from typing import Any

from tests.e2e.conftest import MakeSite
from tests.e2e.site import NAME, Site
from tests.e2e.terminal import at_terminal
from tests.support.command import Done
from tests.support.runtime import order
from tests.support.waiting import until


async def planned(one: Site, file: Path, *options: str) -> tuple[Done, dict[str, Any]]:
    """As text, and as JSON with the same exit code."""
    text = await one.command("plan", str(file), *options)
    value = await one.command("plan", str(file), "--json", *options)
    assert text.code == value.code, value.text
    return text, json.loads(value.out)


async def test_held(site: MakeSite) -> None:
    """A pool that a run has in hand, under its name or another, is refused with the holder; the
    run is not disturbed by the question."""
    one = await site(2)
    file = one.file(upgrade=one.upgrade(held=True), gates=[])
    running = one.begin(file)
    await until(lambda: one.executions()["web1"], 60, "the step to run")
    for name in (NAME, "other"):
        shown, value = await planned(one, one.file(name=name, gates=[]))
        assert shown.code == 3, shown.text
        assert f"is held by rollout '{NAME}', pid" in shown.out or name == NAME
        assert any(f"pid {running.process.pid} on host" in line for line in value["refusals"])
    one.go.touch()
    assert (await running.end()).code == 0


async def test_cut_off(site: MakeSite) -> None:
    """A rollout that was cut off is no reason to refuse: what is left of it is shown, and asked
    about."""
    one = await site(3)
    file = one.file(gates=[], upgrade=one.upgrade(held=True))
    one.go.touch()
    assert (await one.run(file, "--only", "web2")).code == 0
    one.go.unlink()
    running = one.begin(file)
    await until(lambda: one.executions()["web1"], 60, "the step to run")
    await running.kill()
    shown, value = await planned(one, file)
    assert shown.code == 0, shown.text
    assert "rollout web goes on, begun " in shown.out
    assert "web2  upgraded, in rotation" in shown.out
    assert "rollout web: 2 of 3 members of web" in shown.out
    assert (value["order"], value["duration"]["turns"]) == (["web1", "web3"], 2)
    assert value["unfinished"]["id"] == one.rows()[0].id
    assert value["unfinished"]["members"]["web3"] == "untouched"
    one.go.touch()
    with at_terminal("run", str(file), "--state", str(one.state)) as terminal:
        await terminal.until_shows("go on: upgrade 2 of 3 members of web (web1, web3), at most 1")
        assert "2 turns of" in terminal.screen
        terminal.type("n\n")
        assert (await terminal.end()).code == 7


async def test_halted_and_changed(site: MakeSite) -> None:
    """A halt that wants a decision, and then a changed file, are refused with the ways on; after
    the decision it is not refused any more."""
    one = await site(2)
    broken = one.upgrade() | {"command": ["/bin/false"]}
    file = one.file(gates=[], upgrade=broken)
    assert (await one.run(file)).code == 5
    shown, value = await planned(one, file)
    assert shown.code == 3, shown.text
    for word in ("halted: ", "poolroll resume web", "poolroll abort web", "--new"):
        assert word in shown.out
        assert any(word in line for line in value["refusals"])
    assert (await one.command("resume", "web", "--reason", "mended")).code == 0
    assert (await planned(one, file))[0].code == 0
    changed, value = await planned(one, one.file(gates=[], upgrade=broken, soak="321ms"))
    assert (changed.code, "+soak: 321ms" in changed.out) == (3, True)
    assert value["unfinished"] is None


async def test_another_purpose(site: MakeSite) -> None:
    """An unfinished rehearsal stands in the way of an upgrade."""
    one = await site(2)
    file = one.file(gates=[], validate=[one.answers()], vars={"version": "v1"})
    done = await one.command("rehearse", str(file), "--yes", "--only", "web1")
    assert done.code == 0, done.text
    shown, _ = await planned(one, file)
    assert (shown.code, "an unfinished rehearsal of 'web'" in shown.out) == (3, True), shown.text


async def test_unreachable(site: MakeSite) -> None:
    """What refuses early is in the JSON as well, beside what the state folder says."""
    one = await site(2)
    file = one.file(gates=[], upgrade=one.upgrade() | {"command": ["/bin/false"]})
    assert (await one.run(file)).code == 5
    endpoint = f"unix:{one.folder}/none.sock"
    nowhere = one.file(gates=[], pool={"haproxy": {"apis": [endpoint]}})
    shown, value = await planned(one, nowhere)
    assert (shown.code, value["capacity"], value["order"]) == (3, None, [])
    nowhere_told = f"{endpoint}: there is no such socket; check "
    assert any(line.startswith(nowhere_told) for line in value["refusals"])
    assert any("is unfinished" in line for line in value["refusals"])


async def test_failing_gate(site: MakeSite) -> None:
    """A gate on the pool that fails now refuses, in `plan` as in `run`; one on members does not."""
    one = await site(2)
    haproxy = {"measure": "error_ratio", "scope": "pool"}
    pool = {"name": "pool", "haproxy": haproxy, "max": "1%", "every": "200ms"}
    member = {**pool, "name": "each", "haproxy": {**haproxy, "scope": "member"}}
    for name in one.world.members:
        one.world.set_behaviour(name, fail_every=2)
    async with one.users(100):
        failing = one.file(gates=[pool])

        async def is_refused() -> bool:  # it looks for a moment, in which users must come
            return (await one.command("plan", str(failing))).code == 3

        await until(is_refused, 60, "the gate to see failed requests")
        shown, value = await planned(one, failing)
        assert shown.code == 3, shown.text
        assert [line for line in value["refusals"] if line.startswith("gate 'pool': fail: ")]
        done = await one.run(one.file(gates=[pool]))
        assert (done.code, "gate 'pool'" in done.out) == (3, True), done.text
        assert (await planned(one, one.file(gates=[member])))[0].code == 0


async def test_limited(site: MakeSite) -> None:
    """`--only` and `--canaries-only`: order, turns and question are about those alone."""
    one = await site(3)
    file = one.file(gates=[], pool={"canaries": ["web3"]})
    shown, value = await planned(one, file, "--only", "web1,web2")
    assert (value["order"], value["not_in_this_run"]) == (["web1", "web2"], ["web3"])
    assert (value["duration"]["turns"], value["canaries"]) == (2, [])
    assert "not in this run: web3" in shown.out
    canary = (await planned(one, file, "--canaries-only"))[1]
    assert (canary["order"], canary["duration"]["turns"]) == (["web3"], 1)
    for option in (["--canaries-only"], ["--only", "web3"]):
        with at_terminal("run", str(file), "--state", str(one.state), *option) as terminal:
            await terminal.until_shows("upgrade 1 of 3 members of web (web3), at most 1 out")
            assert "1 turn of" in terminal.screen
            terminal.type("n\n")
            assert (await terminal.end()).code == 7
    assert one.rows() == []


async def test_nobody_is_not_everybody(site: MakeSite) -> None:
    """Canaries that were all found out of rotation: refused, and nobody else is touched."""
    one = await site(3)
    file = one.file(gates=[], pool={"canaries": ["web3"], "min_available": 1})
    await order(one.endpoint, "set server web/web3 state maint")
    for option in (["--canaries-only"], ["--only", "web3"]):
        done = await one.run(file, *option)
        assert (done.code, "web3 is out" in done.err) == (3, True), done.text
        assert (await planned(one, file, *option))[0].code == 3
    assert (one.rows(), one.executions()) == ([], {})
