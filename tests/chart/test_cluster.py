"""The life of a release: installed, due, halted, decided upon, upgraded, gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryFile

import pytest

from tests.support.chart.release import Release
from tests.support.chart.values import entry, values
from tests.support.command import Done, started
from tests.support.kubernetes.any_cluster import LONG, Cluster, a_cluster, is_current
from tests.support.kubernetes.kinds import (
    ACCOUNTS,
    BINDINGS,
    CONFIGMAPS,
    CRONJOBS,
    JOBS,
    LEASES,
    PODS,
    ROLES,
    SECRETS,
    STATEFULSETS,
    Json,
)
from tests.support.kubernetes.manifests import budget, service, statefulset
from tests.support.waiting import until

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

FILE = """\
apiVersion: poolroll/v1
name: web
vars: {version: v1}
pool:
  kubernetes: {namespace: SPACE, service: web, workload: statefulset/web, rotation: label}
drain: {settle: 100ms}
upgrade:
  template: {spec: {containers: [{name: web, image: "app:${vars.version}"}]}}
  timeout: 60s
validate:
  - http: {url: "http://127.0.0.1:PORT/"}
    within: 1s
soak: 200ms
"""
NOWHERE = "nodeSelector: {poolroll.dev/test: nowhere}"
"""No Node of the test takes the pod: the test is its kubelet."""
MANAGED = "app.kubernetes.io/managed-by=poolroll"
OWN = (CRONJOBS, JOBS, PODS, ACCOUNTS, SECRETS, ROLES, BINDINGS, CONFIGMAPS, LEASES)


class Checked:
    """What `validate` asks."""

    def __init__(self) -> None:
        self.is_well = True
        self.port = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Checked"]:
        async with await asyncio.start_server(self._answer, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            yield self

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        status = "200 OK" if self.is_well else "503 Service Unavailable"
        head = f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        writer.write(head.encode())
        writer.close()


@asynccontextmanager
async def beside(cluster: Cluster) -> AsyncIterator[str]:
    """A namespace for the release, which takes restricted pods alone."""
    name = f"{cluster.namespace}-ops"
    enforced = {"pod-security.kubernetes.io/enforce": "restricted"}
    meta = {"name": name, "labels": enforced}
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": meta}
    await cluster.api.create("/api/v1/namespaces", body)
    try:
        yield name
    finally:
        await cluster.api.delete(f"/api/v1/namespaces/{name}")


def given(cluster: Cluster, checked: Checked, version: str, schedule: str) -> str:
    file = FILE.replace("SPACE", cluster.namespace).replace("PORT", str(checked.port))
    weekly = f'schedule: "{schedule}"'
    return values(entry("web", file, weekly, NOWHERE, f"set: {{version: {version}}}"))


async def workstation(release: Release, *argv: str) -> Done:
    """`poolroll …` of somebody with a kubeconfig, who has nothing else."""
    env = {
        "KUBECONFIG": str(release.cluster.kubeconfig),
        "POOLROLL_STATE": f"kubernetes:{release.namespace}",
    }
    with TemporaryFile("w+") as out, TemporaryFile("w+") as err:
        process = started(argv, out.fileno(), err.fileno(), env)
        await until(lambda: process.poll() is not None, 60, f"the end of {argv}")
        out.seek(0)
        err.seek(0)
        return Done(process.wait(), out.read(), err.read())


async def left(release: Release) -> dict[str, list[str]]:
    """What is there of the release, its runs and its state, in both namespaces."""
    found: dict[str, list[str]] = {}
    pool = release.cluster.path
    for kind in OWN:
        items = await release.all(kind)
        if kind in (ROLES, BINDINGS, LEASES):
            items += (await release.cluster.api.get(pool(kind)))["items"]
        names = sorted(one["metadata"]["name"] for one in items)
        found |= {kind.plural: names} if names else {}
    return found


async def settled(release: Release) -> dict[str, list[str]]:
    """What every namespace of this cluster has, once its controllers have made it."""
    if release.cluster.is_real:
        await until(lambda: release.all(CONFIGMAPS), LONG, "the authority of the namespace")
        await until(lambda: release.all(ACCOUNTS), LONG, "the account of the namespace")
    return await left(release)


async def test_life_of_a_release(tmp_path: Path) -> None:
    async with (
        a_cluster(tmp_path, rbac=True, pace=0.1, backoff=0.2) as cluster,
        beside(cluster) as namespace,
        Checked().listening() as checked,
    ):
        await cluster.create(service(), statefulset(), budget(maxUnavailable=1))
        await cluster.ready(3)
        before = await _spec(cluster)
        release = Release(cluster, namespace, tmp_path)
        at_first = await settled(release)
        await release.act("install", given(cluster, checked, "v2", "* * * * *"))
        job = await release.due()
        await release.act("upgrade", given(cluster, checked, "v3", "0 10 * * 2"))

        # It was made before the upgrade, and runs what it was made for.
        done = await release.ran(job)
        assert done.code == 0, done.text
        assert await release.outcome(job) == ("Complete", "CompletionsReached")
        assert all(is_current(one, "app:v2") for one in await cluster.ready(3))

        checked.is_well = False
        job = await release.started_by_hand()
        halted = await release.ran(job)
        assert halted.code == 5, halted.text
        assert "SEEN" in halted.message
        assert "poolroll resume web" in halted.message
        how, why = await release.outcome(job)
        assert how == "Failed"
        assert why == "PodFailurePolicy" or not cluster.is_real

        # Nothing tries again by itself: the next run that is due wants a decision.
        checked.is_well = True
        job = await release.started_by_hand()
        refused = await release.ran(job)
        assert refused.code == 3, refused.text
        assert "exit code 3" in refused.message
        assert (await release.outcome(job))[0] == "Failed"
        status = await workstation(release, "status", "web")
        assert "halted" in status.text, status.text
        decided = await workstation(release, "resume", "web", "--reason", "the check is mended")
        assert decided.code == 0, decided.text
        job = await release.started_by_hand()
        done = await release.ran(job)
        assert done.code == 0, done.text
        assert (await release.outcome(job))[0] == "Complete"
        assert all(is_current(one, "app:v3") for one in await cluster.ready(3))
        assert await _spec(cluster) == before

        await release.act("uninstall")
        # docs/chart.md: the state is the history of rollouts, and stays until this is said.
        for path in (release.path, cluster.path):
            for kind in (CONFIGMAPS, LEASES):
                await cluster.api.ask("DELETE", path(kind), {}, labelSelector=MANAGED)

        there: list[dict[str, list[str]]] = []

        async def nothing_is_left() -> bool:
            there[:] = [await left(release)]
            return there == [at_first]

        try:
            await until(nothing_is_left, LONG, "the garbage collector", every=0.2)
        except AssertionError:
            assert there == [at_first]
            raise


async def _spec(cluster: Cluster) -> Json:
    """Of the workload, without its template, and what is noted on it."""
    found = await cluster.api.get(cluster.path(STATEFULSETS, "web"))
    spec: Json = {**found["spec"], "template": None}
    spec["noted"] = found["metadata"].get("annotations") or {}
    return spec
