"""The command line against a cluster: a StatefulSet from `init` to `history`."""

import json
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

import pytest
from ruamel.yaml import YAML

from tests.support.command import started
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.commands import Commands
from tests.support.kubernetes.kinds import EVENTS, LEASES, PODS, STATEFULSETS
from tests.support.kubernetes.manifests import budget, service, statefulset
from tests.support.kubernetes.requests import Call
from tests.support.waiting import until

FILE = """
apiVersion: poolroll/v1
name: web
vars: {version: v2}
pool:
  kubernetes: {namespace: default, service: web}
drain: {settle: 50ms}
upgrade:
  template: {spec: {containers: [{name: web, image: "app:${vars.version}"}]}}
  timeout: 30s
soak: 100ms
gates:
  - {kubernetes: {measure: unready}, every: 50ms}
  - {kubernetes: {measure: restarts}, every: 50ms}
"""
NEXT_TO_NOTHING = 150
"""Requests of a run that finds nothing to do: about 70, a dozen of them about its rights, and more
looks on a slow machine."""
IN_CLUSTER = "kubernetes:default"


@dataclass
class Site(Commands):
    """A cluster, a rollout file, and who operates it."""

    cluster: FakeCluster
    file: Path

    def images(self) -> set[str]:
        return {pod["spec"]["containers"][0]["image"] for pod in self.cluster.all(PODS)}


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with FakeCluster(rbac=True) as cluster:
        cluster.add(service(), statefulset(), budget(maxUnavailable=1))
        await cluster.settled()
        file = tmp_path / "web.yaml"
        file.write_text(FILE)
        env = {
            "KUBECONFIG": str(cluster.kubeconfig(tmp_path)),
            "POOLROLL_STATE": str(tmp_path / "state"),
        }
        yield Site(tmp_path, env, cluster, file)


async def test_from_init_to_history(site: Site) -> None:
    """With no more rights than `rbac` prints; what was moved is back, and a rerun does nothing."""
    made = await site.ends_well("init", "kubernetes", "--service", "web")
    assert "workload: statefulset/web" in made
    assert 'image: "app:${vars.version}"' in made
    roles = await site.ends_well("rbac", str(site.file), "--subject", "serviceaccount:roller")
    site.cluster.add(*YAML(typ="safe").load_all(roles))
    token = site.cluster.account("default", "roller")
    own = site.folder / "own"
    own.mkdir()
    site.env["KUBECONFIG"] = str(site.cluster.kubeconfig(own, token=token))

    before = site.cluster.get(STATEFULSETS, "web")["spec"]
    plan = await site.ends_well("plan", str(site.file))
    assert "1. web-2  127." in plan
    assert "rotation: label" in plan
    await site.ends_well("run", str(site.file), "--yes")
    assert site.images() == {"app:v2"}
    after = site.cluster.get(STATEFULSETS, "web")["spec"]
    assert {**after, "template": None} == {**before, "template": None}
    assert {one["reason"] for one in site.cluster.all(EVENTS)} >= {"RolloutStarted", "RolloutDone"}
    status = json.loads(await site.ends_well("status", "web", "--json"))
    assert status["status"] == "done", status.keys()
    assert "web-" in await site.ends_well("history")
    former = len(calls(site))
    again = await site.poolroll("run", str(site.file), "--yes")
    assert (again.code, "3 already there" in again.out) == (0, True)
    asked = calls(site)[former:]
    assert {one.kind for one in asked if one.is_write and not one.is_dry} == {EVENTS}
    assert len(asked) <= NEXT_TO_NOTHING, [(one.verb, one.path) for one in asked]


def calls(site: Site) -> list[Call]:
    """Those of poolroll, without its Leases, which are renewed by the clock."""
    log = site.cluster.faults.log
    return [one for one in log if one.manager == "poolroll" and one.kind is not LEASES]


async def test_state_in_the_cluster(site: Site) -> None:
    """Stopped on one machine, gone on with on another; told from anywhere."""
    site.env["POOLROLL_STATE"] = IN_CLUSTER
    with TemporaryFile("w+") as out:
        argv = ("run", str(site.file), "--yes")
        one = started(argv, out.fileno(), out.fileno(), site.env | {"HOME": str(site.folder)})
        await until(lambda: "app:v2" in site.images(), 30, "the first pod of v2")
        one.send_signal(signal.SIGTERM)
        await until(lambda: one.poll() is not None, 30, "its end")
        assert one.poll() == 7
    status = await site.ends_well("status", "web")
    assert IN_CLUSTER in status
    other = site.folder / "other"
    other.mkdir()
    done = await site.poolroll("run", str(site.file), "--yes", HOME=str(other))
    assert done.code == 0, done.text
    assert site.images() == {"app:v2"}
    spec = site.cluster.get(STATEFULSETS, "web")["spec"]["updateStrategy"]
    assert spec.get("rollingUpdate", {}).get("partition", 0) == 0
    assert "done" in await site.ends_well("history")
    page = await site.ends_well("report", "web", "-o", "-")
    assert "web-0" in page
