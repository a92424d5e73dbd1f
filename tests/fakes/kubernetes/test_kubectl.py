"""kubectl, the independent client: what it does against a real cluster works here too."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.fakes.kubernetes.seen import steady
from tests.support.kubernetes import manifests
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.kinds import NODES, PODS, STATEFULSETS, Json
from tests.support.kubernetes.objects import labels_of

KUBECTL = Path(sys.executable).parent / "kubectl"
Run = Callable[..., Awaitable[str]]


@pytest.fixture
async def cluster() -> AsyncIterator[FakeCluster]:
    """With TLS: kubectl sends no token without."""
    async with FakeCluster() as made:
        yield made


@pytest.fixture
def kubectl(cluster: FakeCluster, tmp_path: Path) -> Run:
    config = cluster.kubeconfig(tmp_path)

    async def run(*arguments: str, applied: Json | None = None, code: int = 0) -> str:
        process = await asyncio.create_subprocess_exec(
            KUBECTL,
            f"--kubeconfig={config}",
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={"HOME": str(tmp_path)},
        )
        given = json.dumps(applied).encode() if applied else None
        output, _ = await process.communicate(given)
        assert process.returncode == code, output.decode()
        return output.decode()

    return run


async def test_a_workload(cluster: FakeCluster, kubectl: Run) -> None:
    """apply, rollout status, get, label, patch, scale, and a conflict of an apply."""
    apply = ("apply", "-f", "-")
    assert "web created" in await kubectl(*apply, applied=manifests.statefulset())
    assert "3 new pods" in await kubectl("rollout", "status", "statefulset/web")
    assert "web-2" in await kubectl("get", "pods")
    await kubectl("label", "pod", "web-2", f"{manifests.ROTATION}=out", "--overwrite")
    assert labels_of(cluster.get(PODS, "web-2"))[manifests.ROTATION] == "out"
    held = {"spec": {"updateStrategy": {"rollingUpdate": {"partition": manifests.HUGE}}}}
    await kubectl("patch", "sts", "web", "-p", json.dumps(held), "--field-manager=poolroll")
    await kubectl("scale", "sts", "web", "--replicas=4")
    await steady(cluster, 4)
    theirs = manifests.statefulset(image="app:v3")
    theirs["spec"]["updateStrategy"] = {"rollingUpdate": {"partition": 0}}
    server_side = ("apply", "--server-side", "--field-manager=gitops", "-f", "-")
    refused = await kubectl(*server_side, applied=theirs, code=1)
    assert 'conflict with "poolroll" using apps/v1' in refused
    await kubectl(*server_side, "--force-conflicts", applied=theirs)
    assert cluster.get(STATEFULSETS, "web")["spec"]["updateStrategy"]["rollingUpdate"] == {
        "partition": 0,
        "maxUnavailable": 1,
    }


async def test_a_node(cluster: FakeCluster, kubectl: Run) -> None:
    """cordon, drain with its refusals, auth can-i, delete."""
    cluster.add(manifests.statefulset(), manifests.pod("lone"))
    await steady(cluster, 4)
    node = cluster.get(PODS, "lone")["spec"]["nodeName"]
    assert "cordoned" in await kubectl("cordon", node)
    refused = await kubectl("drain", node, code=1)
    assert "cannot delete Pods that declare no controller (use --force to override)" in refused
    await kubectl("drain", node, "--force")
    await steady(cluster, 3)
    assert all(one["spec"]["nodeName"] != node for one in cluster.all(PODS))
    await kubectl("uncordon", node)
    assert "unschedulable" not in cluster.get(NODES, node)["spec"]
    assert await kubectl("auth", "can-i", "create", "pods/eviction") == "yes\n"
    await kubectl("delete", "sts", "web", "--cascade=foreground", "--timeout=10s")
    assert cluster.all(PODS) == []
