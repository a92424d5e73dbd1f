"""What the chart writes for tunnels, read by the programs that it is for."""

import asyncio
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
import trustme

from tests.support import runtime
from tests.support.chart.rendered import Json, objects, only, pod_spec
from tests.support.chart.values import HAPROXY, TUNNELS, entry, values
from tests.support.haproxies import HAPROXIES, program
from tests.support.waiting import until

pytestmark = pytest.mark.haproxy

MADE = values(entry("lb", HAPROXY, 'schedule: "0 10 * * 3"', TUNNELS))
DOOR = """
global
    stats socket {folder}/admin.sock level admin
defaults
    mode tcp
    timeout connect 5s
    timeout client 1m
    timeout server 1m
listen door
    bind 127.0.0.1:{port} ssl crt {folder}/door.pem ca-file {folder}/ca.pem verify required
    server itself unix@{folder}/admin.sock
"""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def config(name: str) -> str:
    text: str = only(objects(MADE), "ConfigMap")["data"][name]
    return text


def test_ssh_reads_its_configuration(tmp_path: Path) -> None:
    """The key, the known hosts and the user are those of the mounts, and no stranger is trusted."""
    ssh = shutil.which("ssh")
    assert ssh, "install openssh-client"
    file = tmp_path / "config"
    file.write_text(config("ssh.config"))
    asked = [ssh, "-G", "-F", str(file), "lb1.example.net"]
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    told = dict(line.split(" ", 1) for line in said.splitlines() if " " in line)
    assert told["user"] == "deploy"
    assert told["identityfile"] == "/etc/poolroll/ssh/key/id_ed25519"
    assert told["userknownhostsfile"] == "/etc/poolroll/ssh/known/known_hosts"
    assert (told["stricthostkeychecking"], told["batchmode"]) == ("true", "yes")
    mounts = {one["mountPath"] for one in _sidecar("lb1")["volumeMounts"]}
    assert {
        "/etc/poolroll/ssh/key",
        "/etc/poolroll/ssh/known",
        "/etc/poolroll/ssh/config",
    } <= mounts


async def test_a_door_through_mutual_tls(tmp_path: Path) -> None:
    """Its certificate is checked, by the name that the values say, and it asks for ours."""
    authority, stranger = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    door = authority.issue_cert("lb2.example.net")
    door.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "door.pem"))
    async with AsyncExitStack() as stack:
        port = free_port()
        text = DOOR.format(folder=tmp_path, port=port)
        await stack.enter_async_context(haproxy(tmp_path / "door.cfg", text))
        for number, (signed, name, is_let_in) in enumerate(
            (
                (authority, "lb2.example.net", True),
                (stranger, "lb2.example.net", False),
                (authority, "lb3.example.net", False),
            )
        ):
            folder = tmp_path / str(number)
            folder.mkdir()
            secret = {one["path"]: one["key"] for one in _secret()["items"]}
            given = signed.issue_cert("poolroll")
            parts = {
                "tls.crt": given.cert_chain_pems[0].bytes(),
                "tls.key": given.private_key_pem.bytes(),
                "ca.crt": (tmp_path / "ca.pem").read_bytes(),
            }
            for path, key in secret.items():
                (folder / path).write_bytes(parts[key])
            listen = free_port()
            tunnel = config("lb2.tunnel.cfg").replace("/etc/poolroll/tunnels/lb2", str(folder))
            tunnel = tunnel.replace("10.0.0.2:9999", f"127.0.0.1:{port}")
            tunnel = tunnel.replace("9002", str(listen)).replace("lb2.example.net", name)
            async with haproxy(folder / "tunnel.cfg", tunnel):
                assert await answers(listen) is is_let_in


@asynccontextmanager
async def haproxy(file: Path, text: str) -> AsyncIterator[None]:
    """In the foreground, as in a container."""
    file.write_text(text)
    started = await asyncio.create_subprocess_exec(
        str(program(HAPROXIES[0])), "-f", str(file), "-db", "-q"
    )
    try:
        yield
    finally:
        started.kill()
        await started.wait()


async def answers(port: int) -> bool:
    """Whether HAProxy's Runtime API does, once the tunnel listens."""

    async def asked() -> str | None:
        try:
            return await runtime.ask(f"tcp:127.0.0.1:{port}", "show info") or "nothing"
        except ConnectionRefusedError:
            return None
        except OSError:
            return "cut off"

    said = await until(asked, 10, "the tunnel to listen", every=0.02)
    return "Version" in str(said)


def _sidecar(name: str) -> Json:
    sidecars = pod_spec(objects(MADE))["initContainers"]
    [found] = [one for one in sidecars if one["name"] == f"tunnel-{name}"]
    return dict(found)


def _secret() -> Json:
    volumes = pod_spec(objects(MADE))["volumes"]
    [found] = [one["secret"] for one in volumes if one["name"] == "tunnel-lb2"]
    return dict(found)
