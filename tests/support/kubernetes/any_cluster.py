"""One throw-away namespace, on the fake API server or on a real one, with nodes of its own.

POOLROLL_TEST_KUBECONFIG   a kubeconfig whose current context may do everything: tests marked
                           `cluster` run against that API server instead of the fake
POOLROLL_TEST_POD_CIDR     addresses of pods there (10.244.0.0/16): this machine must own them
                           (`ip addr add 10.244.0.1/16 dev lo` in a network namespace of one's
                           own), since a real API server refuses loopback addresses in slices
"""

import copy
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.kubernetes import manifests
from tests.support.kubernetes.client import Access, Client
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.kinds import PODS, Kind, kind_of
from tests.support.kubernetes.nodes.addresses import LOOPBACK
from tests.support.kubernetes.nodes.nodes import Nodes
from tests.support.kubernetes.proxy import ServiceProxy
from tests.support.waiting import until

Json = dict[str, Any]
KUBECONFIG = os.environ.get("POOLROLL_TEST_KUBECONFIG", "")
POD_CIDR = os.environ.get("POOLROLL_TEST_POD_CIDR", "10.244.0.0/16")
MARK = "poolroll.dev/test"
"""Label of the Nodes of one test; pods are kept on them by it."""
LONG = 60.0
"""Seconds within which controllers do their part: a real one needs this long after a restart."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A namespace with nodes that run what is created there."""

    access: Access
    kubeconfig: Path
    namespace: str
    api: Client
    nodes: Nodes
    is_real: bool

    def path(self, kind: Kind, name: str = "") -> str:
        """Of one object, or of the collection, in this namespace."""
        group = f"/apis/{kind.group}" if kind.group else "/api"
        space = f"/namespaces/{self.namespace}" if kind.namespaced else ""
        return f"{group}/{kind.version}{space}/{kind.plural}" + (f"/{name}" if name else "")

    async def create(self, *objects: Json) -> None:
        """In this namespace, whatever they name; their pods stay on the Nodes of this test."""
        for given in objects:
            one = copy.deepcopy(given)
            kind = kind_of(one)
            if kind.namespaced:
                one["metadata"]["namespace"] = self.namespace
            if pod := one["spec"].get("template", {}).get("spec") if "spec" in one else None:
                pod["nodeSelector"] = {MARK: self.namespace, **pod.get("nodeSelector", {})}
            for subject in one.get("subjects", []):
                subject["namespace"] = self.namespace
            await self.api.create(self.path(kind), one)

    async def pods(self, labels: str = "app=web") -> list[Json]:
        found = await self.api.get(self.path(PODS), labelSelector=labels)
        return sorted(found["items"], key=lambda one: str(one["metadata"]["name"]))

    async def ready(self, count: int, labels: str = "app=web", within: float = LONG) -> list[Json]:
        """The pods, when so many are Ready and none else is there."""

        async def all_ready() -> list[Json]:
            found = await self.pods(labels)
            return found if len(found) == count and all(map(is_ready, found)) else []

        return await until(all_ready, within, f"{count} Ready pods", every=0.05)

    def proxy(self, service: str = "web", **options: Any) -> ServiceProxy:
        return ServiceProxy(self.access, self.namespace, service, **options)


def is_ready(pod: Json) -> bool:
    said = {c["type"]: c["status"] for c in pod.get("status", {}).get("conditions", [])}
    return said.get("Ready") == "True" and "deletionTimestamp" not in pod["metadata"]


def is_current(pod: Json, image: str) -> bool:
    return bool(pod["spec"]["containers"][0]["image"] == image)


@asynccontextmanager
async def _server(folder: Path, *, rbac: bool) -> AsyncIterator[Path]:
    """A kubeconfig."""
    if KUBECONFIG:
        yield Path(KUBECONFIG)
        return
    async with FakeCluster(kubelet=False, rbac=rbac) as fake:
        yield fake.kubeconfig(folder)


@asynccontextmanager
async def a_cluster(
    folder: Path,
    nodes: int = 3,
    *,
    labels: Mapping[str, str] | None = None,
    rbac: bool = False,
    **options: Any,
) -> AsyncIterator[Cluster]:
    """`options`: of Nodes. `folder`: for the fake's kubeconfig; `rbac`: whether the fake asks who
    may do what, as a real one does."""
    async with _server(folder, rbac=rbac) as kubeconfig:
        access = Access.of(kubeconfig)
        namespace = f"poolroll-test-{secrets.token_hex(4)}"
        marks = {MARK: namespace, **(labels or {})}
        cidr = POD_CIDR if KUBECONFIG else LOOPBACK
        async with Client(access) as api:
            await api.create("/api/v1/namespaces", manifests.namespace(namespace))
            run = Nodes(access, nodes, namespace=namespace, labels=marks, pod_cidr=cidr, **options)
            async with run as running:
                try:
                    yield Cluster(access, kubeconfig, namespace, api, running, bool(KUBECONFIG))
                finally:
                    if KUBECONFIG:
                        await _remove(api, namespace)


async def _remove(api: Client, namespace: str) -> None:
    """Its controllers make nothing new in it then; its pods end at once, without their grace."""
    await api.delete(f"/api/v1/namespaces/{namespace}")
    await api.delete(f"/api/v1/namespaces/{namespace}/pods", {"gracePeriodSeconds": 0})


@pytest.fixture
async def any_cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    """Three Nodes whose probes take a tenth of their time. Its tests are marked `cluster`."""
    async with a_cluster(tmp_path, nodes=3, pace=0.1, backoff=0.2) as one:
        yield one
