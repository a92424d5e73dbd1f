"""Client and watch against an API server that keeps what it is told."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.kubernetes.client.access import access_of
from adapters.kubernetes.client.api import Api, Json
from adapters.kubernetes.client.faults import (
    AlreadyExists,
    ApiError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Unauthorized,
)
from adapters.kubernetes.client.paths import CONFIGMAPS, LEASES, PODS, REVIEWS, STATEFULSETS
from adapters.kubernetes.client.rights import Right, lacking
from adapters.kubernetes.client.watch import Watch
from adapters.kubernetes.role import Subject, roles
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.kinds import CONFIGMAPS as KIND
from tests.support.waiting import until

NAMESPACE = "default"


@asynccontextmanager
async def api_of(
    cluster: FakeCluster, folder: Path, *, token: str = "", seconds: float = 10.0
) -> AsyncIterator[Api]:
    path = cluster.kubeconfig(folder, token=token or cluster.token)
    api = Api(access_of(kubeconfig=str(path)), SystemClock(), limit=timedelta(seconds=seconds))
    try:
        yield api
    finally:
        await api.aclose()


def config(name: str, **data: str) -> Json:
    return {"metadata": {"name": name, "labels": {"app": "web"}}, "data": data}


async def test_objects_come_change_and_go(tmp_path: Path) -> None:
    async with FakeCluster(kubelet=False) as cluster, api_of(cluster, tmp_path) as api:
        made = await api.create(CONFIGMAPS, config("a", x="1"), NAMESPACE)
        with pytest.raises(AlreadyExists):
            await api.create(CONFIGMAPS, config("a"), NAMESPACE)
        await api.create(CONFIGMAPS, config("dry"), NAMESPACE, dry_run=True)
        with pytest.raises(NotFound, match=r'configmaps "dry" not found'):
            await api.get(CONFIGMAPS, "dry", NAMESPACE)
        meta = {"resourceVersion": made["metadata"]["resourceVersion"]}
        body = {"metadata": meta, "data": {"x": "2", "y": None}}
        changed = await api.merge(CONFIGMAPS, "a", NAMESPACE, body)
        assert changed["data"] == {"x": "2"}
        with pytest.raises(Conflict):
            await api.merge(CONFIGMAPS, "a", NAMESPACE, body)
        with pytest.raises(Invalid, match="immutable"):
            await api.merge(CONFIGMAPS, "a", NAMESPACE, {"metadata": {"uid": "other"}})
        seen = await api.get(CONFIGMAPS, "a", NAMESPACE)
        assert {one["manager"] for one in seen["metadata"]["managedFields"]} == {"poolroll"}
        found = await api.list(CONFIGMAPS, NAMESPACE, labels="app=web")
        assert [one["data"] for one in found.items] == [{"x": "2"}]
        with pytest.raises(Conflict):
            await api.delete(CONFIGMAPS, "a", NAMESPACE, uid="other")
        await api.delete(CONFIGMAPS, "a", NAMESPACE, uid=made["metadata"]["uid"])
        assert (await api.list(CONFIGMAPS, NAMESPACE, labels="app=web")).items == []


async def test_made_by_apply(tmp_path: Path) -> None:
    """What a Role that names it allows."""
    async with FakeCluster(kubelet=False) as cluster, api_of(cluster, tmp_path) as api:
        body = {"spec": {"holderIdentity": "me", "leaseDurationSeconds": 15}}
        made = await api.apply(LEASES, "web", NAMESPACE, body, force=True)
        assert made["spec"] == body["spec"]
        assert await api.get(LEASES, "web", NAMESPACE)


RIGHTS = [
    Right.to("get", CONFIGMAPS, NAMESPACE, "a"),
    Right.to("list", PODS, NAMESPACE),
    Right.to("create", PODS, NAMESPACE, subresource="eviction"),
]


async def test_a_role_of_ours_is_what_it_takes(tmp_path: Path) -> None:
    """Refused before, and afterwards for what it does not grant alone."""
    async with FakeCluster(kubelet=False, rbac=True) as cluster:
        token = cluster.account(NAMESPACE, "poolroll")
        async with api_of(cluster, tmp_path, token=token) as api:
            assert [one.right for one in await lacking(api, RIGHTS)] == RIGHTS
            cluster.add(
                *(dict(one) for one in roles(RIGHTS, "web", Subject("poolroll", NAMESPACE)))
            )
            assert await lacking(api, RIGHTS) == []
            wider = [Right.to("get", CONFIGMAPS, NAMESPACE), Right.to("patch", PODS, NAMESPACE)]
            assert [one.right for one in await lacking(api, wider)] == wider
            await api.list(PODS, NAMESPACE)
            with pytest.raises(NotFound):
                await api.evict("web-0", NAMESPACE, "u", dry_run=True)
            with pytest.raises(Forbidden) as caught:
                await api.merge(STATEFULSETS, "web", NAMESPACE, {})
    assert str(caught.value) == (
        'fake: no permission to patch statefulsets "web" in namespace default; add to the Role: '
        '{apiGroups: ["apps"], resources: ["statefulsets"], verbs: ["patch"], '
        'resourceNames: ["web"]}'
    )
    assert caught.value.right == Right.to("patch", STATEFULSETS, NAMESPACE, "web")


async def test_a_token_that_is_not_known(tmp_path: Path) -> None:
    async with (
        FakeCluster(kubelet=False) as cluster,
        api_of(cluster, tmp_path, token="hush-1f7a") as api,
    ):
        with pytest.raises(Unauthorized) as caught:
            await api.create(REVIEWS, {"spec": {}})
    assert "hush" not in str(caught.value)


async def test_just_after_a_restart(tmp_path: Path) -> None:
    """The first answers to a service account are 403."""
    async with FakeCluster(kubelet=False, rbac=True) as cluster:
        token = cluster.account(NAMESPACE, "poolroll")
        cluster.add(*(dict(one) for one in roles(RIGHTS, "web", Subject("poolroll", NAMESPACE))))
        async with api_of(cluster, tmp_path, token=token) as api:
            await api.list(PODS, NAMESPACE)
            await cluster.stop()
            with pytest.raises(ApiError):
                await api.list(PODS, NAMESPACE)
            await cluster.start(refusals=2)
            await api.list(PODS, NAMESPACE)


class Mirror:
    """What somebody knows that is told of changes alone."""

    def __init__(self) -> None:
        self.objects: dict[str, str] = {}
        self.faults: list[str] = []

    def arrived(self, kind: str, one: Json) -> None:
        name, version = one["metadata"]["name"], one["metadata"]["resourceVersion"]
        if (kind == "ADDED") == (name in self.objects):
            self.faults.append(f"{kind} {name}")
        if kind == "DELETED":
            self.objects.pop(name, None)
        else:
            self.objects[name] = version


@pytest.mark.parametrize("seed", range(2))
async def test_nothing_is_missed(seed: int, tmp_path: Path) -> None:
    """Objects come, change and go while streams are cut, versions expire, the server restarts or
    freezes, and somebody asks for proof now and then."""
    luck, mirror = random.Random(seed), Mirror()
    async with (
        FakeCluster(kubelet=False) as cluster,
        api_of(cluster, tmp_path, seconds=1) as api,
    ):
        watch = Watch(
            api,
            CONFIGMAPS,
            NAMESPACE,
            labels="app=web",
            arrived=mirror.arrived,
            clock=SystemClock(),
        )
        await watch.start()
        for _ in range(40):
            name = f"m{luck.randrange(5)}"
            if cluster.find(KIND, name) is None:
                cluster.add({"apiVersion": "v1", "kind": "ConfigMap", **config(name)})
            elif luck.random() < 0.6:
                cluster.change(KIND, name, _changed if luck.random() < 0.5 else _relabelled)
            else:
                cluster.registry.delete(KIND, name, NAMESPACE)
            await _trouble(luck.randrange(12), cluster, watch)
        await until(lambda: watch.is_open)
        await until(lambda: _same(cluster, watch))
        await watch.fresh(timedelta(0))
        assert _same(cluster, watch)
        assert mirror.objects == {
            name: one["metadata"]["resourceVersion"] for name, one in watch.objects().items()
        }
        assert mirror.faults == []
        await watch.aclose()


def _changed(one: Json) -> None:
    one["data"] = {"x": one["metadata"]["resourceVersion"]}


def _relabelled(one: Json) -> None:
    """Into the selector or out of it."""
    labels = one["metadata"]["labels"]
    labels["app"] = "other" if labels["app"] == "web" else "web"


def _same(cluster: FakeCluster, watch: Watch) -> bool:
    there = [one for one in cluster.all(KIND) if one["metadata"]["labels"]["app"] == "web"]
    return {one["metadata"]["name"]: one["metadata"]["resourceVersion"] for one in there} == {
        name: one["metadata"]["resourceVersion"] for name, one in watch.objects().items()
    }


async def _trouble(kind: int, cluster: FakeCluster, watch: Watch) -> None:
    match kind:
        case 0 | 1:
            cluster.cut_watches(clean=kind == 0)
        case 2:
            cluster.expire()
            cluster.cut_watches()
        case 3:
            await until(lambda: watch.is_open)
            await cluster.stop()
            await cluster.start()
        case 4:
            cluster.freeze()
            with pytest.raises(ApiError):
                await watch.fresh(timedelta(0))
            cluster.thaw()
        case 5 | 6:
            await watch.fresh(timedelta(0))
        case 7 | 8:
            await asyncio.sleep(0.01)
        case _:
            pass
