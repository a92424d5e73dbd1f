"""A world stands, says where its endpoints are, and leaves nothing behind."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from adapters.demo.rollout import merged
from adapters.demo.world import World
from controller.bootstrap_demo import demo_world
from controller.errors import PoolrollError
from tests.support.haproxies import launcher
from tests.support.runtime import ask, info, stat
from tests.support.waiting import until
from tests.support.worlds import MakeWorld

OWNER = """
import asyncio, signal, sys
from pathlib import Path
from adapters.demo.world import World

async def main():
    folder, binary = map(Path, sys.argv[1:3])
    async with World(folder, 2, haproxy=binary, launcher=sys.argv[3:]) as world:
        await world.haproxies[0].reload()
        argv = world.upgrade_argv("v2", member="web2") + ["--wait"]
        await (await asyncio.create_subprocess_exec(*argv)).wait()
        print("up", flush=True)
        await asyncio.Event().wait()

signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job inherits SIG_IGN
try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
"""


def start_owner(folder: Path, binary: Path, launcher: Sequence[str]) -> subprocess.Popen[bytes]:
    """A process that stands a world up, says so, and waits."""
    argv = [sys.executable, "-c", OWNER, str(folder), str(binary), *launcher]
    return subprocess.Popen(argv, stdout=subprocess.PIPE)


def processes_of(folder: Path) -> list[str]:
    """Command lines that name the folder, zombies left out (their command line is empty)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if f"{folder}/" in line:
            found.append(line)
    return found


@pytest.mark.haproxy
async def test_nothing_is_left_after_the_exit(haproxy: Path, short_folder: Path) -> None:
    """HAProxys, frozen and reloaded ones too, apps, and apps started by upgrades are gone."""
    async with World(short_folder, 2, haproxy=haproxy, instances=2) as one:
        await one.haproxies[0].reload()
        one.haproxies[1].freeze()
        argv = [*one.upgrade_argv("v2", member="web1"), "--wait"]
        await asyncio.to_thread(subprocess.run, argv, check=True, timeout=240)
        assert len(processes_of(short_folder)) == 5  # with the one that forks apps
    assert processes_of(short_folder) == []
    for name in one.members:
        assert one.app_pid(name) is None


@pytest.mark.haproxy
async def test_without_a_port_for_the_runtime_api(haproxy: Path, short_folder: Path) -> None:
    """As the demo has it: such a port has no password, and every user of the machine reaches it."""
    pool = demo_world(short_folder, 1, str(haproxy))
    async with pool as one:
        assert one.tcp_endpoints == []
        assert "ipv4@" not in one.haproxies[0].config


@pytest.mark.haproxy
async def test_an_error_inside_leaves_nothing_either(haproxy: Path, short_folder: Path) -> None:
    """The world ends in the same way when its user fails."""
    with pytest.raises(RuntimeError, match="mishap"):
        async with World(short_folder, 1, haproxy=haproxy):
            raise RuntimeError("mishap")
    assert processes_of(short_folder) == []


@pytest.mark.haproxy
async def test_a_start_that_fails_leaves_nothing(haproxy: Path, short_folder: Path) -> None:
    """When HAProxy refuses its configuration, the apps that run already are ended."""
    with pytest.raises(PoolrollError, match="unknown keyword 'nonsense'"):
        async with World(short_folder, 2, haproxy=haproxy, backend_lines="nonsense"):
            pytest.fail("a world stood on a bad configuration")
    assert processes_of(short_folder) == []


@pytest.mark.haproxy
@pytest.mark.parametrize(
    ("how", "tie"),
    [
        (signal.SIGKILL, tuple),
        (signal.SIGTERM, tuple),
        (signal.SIGINT, tuple),
        (signal.SIGKILL, launcher),
    ],
)
async def test_nothing_outlives_a_killed_owner(
    haproxy: Path, short_folder: Path, how: signal.Signals, tie: Callable[[], Sequence[str]]
) -> None:
    """However the process that owns a world ends, every process of the world ends with it."""
    with start_owner(short_folder, haproxy, tie()) as owner:
        assert owner.stdout
        assert await asyncio.to_thread(owner.stdout.readline) == b"up\n"
        assert len(processes_of(short_folder)) >= 3
        owner.send_signal(how)
    await until(
        lambda: not any("app.py" in line or "-db" in line for line in processes_of(short_folder)),
        what="every process of the world to end",
    )


