"""The demo's upgrade command, run as a rollout runs it: as a program, through its argv."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.demo import upgrade
from adapters.demo.load import Load
from adapters.demo.world import World
from tests.support.runtime import order, stat
from tests.support.waiting import until
from tests.support.worlds import MakeWorld


@pytest.fixture
async def apps(short_folder: Path) -> AsyncIterator[World]:
    """Two apps, and no HAProxy in front of them."""
    async with World(short_folder, 2, haproxy=Path("none"), instances=0) as one:
        yield one


async def run(argv: list[str]) -> tuple[int, str]:
    """Run to the end of both its pipes, so that an app that holds one would hang us."""
    ended = await asyncio.to_thread(
        subprocess.run, argv, capture_output=True, timeout=240, check=False
    )
    return ended.returncode, ended.stderr.decode()


def asking(one: World, version: str, member: str = "web1") -> list[str]:
    path = str(Path(upgrade.__file__).with_name("tool.py"))
    return [sys.executable, path, "--folder", str(one.folder), "--member", member, "--is", version]


@pytest.mark.haproxy
async def test_a_drained_member_is_upgraded_without_a_failure(world: MakeWorld) -> None:
    """Out of rotation and quiet, a member changes its version and no user notices."""
    one = await world(3)
    endpoint = one.unix_endpoints[0]
    async with Load(one.frontends, rate=300, slow_share=0.1, slow_ms=50, sticky_share=0.3) as load:
        await until(lambda: load.tally.by_member["web2"] > 5, what="web2 to serve")
        await order(endpoint, "set server web/web2 state drain")
        await order(endpoint, "set server web/web2 state maint")

        async def is_quiet() -> bool:
            line = await stat(endpoint, "web", "web2")
            return line["scur"] == line["qcur"] == "0"

        await until(is_quiet, what="web2 to be quiet")
        assert await run(one.upgrade_argv("v2", member="web2")) == (0, "")

        async def runs_v2() -> bool:
            return (await one.member_versions())["web2"] == "v2"

        await until(runs_v2, what="v2 to run")
        await order(endpoint, "set server web/web2 state ready")
        await until(lambda: load.tally.by_version["v2"] > 5, what="v2 to serve users")
    assert load.tally.failed == 0
    assert await one.member_versions() == {"web1": "v1", "web2": "v2", "web3": "v1"}


async def test_asking_for_the_version(apps: World) -> None:
    """`--is` exits 0 for the running version and 1 for any other or when nothing runs."""
    assert await run(asking(apps, "v1")) == (0, "")
    assert await run(asking(apps, "v2")) == (1, "")
    await apps.stop_app("web1")
    assert await run(asking(apps, "v1")) == (1, "")


async def test_an_upgrade_replaces_the_process(apps: World) -> None:
    """The former process is gone, the new one behaves as told, and the neighbour is untouched."""
    before, neighbour = apps.app_pid("web1"), apps.app_pid("web2")
    argv = apps.upgrade_argv("v2", {"health": 503, "boot_ms": 30}, member="web1", takes_ms=0)
    assert await run([*argv, "--wait"]) == (0, "")
    assert await apps.member_versions() == {"web1": "v2", "web2": "v1"}
    assert apps.app_pid("web1") not in (None, before)
    assert apps.app_pid("web2") == neighbour
    assert upgrade.read_state(apps.home("web1")) == {
        "version": "v2",
        "health": 503,
        "boot_ms": 30,
    }


async def test_an_upgrade_starts_what_did_not_run(apps: World) -> None:
    """A stopped member is upgraded all the same: a step may be run again after a crash."""
    await apps.stop_app("web1")
    argv = apps.upgrade_argv("v2", member="web1")
    assert await run([*argv, "--wait"]) == (0, "")
    assert (await apps.member_versions())["web1"] == "v2"


async def test_without_the_forker_an_app_starts_by_itself(apps: World) -> None:
    """As where another user upgrades, or the forker is gone."""
    Path(apps.home("").forker).unlink()
    argv = apps.upgrade_argv("v2", member="web1", takes_ms=0)
    assert await run([*argv, "--wait"]) == (0, "")
    assert await apps.member_versions() == {"web1": "v2", "web2": "v1"}


async def test_a_request_that_never_comes_stops_no_other(apps: World) -> None:
    """Whoever is killed before it has asked leaves the forker as it was."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as link:
        link.connect(apps.home("").forker)
    await apps.stop_app("web1")
    await apps.start_app("web1")
    assert await apps.member_versions() == {"web1": "v1", "web2": "v1"}


async def test_faults_are_told_apart_from_no(apps: World) -> None:
    """A fault exits 2 with one line, so that `unless` can never take it for "not there yet"."""
    code, said = await run(asking(apps, "v1", member="web9"))
    assert code == 2
    assert said == f"upgrade: web9: no member of the world in {apps.folder}\n"
    argv = [*apps.upgrade_argv("v2", member="web1"), "--behaviour", "[]"]
    code, said = await run(argv)
    assert code == 2
    assert "must be a JSON object" in said
    assert (await apps.member_versions())["web1"] == "v1"


async def test_an_app_that_does_not_start_is_a_fault(apps: World) -> None:
    """With `--wait`, an app that ends at its start exits 2 with what the app said."""
    argv = apps.upgrade_argv("v2", {"boot_ms": "soon"}, member="web1")
    code, said = await run([*argv, "--wait"])
    assert code == 2
    assert "soon" in said


def test_behaviour_and_members_stand_in_the_argv() -> None:
    """For a rollout file, the member is a template, and a dollar in a path is none."""
    one = World(Path("/srv/a$b"), 1, haproxy=Path("none"))
    argv = one.upgrade_argv("v2", {"fail_every": 3})
    assert "--member=${member.name}" in argv
    assert argv[argv.index("--folder") + 1] == "/srv/a$$b"
    assert argv[argv.index("--behaviour") + 1] == '{"fail_every": 3}'
    ready = one.upgrade_argv("v2", member="web1")
    assert ready[ready.index("--folder") + 1] == "/srv/a$b"
