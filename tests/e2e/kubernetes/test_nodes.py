"""The command over Nodes: with pods of two workloads, a DaemonSet and a budget on them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.kubernetes.any_cluster import LONG, MARK, Cluster, a_cluster
from tests.support.kubernetes.commands import Commands
from tests.support.kubernetes.kinds import Json
from tests.support.kubernetes.manifests import budget, daemonset, deployment, statefulset
from tests.support.kubernetes.variants import tuned

pytestmark = pytest.mark.cluster
KUBELET = "v1.36.9"


async def node(cluster: Cluster, name: str) -> Json:
    return await cluster.api.get(f"/api/v1/nodes/{name}")


def ours(found: Json) -> list[str]:
    """What poolroll wrote on it."""
    meta = found["metadata"]
    written = {**(meta.get("annotations") or {}), **meta["labels"]}
    return [key for key in written if "poolroll.dev/" in key and key != MARK]


async def test_nodes(tmp_path: Path) -> None:
    """A boot id that stays is a halt at the first Node, and no other is touched. Then those are
    upgraded that nobody else has cordoned: that one is left as it was found."""
    async with a_cluster(tmp_path, nodes=3, pace=0.25, backoff=0.2) as cluster:
        first, second, third = sorted(cluster.nodes.names)
        await cluster.create(
            tuned(deployment("web"), grace=1),
            tuned(statefulset("db", replicas=2), grace=1),
            daemonset("log"),
            budget("web", minAvailable=2),
        )
        for app, count in (("web", 3), ("db", 2), ("log", 3)):
            await cluster.ready(count, f"app={app}")
        await cluster.api.merge(f"/api/v1/nodes/{third}", {"spec": {"unschedulable": True}})
        before = {name: one.boot_id for name, one in cluster.nodes.machines.items()}
        env = {"KUBECONFIG": str(cluster.kubeconfig), "POOLROLL_STATE": str(tmp_path / "state")}
        commands = Commands(tmp_path, env)

        halted = await commands.poolroll("run", str(file(cluster, tmp_path)), "--yes")
        assert halted.code == 5, halted.text
        assert "it was not rebooted" in halted.out
        assert f"{first}: OUT OF ROTATION" in halted.out
        assert (await node(cluster, first))["spec"]["unschedulable"]
        assert not (await node(cluster, second))["spec"].get("unschedulable")

        await commands.ends_well("abort", "nodes", "--restore")
        again = file(cluster, tmp_path, APP_REBOOT="1", APP_KUBELET=KUBELET)
        done = await commands.ends_well("run", str(again), "--yes")
        assert third in done
        after = {name: one.boot_id for name, one in cluster.nodes.machines.items()}
        assert [name for name in after if after[name] != before[name]] == [first, second], done
        for name in (first, second, third):
            found = await node(cluster, name)
            assert bool(found["spec"].get("unschedulable")) is (name == third)
            assert ours(found) == []
        await cluster.ready(3, "app=web")


def file(cluster: Cluster, folder: Path, **env: str) -> Path:
    """Upgraded by a Job. `env`: what its container does."""
    variables = [{"name": name, "value": value} for name, value in env.items()]
    container = {"name": "up", "image": "job:v1-exit100", "env": variables}
    given: dict[str, Any] = {
        "apiVersion": "poolroll/v1",
        "name": "nodes",
        "pool": {
            "kubernetes": {
                "namespace": cluster.namespace,
                "nodes": {"selector": f"{MARK}={cluster.namespace}"},
            }
        },
        "drain": {"settle": "100ms", "timeout": "1m"},
        "upgrade": {
            "job": {"spec": {"containers": [container]}},
            "timeout": f"{LONG:g}s" if env else "12s",
            "expect": {"boot_id": "changed"},
        },
        "soak": "100ms",
        "gates": [{"kubernetes": {"measure": "unready"}, "every": "100ms"}],
    }
    path = folder / "nodes.yaml"
    path.write_text(json.dumps(given))
    return path
