"""`rehearse` and `rollback`: the same walk with nothing done, or with the way back."""

import json

from tests.e2e.conftest import MakeSite


async def test_rehearse(site: MakeSite) -> None:
    """Every member is really out and back under users, none fails, and nothing is upgraded."""
    one = await site(3)
    file = one.file()
    async with one.users() as load:
        done = await one.command("rehearse", str(file), "--set", "version=v1", "--yes")
    assert done.code == 0, done.text
    assert "3 members out and back under live traffic" in done.out
    assert load.tally.failed == 0
    assert one.executions() == {}
    assert one.bodies("RunStep") == []
    held = [body for body in one.bodies("MemberSet") if '"hold"' in body]
    assert len(held) == 3
    assert await one.admin() == dict.fromkeys(one.world.members, 0)
    await one.assert_all("v1")


async def test_rehearse_with_the_version_to_come(site: MakeSite) -> None:
    """A validation that only v2 passes refuses a rehearsal before anything is touched."""
    one = await site(2)
    done = await one.command("rehearse", str(one.file()), "--yes")
    assert done.code == 3, done.text
    assert "web1 as it is: http" in done.err
    assert "a rehearsal changes no version" in done.err
    assert await one.admin() == dict.fromkeys(one.world.members, 0)


async def test_rollback(site: MakeSite) -> None:
    """After a rollout, `rollback` brings every member to the former version under the gates."""
    one = await site(2)
    file = one.file()
    async with one.users() as load:
        assert (await one.run(file)).code == 0
        done = await one.command("rollback", str(file), "--yes")
    assert done.code == 0, done.text
    assert "2 members rolled back and returned" in done.out
    assert load.tally.failed == 0
    await one.assert_all("v1")


async def test_rollback_after_a_halt(site: MakeSite) -> None:
    """A halted upgrade is left behind by `rollback`, which returns what is out first."""
    one = await site(3)
    file = one.file(upgrade=one.upgrade({"fail_every": 5}), soak="20s")
    async with one.users():
        assert (await one.run(file)).code == 4
        done = await one.command("rollback", str(file), "--yes", "--only", "web1")
    assert done.code == 0, done.text
    assert await one.admin() == dict.fromkeys(one.world.members, 0)
    await one.assert_all("v1")
    listed = await one.command("history", "--json")
    back, halted = json.loads(listed.out)["rollouts"]
    assert halted["instead"]["id"] == back["id"]
    for which in ("web", halted["id"]):
        assert "halted, then rolled back" in (await one.command("history", which)).out
    shown = await one.command("report", halted["id"], "-o", "-")
    assert "halted, then rolled back" in shown.out


async def test_rollback_without_a_way_back(site: MakeSite) -> None:
    """A file without `rollback` has no way back to run, and says so."""
    one = await site(2)
    done = await one.command("rollback", str(one.world.rollout_file(rollback=None)), "--yes")
    assert done.code == 3, done.text
    assert "no `rollback`" in done.err


async def test_rollback_that_fails_is_stuck(site: MakeSite) -> None:
    """A step of `rollback FILE` that fails leaves its member stuck, and each line calls it what it
    is: a rollback."""
    one = await site(2)
    file = one.file(gates=[], rollback={"command": ["/bin/false"]})
    done = await one.command("rollback", str(file), "--yes")
    assert done.code == 5, done.text
    assert "web1: OUT OF ROTATION, rollback failed: a person must repair it" in done.out
    assert "rollback: step 1 runs" in done.err
    assert "upgrade: step" not in done.text
