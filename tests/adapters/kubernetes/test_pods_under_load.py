"""Rollouts over pods that are processes, with users behind a proxy that is 300 ms late: on the fake
API server, or a real one."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.kubernetes.client.access import access_of
from adapters.kubernetes.client.api import Api
from controller.core.outcome import Outcome
from controller.core.settings import ReturnPolicy
from controller.pools.kubernetes import Cluster as Where
from controller.pools.kubernetes import Rotation
from controller.ports import Validator
from controller.tasks import CommandProbe, Validation, ValidationResult
from tests.adapters.kubernetes.pods_rollout import POLICIES, Rollout, ended
from tests.adapters.kubernetes.pods_stage import POOL
from tests.support.kubernetes.any_cluster import LONG, Cluster, a_cluster
from tests.support.kubernetes.kinds import DAEMONSETS, STATEFULSETS, Json, Kind
from tests.support.kubernetes.load import Users
from tests.support.kubernetes.manifests import daemonset, service, statefulset
from tests.support.kubernetes.variants import tuned
from tests.support.waiting import until

pytestmark = pytest.mark.cluster
COUNT = 3
PATIENT = replace(POLICIES, comeback=ReturnPolicy(within=timedelta(seconds=LONG)))


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    async with a_cluster(tmp_path, nodes=COUNT, pace=0.1, backoff=0.2) as one:
        yield one


@dataclass
class Proves:
    """Implements `controller.ports.Validator`: asks the pod itself, and notes when it passed."""

    users: Users
    early: list[str]
    """Addresses of pods that users had met before."""

    async def validate(self, validations: Sequence[Validation]) -> ValidationResult:
        probe = validations[0].probe
        assert isinstance(probe, CommandProbe)
        address = probe.command.argv[0]
        if self.users.answers.by_version.get("v2", 0) and not self.early:
            self.early.append("v2 before the first validation")
        self.early.append("")
        reader, writer = await asyncio.open_connection(address, 8080)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        return ValidationResult(b"v2" in answer, answer.decode(errors="replace")[-80:])

    def unusable(self, validation: Validation) -> str | None:
        """It is usable."""


class OnAnyCluster(Rollout):
    """The same rollout, where nothing but the API is known of the cluster."""

    def __init__(self, cluster: Cluster, users: Users, rotation: Rotation, path: Path) -> None:
        pool = replace(
            POOL,
            cluster=Where(namespace=cluster.namespace),
            rotation=rotation,
            settle=timedelta(seconds=0.6),
        )
        self.any = cluster
        self.users = users
        self.early: list[str] = []
        super().__init__(None, path, pool, PATIENT)  # type: ignore[arg-type]

    def __post_init__(self) -> None:
        """Users are the witnesses."""

    def api(self) -> Api:
        return Api(access_of(kubeconfig=str(self.any.kubeconfig)), SystemClock())

    def validator(self) -> Validator:
        return Proves(self.users, self.early)


@pytest.mark.parametrize(
    ("kind", "workload", "rotation"),
    [
        (STATEFULSETS, statefulset(replicas=COUNT), Rotation.LABEL),
        (DAEMONSETS, daemonset(), Rotation.SELECTOR),
    ],
    ids=["statefulset, label", "daemonset, selector"],
)
async def test_no_request_fails(
    kind: Kind, workload: Json, rotation: Rotation, cluster: Cluster, tmp_path: Path
) -> None:
    """One pod at a time: nobody waits in vain, nobody meets v2 before it was proven, and the spec
    is what it was but for the template."""
    await cluster.create(tuned(workload), service())
    await cluster.ready(COUNT)
    before = await cluster.api.get(cluster.path(kind, "web"))
    async with cluster.proxy() as proxy:
        await until(lambda: len(proxy.places) == COUNT, LONG, "all endpoints")
        async with Users(proxy.port, rate=40, clients=4) as users:
            began = time.monotonic()
            rollout = OnAnyCluster(cluster, users, rotation, tmp_path)
            state = await rollout.run()
            await until(lambda: users.tally.by_version.get("v2", 0) > 10)
        assert proxy.fewest(began) >= COUNT - 1
    assert ended(state).outcome is Outcome.DONE, (ended(state), rollout.told)
    assert users.tally.failed == 0, users.tally.by_failure
    assert not any(rollout.early)
    after = await cluster.api.get(cluster.path(kind, "web"))
    for one in (before, after):
        one["spec"].pop("template")
    assert after["spec"] == before["spec"]
    pods = await cluster.pods()
    assert {pod["spec"]["containers"][0]["image"] for pod in pods} == {"app:v2"}
