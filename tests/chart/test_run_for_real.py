"""The container of the rendered CronJob, run as its ServiceAccount against an API that authorises:
every right that the chart grants is used, none is missing."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.support.chart.container import Account, Container, Ended
from tests.support.chart.granted import Granted, granted, used
from tests.support.chart.rendered import Json, objects, pod_spec
from tests.support.chart.values import entry, values
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.instant_kubelet import Manner
from tests.support.kubernetes.kinds import BUDGETS, NODES, PODS, STATEFULSETS
from tests.support.kubernetes.manifests import (
    budget,
    daemonset,
    deployment,
    namespace,
    service,
    statefulset,
)
from tests.support.waiting import until

FILE = """\
apiVersion: poolroll/v1
name: web
vars: {version: v1}
pool:
  kubernetes: {namespace: shop, service: web, workload: WORKLOAD/web, rotation: ROTATION}
drain: {settle: 50ms, timeout: 20s}
upgrade:
  template: {spec: {containers: [{name: web, image: "app:${vars.version}"}]}}
  timeout: TIMEOUT
soak: 100ms
gates:
  - {kubernetes: {measure: unready}, every: 50ms}
on_failure: rollback_member
"""
NODE_FILE = """\
apiVersion: poolroll/v1
name: web
pool:
  kubernetes: {nodes: {selector: "pool=web"}}
drain: {settle: 50ms, timeout: 20s}
upgrade:
  job: {spec: {containers: [{name: patch, image: patch}]}}
