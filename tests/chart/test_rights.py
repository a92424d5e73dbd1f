"""The chart grants what `poolroll rbac` prints for the same rollout file: no more, no less."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from adapters.kubernetes.lease import lease_name
from controller import bootstrap
from controller import bootstrap_kubernetes as kubernetes
from controller.config import load
from tests.chart import rights
from tests.support.chart.folder import CHART
from tests.support.chart.granted import granted
from tests.support.chart.helm import ChartError, helm
from tests.support.chart.rendered import Json, objects, of_kind
from tests.support.chart.values import HAPROXY, NODES, PODS, entry, values
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.manifests import (
    daemonset,
    deployment,
    namespace,
    service,
    statefulset,
)

SHOP = "shop"
RBAC = ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
STATE = "\nstate: {kubernetes: {namespace: %s}}\n"
JOB = NODES.replace("command: [ssh", "job: {spec: {containers: [{name: a, image: b}]}} #")
PREPARE = "\nprepare: {steps: [{command: [./get.sh]}]}\n"
SNAPSHOT = "\nsnapshot: {create: {command: [./snap.sh]}, drop: {command: [./drop.sh]}}\n"
SELECTOR = '"role=web"'


def pods(kind: str, rotation: str, space: str = SHOP) -> str:
    filled = PODS.replace("statefulset/web", f"{kind}/{kind}").replace(
        "service: web", f"service: {kind}"
    )
    filled = filled.replace("namespace: shop", f"namespace: {space}").replace(
        "name: web,", f"name: {kind},"
    )
    return filled.replace("rotation: label", f"rotation: {rotation}")


@pytest.fixture
async def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeCluster]:
    """One pool of each kind, each behind a Service of its name."""
    async with FakeCluster(tls=False, kubelet=False) as one:
        one.add(namespace(SHOP), namespace("ops"))
        for made in (statefulset, daemonset, deployment):
            name = made.__name__
            for each in (service(name), made(name)):
                each["metadata"]["namespace"] = SHOP
                one.add(each)
        monkeypatch.setenv("KUBECONFIG", str(one.kubeconfig(tmp_path, namespace="ops")))
        yield one
        await kubernetes.close()


async def printed(text: str, folder: Path) -> list[Json]:
    """By `poolroll rbac`, for the account that the chart makes."""
    file = folder / "rollout.yaml"
    file.write_text(text)
    rollout = load(file, {})
    place = bootstrap.state_place(None if rollout.state else "kubernetes:ops", rollout.state)
    name = f"ops/poolroll-{rollout.settings.name}"
    made = await kubernetes.roles(rollout, place.cluster, "ServiceAccount", name)
    return list(YAML(typ="safe").load_all(made))


def rendered(text: str) -> list[Json]:
    name = YAML(typ="safe").load(text)["name"]
    made = objects(values(entry(name, text)))
    return [one for one in made if one["kind"] in RBAC]


async def assert_same(text: str, folder: Path) -> None:
    account = f"ops/poolroll-{YAML(typ='safe').load(text)['name']}"
    ours, theirs = granted(rendered(text), account), granted(await printed(text, folder), account)
    assert ours == theirs
    assert ours


@pytest.mark.parametrize("kind", rights.WORKLOADS)
async def test_pods(cluster: FakeCluster, tmp_path: Path, kind: str) -> None:
    for rotation in ("label", "selector", "delete"):
        await assert_same(pods(kind, rotation), tmp_path)


async def test_state_elsewhere_or_beside(cluster: FakeCluster, tmp_path: Path) -> None:
    for place in ("ops", SHOP, "records"):
        await assert_same(pods("statefulset", "label") + STATE % place, tmp_path)


async def test_nodes(cluster: FakeCluster, tmp_path: Path) -> None:
    """Cluster rights for them alone; in every namespace that comes together with another one."""
    await assert_same(NODES, tmp_path)
    for own, place in (("ops", "ops"), ("default", "default"), (SHOP, "default"), (SHOP, "ops")):
        inside = JOB.replace("kubernetes: {", f"kubernetes: {{namespace: {own}, ")
        await assert_same(inside + STATE % place, tmp_path)
    assert of_kind(rendered(NODES), "ClusterRole")
    assert not of_kind(rendered(pods("statefulset", "label")), "ClusterRole")


async def test_haproxy(cluster: FakeCluster, tmp_path: Path) -> None:
    """The state alone; and what outlives a rollout, where it has any."""
    await assert_same(HAPROXY, tmp_path)
    for section in (PREPARE, SNAPSHOT):
        await assert_same(HAPROXY + section, tmp_path)


def test_file_of_somebody_else() -> None:
    """`outline` grants what the file itself does."""
    for text in (PODS, JOB, HAPROXY):
        given = YAML(typ="safe").load(text)
        name = given.pop("name")
        parts = {key: given[key] for key in ("pool", "upgrade")}
        one = {"configMap": {"name": "theirs", "key": "rollout.yaml"}, "outline": parts}
        made = objects(json.dumps({"rollouts": {name: one}}))
        assert [one for one in made if one["kind"] in RBAC] == rendered(text)


@pytest.mark.parametrize(
    "selector",
    [
        "role=web",
        "role",
        "!role",
        "role in (web,app), zone!=a",
        "node-role.kubernetes.io/web=",
        "Role=Web",
        "a=" + "b" * 63 + ",c=" + "d" * 63 + ",e=" + "f" * 63 + ",g=h",
    ],
)
def test_lease_of_nodes(selector: str) -> None:
    made = rendered(NODES.replace(SELECTOR, f'"{selector}"'))
    assert lease_name(f"nodes/{selector}") in _leases(made)


@pytest.mark.parametrize("name", ["web", "web.v1", "a.b-c", "w" * 200])
def test_lease_of_a_workload(name: str) -> None:
    made = rendered(PODS.replace("statefulset/web", f"daemonset/{name}"))
    assert lease_name(f"daemonset/{name}") in _leases(made)


def _leases(made: list[Json]) -> set[str]:
    rules = [rule for one in made if one["kind"] == "Role" for rule in one["rules"]]
    named = (rule["resourceNames"] for rule in rules if "resourceNames" in rule)
    return {name for names in named for name in names}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PODS.replace(", workload: statefulset/web", ""), "write pool.kubernetes.workload"),
        (PODS.replace(", rotation: label", ""), "write pool.kubernetes.rotation"),
        (PODS.replace("rotation: label", "rotation: auto"), "write pool.kubernetes.rotation"),
        (PODS.replace("{namespace", "{context: prod, namespace"), "leave pool.kubernetes.context"),
        (PODS.replace("name: web\n", "name: shop\n", 1), "says `name: shop`"),
        ("apiVersion: poolroll/v1\nname: web\n", "nothing says which pool it is for"),
        ("{", "this is not YAML"),
    ],
)
def test_what_the_chart_must_know(text: str, said: str) -> None:
    with pytest.raises(ChartError, match=said):
        helm().render(values(entry("web", text)))


def test_drawn() -> None:
    """`python -m tests.chart.redraw`."""
    assert (CHART / "files" / "rights.yaml").read_text("utf-8") == rights.text()