@pytest.mark.haproxy
async def test_every_endpoint_is_what_it_says(world: MakeWorld) -> None:
    """Admin endpoints may set, the operator's may not, and all show the same worker."""
    one = await world(1, instances=2)
    for number, process in enumerate(one.haproxies):
        for endpoints in (one.unix_endpoints, one.tcp_endpoints, one.operator_endpoints):
            assert (await info(endpoints[number]))["Pid"] == str(process.pid)
        order = "set server web/web1 state ready"
        assert "denied" in await ask(one.operator_endpoints[number], order)
        assert (await ask(one.unix_endpoints[number], order)).strip() == ""
        assert (await ask(one.tcp_endpoints[number], order)).strip() == ""


@pytest.mark.haproxy
async def test_the_shape_of_the_pool_reaches_haproxy(world: MakeWorld) -> None:
    """Options of the servers and lines of the backend are in force in every backend."""
    one = await world(
        1,
        backends=("web", "api"),
        backend_lines="balance static-rr",
        server_options="weight 40",
        cookie=False,
        slowstart="2s",
        redispatch=False,
        retries=1,
    )
    for backend in ("web", "api"):
        line = await stat(one.unix_endpoints[0], backend, "web1")
        assert (line["weight"], line["status"], line["cookie"]) == ("40", "no check", "")
        assert (await stat(one.unix_endpoints[0], backend, "BACKEND"))["algo"] == "static-rr"


@pytest.mark.haproxy
async def test_the_balancer_sees_a_stopped_app(world: MakeWorld) -> None:
    """HAProxy's own check takes a stopped app for down, and for up when it is back."""
    one = await world(2, server_options="check inter 20ms rise 2 fall 2")

    async def status() -> str:
        return (await stat(one.unix_endpoints[0], "web", "web2"))["status"]

    async def is_down() -> bool:
        return await status() == "DOWN"

    async def is_up() -> bool:
        return await status() == "UP"

    await one.stop_app("web2")
    await until(is_down, what="web2 to be down")
    await one.start_app("web2")
    await until(is_up, what="web2 to be up")


async def test_a_rollout_file_is_that_of_this_world(short_folder: Path) -> None:
    """The file names every member and takes overrides: laid upon, replaced, or taken away."""
    one = World(short_folder, 3, haproxy=Path("none"))
    path = one.rollout_file(
        name="other", drain={"sticky": "1s"}, gates=[], rollback=None, **{"return": {"hold": "1s"}}
    )
    with path.open() as file:
        values: dict[str, Any] = YAML(typ="safe").load(file)
    assert values["apiVersion"] == "poolroll/v1"
    assert values["name"] == "other"
    assert values["pool"]["members"] == {"expect": 3}
    assert values["drain"] == {"timeout": "10s", "sticky": "1s"}
    assert values["return"] == {"within": "10s", "hold": "1s"}
    assert values["gates"] == []
    assert "rollback" not in values
    assert values["upgrade"]["unless"]["command"][-2:] == ["--is", "${vars.version}"]


def test_merging_leaves_its_base_alone() -> None:
    """The base of a merge is the same afterwards, at every depth."""
    base = {"a": {"b": 1, "c": 2}, "d": [1]}
    assert merged(base, {"a": {"b": None, "x": 3}, "d": [2]}) == {"a": {"c": 2, "x": 3}, "d": [2]}
    assert base == {"a": {"b": 1, "c": 2}, "d": [1]}


async def test_an_app_runs_once(short_folder: Path) -> None:
    """A second start of a running app is refused; after a stop it finds its port again."""
    async with World(short_folder, 1, haproxy=Path("none"), instances=0) as one:
        port = one.ports["web1"]
        with pytest.raises(PoolrollError, match="web1: runs already"):
            await one.start_app("web1")
        await one.stop_app("web1")
        assert one.app_pid("web1") is None
        await one.start_app("web1")
        assert one.ports["web1"] == port
        assert await one.member_versions() == {"web1": "v1"}
