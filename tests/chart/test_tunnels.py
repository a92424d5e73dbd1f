"""Tunnels of the chart, read by the programs that they are for; and a rollout through one."""

import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
import trustme

from tests.chart.test_run_for_real import Installed
from tests.support import runtime
from tests.support.chart.doors import NAME, Door, free_port, haproxy, mounted
from tests.support.chart.rendered import Json, objects, only, pod_spec
from tests.support.chart.values import HAPROXY, TUNNELS, entry, values
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.manifests import namespace
from tests.support.waiting import until

pytestmark = pytest.mark.haproxy

WEEKLY = 'schedule: "0 10 * * 3"'
FILE = """\
apiVersion: poolroll/v1
name: web
pool:
  haproxy: {apis: ["tcp:127.0.0.1:LISTEN"], backends: [web]}
  min_available: 1
drain: {timeout: 1s}
upgrade: {command: ["true"]}
soak: 100ms
gates: []
"""


def tls(listen: int, port: int, name: str = NAME) -> str:
    return (
        f"tunnels: [{{name: lb, listen: {listen}, tls: {{host: 127.0.0.1, port: {port}, "
        f"secret: lb, image: haproxy, serverName: {name}}}}}]"
    )


def config(made: list[Json], name: str) -> str:
    text: str = only(made, "ConfigMap")["data"][name]
    return text


@asynccontextmanager
async def tunnel(made: list[Json], folder: Path, door: Door, by: trustme.CA) -> AsyncIterator[None]:
    """The sidecar of the rendered pod."""
    volumes = {one["name"]: one for one in pod_spec(made)["volumes"]}
    at = folder / "tunnel"
    mounted(volumes["tunnel-lb"]["secret"]["items"], door.secret(by), at)
    text = config(made, "lb.tunnel.cfg").replace("/etc/poolroll/tunnels/lb", str(at))
    async with haproxy(folder / "lb.cfg", text):
        yield


def test_ssh_reads_its_configuration(tmp_path: Path) -> None:
    """The key, the known hosts and the user are those of the mounts, and no stranger is trusted."""
    ssh = shutil.which("ssh")
    assert ssh, "install openssh-client"
    made = objects(values(entry("lb", HAPROXY, WEEKLY, TUNNELS)))
    file = tmp_path / "config"
    file.write_text(config(made, "ssh.config"))
    asked = [ssh, "-G", "-F", str(file), "lb1.example.net"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    told = dict(line.split(" ", 1) for line in said.splitlines() if " " in line)
    assert told["user"] == "deploy"
    assert told["identityfile"] == "/etc/poolroll/ssh/key/id_ed25519"
    assert told["userknownhostsfile"] == "/etc/poolroll/ssh/known/known_hosts"
    assert (told["stricthostkeychecking"], told["batchmode"]) == ("true", "yes")
    [sidecar] = [one for one in pod_spec(made)["initContainers"] if one["name"] == "tunnel-lb1"]
    mounts = {one["mountPath"] for one in sidecar["volumeMounts"]}
    assert {
        "/etc/poolroll/ssh/key",
        "/etc/poolroll/ssh/known",
        "/etc/poolroll/ssh/config",
    } <= mounts


async def test_a_door_through_mutual_tls(tmp_path: Path) -> None:
    """Its certificate is checked, by the name that the values say, and it asks for ours."""
    door, stranger = Door(tmp_path), trustme.CA()
    async with door.open():
        for number, (by, name, is_let_in) in enumerate(
            (
                (door.authority, NAME, True),
                (stranger, NAME, False),
                (door.authority, "other.example.net", False),
            )
        ):
            folder, listen = tmp_path / str(number), free_port()
            folder.mkdir()
            made = objects(values(entry("lb", HAPROXY, WEEKLY, tls(listen, door.port, name))))
            async with tunnel(made, folder, door, by):
                assert await answers(listen) is is_let_in


async def test_rollout_through_a_tunnel(tmp_path: Path) -> None:
    """State in the cluster, the pool outside: no right but those to the state."""
    door, listen = Door(tmp_path), free_port()
    file, through = FILE.replace("LISTEN", str(listen)), tls(listen, door.port)
    made = objects(values(entry("web", file, WEEKLY, through)))
    async with AsyncExitStack() as stack:
        lines = [f"web{number} 127.0.0.{number}:8080" for number in (1, 2)]
        await stack.enter_async_context(door.open(lines))
        await stack.enter_async_context(tunnel(made, tmp_path, door, door.authority))
        assert await answers(listen)
        cluster = await stack.enter_async_context(FakeCluster(rbac=True, kubelet=False))
        cluster.add(namespace("ops"))
        folder = tmp_path / "run"
        folder.mkdir()
        one = Installed(cluster, folder, file, f"{WEEKLY}\n{through}")
        ended = await one.run(outside=True)
        assert ended.code == 0, ended.text
        assert one.refused() == set()
        assert one.unused() == set()
        for server in ("web1", "web2"):
            found = await runtime.stat(f"unix:{tmp_path}/admin.sock", "web", server)
            assert found["status"] == "no check"


async def answers(port: int) -> bool:
    """Whether HAProxy's Runtime API does, once the tunnel listens."""

    async def asked() -> str | None:
        try:
            return await runtime.ask(f"tcp:127.0.0.1:{port}", "show info") or "nothing"
        except ConnectionRefusedError:
            return None
        except OSError:
            return "cut off"

    said = await until(asked, 60, "the tunnel to listen", every=0.02)
    return "Version" in str(said)