soak: 100ms
"""
WEEKLY = 'schedule: "0 10 * * 2"\nset: {version: v2}'
ACCOUNT = "ops/poolroll-web"
UNREADY_FOR_EVER = Granted("shop", "", "pods", "delete", "")
"""Only for a pod that never became Ready, and which a budget keeps from being evicted."""


def filled(workload: str, rotation: str = "label", timeout: str = "30s") -> str:
    text = FILE.replace("WORKLOAD", workload).replace("ROTATION", rotation)
    return text.replace("TIMEOUT", timeout)


class Installed:
    """The chart in a cluster, by its Roles and ConfigMaps."""

    def __init__(self, cluster: FakeCluster, folder: Path, file: str, more: str = WEEKLY) -> None:
        self.cluster, self._folder = cluster, folder
        self._made = objects(values(entry("web", file, more)))
        self._roles = [one for one in self._made if "Role" in one["kind"]]
        cluster.add(*self._roles)

    @property
    def granted(self) -> set[Granted]:
        return granted(self._roles, ACCOUNT)

    async def run(self, *, outside: bool = False) -> Ended:
        """As a Job of the CronJob, to its end; `outside`: see Container."""
        token = self.cluster.account(*ACCOUNT.split("/"))
        ca, port = self.cluster.authority.decode(), self.cluster.server.port
        account = Account("ops", token, ca, "127.0.0.1", port)
        files: Mapping[str, Mapping[str, str]] = {
            one["metadata"]["name"]: one["data"] for one in self._made if one["kind"] == "ConfigMap"
        }
        container = Container(pod_spec(self._made), self._folder, account, files, outside=outside)
        try:
            await until(lambda: container.ended() is not None, 60, "the end of the run", every=0.05)
        finally:
            if container.ended() is None:
                container.process.kill()
                await asyncio.to_thread(container.process.wait)
        ended = container.ended()
        assert ended is not None
        assert "Traceback" not in ended.text, ended.text
        return ended

    def refused(self) -> set[tuple[str, str]]:
        calls = [one for one in self.cluster.faults.log if one.user.endswith("poolroll-web")]
        return {(one.verb, one.path) for one in calls if one.status == 403}

    def unused(self) -> set[Granted]:
        """The chunks of the journal beyond the first are for longer rollouts."""
        rights = {one for one in self.granted if not _is_later_chunk(one)}
        return rights.difference(*(used(call, rights) for call in self.cluster.faults.log))


def _is_later_chunk(right: Granted) -> bool:
    number = right.name.removeprefix("poolroll-web-")
    return right.path == "configmaps" and number.isdigit() and number != "0"


@asynccontextmanager
async def shop(
    *manifests: Json, manner: Manner | None = None, nodes: int = 2
) -> AsyncIterator[FakeCluster]:
    async with FakeCluster(rbac=True, manner=manner, nodes=nodes) as cluster:
        cluster.add(namespace("shop"), namespace("ops"))
        for one in manifests:
            one["metadata"]["namespace"] = "shop"
        cluster.add(*manifests)
        await until(lambda: len(ready(cluster)) == 2, 10, "two pods")
        yield cluster


def ready(cluster: FakeCluster) -> Sequence[Json]:
    return [one for one in cluster.all(PODS, "shop") if "Ready" in str(one.get("status"))]


def images(cluster: FakeCluster) -> set[str]:
    return {one["spec"]["containers"][0]["image"] for one in cluster.all(PODS, "shop")}


@pytest.mark.parametrize(
    ("workload", "rotation"),
    [("statefulset", "label"), ("daemonset", "delete"), ("deployment", "selector")],
)
async def test_pods(tmp_path: Path, workload: str, rotation: str) -> None:
    made = {
        "statefulset": statefulset(replicas=2),
        "daemonset": daemonset(),
        "deployment": deployment(replicas=2),
    }
    async with shop(service(), made[workload], budget(minAvailable=1)) as cluster:
        one = Installed(cluster, tmp_path, filled(workload, rotation))
        ended = await one.run(outside=workload != "statefulset")
        assert ended.code == 0, ended.text
        assert images(cluster) == {"app:v2"}
        assert one.refused() == set()
        assert one.unused() == {UNREADY_FOR_EVER}


async def test_pod_that_never_becomes_ready(tmp_path: Path) -> None:
    """The last of the rights: its way back begins with a pod that its budget would keep."""
    manner = Manner(becomes_ready=lambda pod: pod["spec"]["containers"][0]["image"] != "app:v2")
    manifests = service(), statefulset(replicas=2), budget(minAvailable=1)
    async with shop(*manifests, manner=manner) as cluster:
        one = Installed(cluster, tmp_path, filled("statefulset", timeout="2s"))
        run = asyncio.create_task(one.run(outside=True))
        await until(lambda: "app:v2" in images(cluster), 30, "the pod that never becomes Ready")
        cluster.change(BUDGETS, "web", _kept, "shop")
        ended = await run
        assert ended.code == 5, ended.text
        assert one.refused() == set()
        assert UNREADY_FOR_EVER not in one.unused()
        assert images(cluster) == {"app:v1"}
        partition = cluster.get(STATEFULSETS, "web", "shop")["spec"]["updateStrategy"]
        assert partition.get("rollingUpdate", {}).get("partition", 0) == 0


async def test_nodes(tmp_path: Path) -> None:
    """Evictions, too: there are pods on the Nodes; and a Job. A command needs less."""
    manner = Manner(runs=lambda pod: (0.01, 0) if "job-name" in pod["metadata"]["labels"] else None)
    manifests = service(), deployment(replicas=2), budget(maxUnavailable=1)
    async with shop(*manifests, manner=manner, nodes=3) as cluster:
        for node in cluster.all(NODES)[:2]:
            cluster.change(NODES, node["metadata"]["name"], _in_the_pool)
        one = Installed(cluster, tmp_path, NODE_FILE, WEEKLY.partition("\n")[0])
        ended = await one.run(outside=True)
        assert ended.code == 0, ended.text
        assert one.refused() == set()
        assert one.unused() == set()


def _kept(one: Json) -> None:
    one["spec"]["minAvailable"] = 2


def _in_the_pool(node: Json) -> None:
    node["metadata"]["labels"]["pool"] = "web"
