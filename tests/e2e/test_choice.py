"""Which members a run touches."""

from pathlib import Path

from tests.e2e.conftest import MakeSite
from tests.e2e.site import Site


async def test_already_there(site: MakeSite) -> None:
    """Where `unless` says yes everywhere there is nothing to do: exit 0, nothing touched."""
    one = await site(2)
    file = one.file(upgrade={"unless": {"command": ["/bin/true"]}}, gates=[])
    done = await one.run(file)
    assert done.code == 0, done.text
    assert "2 already there" in done.out
    assert (one.executions(), one.bodies("MemberSet")) == ({}, [])
    await one.assert_all("v1")


async def test_some_already_there(site: MakeSite) -> None:
    """`unless` is asked of each member, and again after its upgrade, as proof."""
    one = await site(3)
    marks = one.folder / "marks"
    marks.mkdir()
    (marks / "web2").touch()
    upgrade = one.upgrade()
    mark = ["/bin/sh", "-c", f'touch "{marks}/$$0" && exec "$$@"', "${member.name}"]
    file = one.file(
        upgrade={
            "command": [*mark, *upgrade["command"]],
            "unless": {"command": ["/usr/bin/test", "-e", f"{marks}/${{member.name}}"]},
        },
        gates=[],
    )
    done = await one.run(file)
    assert done.code == 0, done.text
    assert "done: 2 members upgraded and returned, 1 already there" in done.out
    assert one.executions() == {"web1": 1, "web3": 1}
    assert await one.world.member_versions() == {"web1": "v2", "web2": "v1", "web3": "v2"}


async def test_already_there_and_still_out(site: MakeSite) -> None:
    """What an earlier rollout left out, and somebody has upgraded since, is returned and no more:
    neither skipped nor called upgraded."""
    one = await site(2)
    broken = one.file(gates=[], upgrade={"command": ["/bin/false"]}, validate=[])
    assert (await one.run(broken)).code == 5
    assert (await one.command("abort", "web")).code == 0
    assert await one.admin() == {"web1": 1, "web2": 0}
    there = {"command": ["/bin/false"], "unless": {"command": ["/bin/true"]}}
    file = one.file(gates=[], upgrade=there, validate=[])
    planned = await one.command("plan", str(file))
    assert "already there, would be skipped: web2\n" in planned.out
    assert "already there, would be validated and returned: web1\n" in planned.out
    done = await one.run(file)
    assert done.code == 0, done.text
    assert "done: 0 members upgraded and returned, 1 already there and returned, 1 al" in done.out
    assert "web1  was already there, returned, in rotation" in done.out
    assert "ended well before" not in done.text
    assert await one.admin() == {"web1": 0, "web2": 0}


async def test_not_proven(site: MakeSite) -> None:
    """An upgrade that ended well but that `unless` does not confirm: exit 5, the member out."""
    one = await site(3)
    file = one.file(upgrade={"unless": {"command": ["/bin/false"]}}, gates=[])
    done = await one.run(file)
    assert done.code == 5, done.text
    assert "`unless` does not confirm it" in done.out
    assert await one.admin() == {"web1": 1, "web2": 0, "web3": 0}


async def finished_by_a_plain_run(one: Site, file: Path) -> None:
    """A run without options goes on with the members that are left."""
    done = await one.run(file)
    assert done.code == 0, done.text
    assert one.executions() == dict.fromkeys(one.world.members, 1)
    assert len(one.rows()) == 1
    await one.assert_all("v2")


async def test_only(site: MakeSite) -> None:
    """`--only` touches those members alone, and refuses one that there is not."""
    one = await site(3)
    file = one.file(gates=[])
    unknown = await one.run(file, "--only", "web9")
    assert (unknown.code, "'web9' is not a selected member" in unknown.text) == (3, True)
    done = await one.run(file, "--only", "web2", "--only", "web3")
    assert done.code == 0, done.text
    assert "not started: web1" in done.out
    assert one.executions() == {"web2": 1, "web3": 1}
    await finished_by_a_plain_run(one, file)


async def test_canaries_only(site: MakeSite) -> None:
    """`--canaries-only` stops after the canaries, in the order in which they are listed."""
    one = await site(3)
    file = one.file(pool={"canaries": ["web3", "web1"]}, gates=[])
    done = await one.run(file, "--canaries-only")
    assert done.code == 0, done.text
    assert list(one.executions()) == ["web3", "web1"]
    assert await one.world.member_versions() == {"web1": "v2", "web2": "v1", "web3": "v2"}
    await finished_by_a_plain_run(one, file)


async def test_set(site: MakeSite) -> None:
    """`--set` and its environment twin override a variable of the file."""
    one = await site(2)
    argv = one.world.upgrade_argv("v0", takes_ms=0)
    argv[argv.index("v0")] = "${vars.version}"
    file = one.file(upgrade={"command": [*argv, "--wait"]}, gates=[])
    assert (await one.run(file, "--set", "version=v7")).code == 0
    await one.assert_all("v7")
