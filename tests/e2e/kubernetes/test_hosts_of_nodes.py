"""Nodes whose hosts are upgraded and restarted over ssh."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.hosts.machine import NEW, OLD, Boot, Machine, machine
from tests.support.kubernetes.any_cluster import MARK, Cluster, a_cluster
from tests.support.kubernetes.commands import Commands
from tests.support.kubernetes.manifests import budget, deployment
from tests.support.kubernetes.variants import tuned

pytestmark = pytest.mark.cluster


@asynccontextmanager
async def machines(cluster: Cluster, folder: Path) -> AsyncIterator[dict[str, Machine]]:
    """One for each Node, which goes down and comes back with it."""
    async with AsyncExitStack() as stack:
        made = {}
        for name in sorted(cluster.nodes.names):
            down = partial(cluster.nodes.stop, name)
            up = partial(cluster.nodes.reboot, name, takes=0, kernel=NEW, silent=True)
            one = await stack.enter_async_context(machine(folder / name, Boot(), down=down, up=up))
            noted = f'case $* in *needs-restarting*) exit 1 ;; esac; echo "$*" >> {one.folder}/dnf'
            one.sshd.script("dnf", noted)
            made[name] = one
        yield made


async def test_upgrade_and_reboot(tmp_path: Path) -> None:
    """Each Node is emptied, upgraded and restarted, once; the pods find room on the others, and the
    plan has shown each host before."""
    async with a_cluster(tmp_path, nodes=2, pace=0.25, backoff=0.2) as cluster:
        web = tuned(deployment("web", replicas=2), grace=1)
        await cluster.create(web, budget("web", minAvailable=1))
        await cluster.ready(2)
        async with machines(cluster, tmp_path) as made:
            before = {name: one.boot_id for name, one in cluster.nodes.machines.items()}
            env = {"KUBECONFIG": str(cluster.kubeconfig), "POOLROLL_STATE": str(tmp_path / "state")}
            done = await Commands(tmp_path, env).ends_well(
                "run", str(file(cluster, tmp_path, made)), "--yes"
            )
            for name, host in made.items():
                assert f"  {name}  127.0.0.1  " in done
                assert (host.folder / "dnf").read_text() == "-y upgrade\n"
                assert host.times_asked == 1
                assert cluster.nodes.machines[name].boot_id != before[name]
                found = await cluster.api.get(f"/api/v1/nodes/{name}")
                assert not found["spec"].get("unschedulable")
        assert f"  {OLD}  11111111  " in done
        await cluster.ready(2)


def file(cluster: Cluster, folder: Path, made: dict[str, Machine]) -> Path:
    home = "${member.vars.home}"
    options = [
        *(f"UserKnownHostsFile={home}/known", f"IdentityFile={home}/user", "IdentityAgent=none"),
        *("IdentitiesOnly=yes", "HostKeyAlias=host", "GlobalKnownHostsFile=none"),
    ]
    own = {n: {"ssh": str(m.sshd.port), "home": str(m.folder)} for n, m in made.items()}
    ssh = {"port": "${member.vars.ssh}", "options": options, "connect_timeout": "20s"}
    given: dict[str, Any] = {
        "apiVersion": "poolroll/v1",
        "name": "nodes",
        "pool": {
            "kubernetes": {
                "namespace": cluster.namespace,
                "nodes": {"selector": f"{MARK}={cluster.namespace}"},
            },
            "members": {"host": "127.0.0.1", "vars": own},
        },
        "hosts": {"ssh": ssh},
        "drain": {"settle": "100ms", "timeout": "2m"},
        "upgrade": {
            "steps": [{"ssh": ["dnf", "-y", "upgrade"]}, {"reboot": {"timeout": "2m"}}],
            "timeout": "2m",
            "expect": {"boot_id": "changed", "kernel": "5.14.0-2*", "kernel_version": NEW},
        },
        "soak": "100ms",
        "gates": [{"kubernetes": {"measure": "unready"}, "every": "100ms"}],
    }
    path = folder / "nodes.yaml"
    path.write_text(json.dumps(given))
    return path
