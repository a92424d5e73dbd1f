"""The command line against a cluster: a StatefulSet from plan to history."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

import pytest

from tests.support.command import Done, started
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.kinds import PODS, STATEFULSETS
from tests.support.kubernetes.manifests import budget, service, statefulset
from tests.support.waiting import until

FILE = """
apiVersion: poolroll/v1
name: web
vars: {version: v2}
pool:
  kubernetes: {namespace: default, service: web}
drain: {settle: 100ms}
upgrade:
  template: {spec: {containers: [{name: web, image: "app:${vars.version}"}]}}
  timeout: 30s
soak: 200ms
gates:
  - {kubernetes: {measure: unready}, every: 100ms}
  - {kubernetes: {measure: restarts}, every: 100ms}
"""


@dataclass
class Site:
    cluster: FakeCluster
    folder: Path
    file: Path
    env: dict[str, str]

    async def poolroll(self, *argv: str) -> Done:
        with TemporaryFile("w+") as out, TemporaryFile("w+") as err:
            process = started(argv, out.fileno(), err.fileno(), self.env)
            await until(lambda: process.poll() is not None, 60, f"the end of {argv}")
            out.seek(0)
            err.seek(0)
            return Done(process.wait(), out.read(), err.read())

    def images(self) -> dict[str, str]:
        return {
            pod["metadata"]["name"]: pod["spec"]["containers"][0]["image"]
            for pod in self.cluster.all(PODS)
        }


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with FakeCluster() as cluster:
        cluster.add(service(), statefulset(), budget(maxUnavailable=1))
        await cluster.settled()
        file = tmp_path / "web.yaml"
        file.write_text(FILE)
        kubeconfig = cluster.kubeconfig(tmp_path)
        env = {"KUBECONFIG": str(kubeconfig), "POOLROLL_STATE": str(tmp_path / "state")}
        yield Site(cluster, tmp_path, file, env)


async def test_a_statefulset(site: Site) -> None:
    """Planned, run, and told afterwards; what was moved is back."""
    before = site.cluster.get(STATEFULSETS, "web")["spec"]
    planned = await site.poolroll("plan", str(site.file))
    assert planned.code == 0, planned.text
    print(planned.out)
    ran = await site.poolroll("run", str(site.file), "--yes")
    print(ran.text)
    assert ran.code == 0, ran.text
    assert site.images() == dict.fromkeys(("web-0", "web-1", "web-2"), "app:v2")
    after = site.cluster.get(STATEFULSETS, "web")["spec"]
    assert {**after, "template": None} == {**before, "template": None}
    for verb in ("status", "history", "events"):
        told = await site.poolroll(verb, "web") if verb != "history" else await site.poolroll(verb)
        assert told.code == 0, told.text
        print(told.out)
    again = await site.poolroll("run", str(site.file), "--yes")
    print(again.text)
    assert again.code == 0, again.text
