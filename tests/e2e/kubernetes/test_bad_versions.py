"""Bad versions through the command: halted at the first pod, which is out of its Service."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.kubernetes.crowd import Crowd, a_crowd
from tests.e2e.test_kubernetes import FILE, Site
from tests.support.exporter import Exporter
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.kinds import SLICES
from tests.support.kubernetes.manifests import service, statefulset
from tests.support.prometheus import RealPrometheus
from tests.support.waiting import until

COUNT = 3
ALL = 'sum(increase(proxy_requests_total{pod="${member.name}"}[${window}]))'
RATIO = ALL.replace("}[", ',code="500"}[') + " / " + ALL


def counted(crowd: Crowd) -> dict[str, float]:
    """Of a proxy as it counts by itself."""
    return {
        f'proxy_requests_total{{pod="{pod}",code="{code}"}}': float(count)
        for (pod, code), count in crowd.proxy.answered.items()
    } | {"proxy_up": 1}


@pytest.mark.cluster
async def test_ten_percent_fail_and_all_goes_back(tmp_path: Path) -> None:
    """Readiness stays green: a query about the first pod of v2 sees it, it is taken out, and v1 is
    back everywhere, with everything as it was found."""
    async with (
        a_crowd(tmp_path, statefulset(replicas=COUNT), COUNT, rate=60) as crowd,
        Exporter() as exporter,
    ):
        exporter.set(lambda: counted(crowd))
        prometheus = RealPrometheus(tmp_path, {"proxy": [exporter.target]}, interval="500ms")
        await prometheus.start()
        try:
            await until(lambda: exporter.scrapes >= 2, 60, "two scrapes", every=0.05)
            before = await crowd.specs()
            query = {"url": prometheus.url, "query": RATIO, "evidence": "proxy_up"}
            errors = {"name": "errors", "prometheus": query, "max": "1%", "every": "200ms"}
            file = crowd.file(
                {"rotation": "label"},
                "v2-fail10",
                gates=[errors],
                soak="20s",
                on_failure="rollback_all",
            )
            done = await crowd.poolroll("run", str(file), "--yes")
        finally:
            await prometheus.kill()
        assert done.code == 4, done.text
        assert "SEEN      gate 'errors':" in done.out
        assert "web-2     TAKEN OUT of rotation again" in done.text
        assert await crowd.images() == ["app:v1"] * COUNT
        await crowd.in_service(COUNT)
        assert await crowd.specs() == before
        assert set(crowd.users.answers.by_failure) <= {"500"}, "of v2, and no other"
        assert "web-1, web-0: in rotation, untouched" in done.out


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with FakeCluster() as cluster:
        cluster.add(service(), statefulset())
        await cluster.settled()
        file = tmp_path / "web.yaml"
        file.write_text(FILE.replace("soak: 100ms", "soak: 30s"))
        env = {
            "KUBECONFIG": str(cluster.kubeconfig(tmp_path)),
            "POOLROLL_STATE": str(tmp_path / "state"),
        }
        yield Site(tmp_path, env, cluster, file)


@pytest.mark.parametrize(("reason", "gate"), [("Error", "restarts"), ("OOMKilled", "oom")])
async def test_its_container_ends(reason: str, gate: str, site: Site) -> None:
    """While it soaks, and it is started again at once: the gate on that says so."""
    kubelet = site.cluster.kubelet
    assert kubelet is not None
    site.file.write_text(site.file.read_text().replace("measure: restarts", f"measure: {gate}"))
    run = site.begin("run", str(site.file), "--yes")
    await run.says(f"web-2     gate {gate}: pass")
    kubelet.restart("web-2", reason=reason)
    halted = await run.end()
    assert halted.code == 4, halted.text
    assert f"SEEN      gate '{gate}'" in halted.out
    assert "web-2: OUT OF ROTATION" in halted.out
    assert in_service(site) == ["web-0", "web-1"]
    assert site.images() == {"app:v1", "app:v2"}


def in_service(site: Site) -> list[str]:
    return sorted(
        endpoint["targetRef"]["name"]
        for one in site.cluster.all(SLICES)
        for endpoint in one.get("endpoints") or ()
        if endpoint["conditions"].get("ready")
    )
