"""What tests of the fake look at, and what somebody does to a cluster."""

from typing import Any

from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.controllers.endpointslices import NAME
from tests.support.kubernetes.kinds import PODS, SLICES, Json, Kind
from tests.support.kubernetes.manifests import ROTATION
from tests.support.kubernetes.objects import (
    is_ready,
    is_terminating,
    labels_of,
    name_of,
    uid_of,
)
from tests.support.kubernetes.patches import strategic
from tests.support.waiting import until


def ready(cluster: FakeCluster, image: str = "") -> set[str]:
    """Pods that are Ready and stay, of one image or of any."""
    return {
        name_of(pod)
        for pod in cluster.all(PODS)
        if is_ready(pod) and not is_terminating(pod) and image in ("", image_of(pod))
    }


def images(cluster: FakeCluster) -> dict[str, str]:
    return {name_of(pod): image_of(pod) for pod in cluster.all(PODS) if not is_terminating(pod)}


def image_of(pod: Json) -> str:
    return str(pod["spec"]["containers"][0]["image"])


def endpoints(cluster: FakeCluster, service: str = "web") -> dict[str, Json]:
    """Conditions of each endpoint, by the name of its pod."""
    return {
        endpoint["targetRef"]["name"]: endpoint["conditions"]
        for one in cluster.all(SLICES)
        if labels_of(one).get(NAME) == service
        for endpoint in one["endpoints"]
    }


def serving(cluster: FakeCluster, service: str = "web") -> set[str]:
    return {name for name, one in endpoints(cluster, service).items() if one["ready"]}


def patched(cluster: FakeCluster, kind: Kind, name: str, patch: Json) -> Json:
    """A strategic patch by somebody."""
    return cluster.registry.change(
        kind, name, "default" if kind.namespaced else "", lambda one: dict(strategic(one, patch))
    )


def to_image(image: str, **spec: Any) -> Json:
    template = {"spec": {"containers": [{"name": "web", "image": image}]}}
    return {"spec": {"template": template, **spec}}


def flip(cluster: FakeCluster, pod: str, value: str) -> None:
    patched(cluster, PODS, pod, {"metadata": {"labels": {ROTATION: value}}})


def uid(cluster: FakeCluster, pod: str) -> str:
    return uid_of(cluster.get(PODS, pod))


async def steady(cluster: FakeCluster, count: int, image: str = "") -> None:
    """Until so many pods are Ready, and no others are there."""
    await until(
        lambda: len(ready(cluster, image)) == count == len(cluster.all(PODS)),
        what=f"{count} pods ready",
    )


async def quiet(cluster: FakeCluster) -> None:
    """Until no controller has anything left to do but to wait."""
    version = -1
    while version != cluster.store.version:
        version = cluster.store.version
        await cluster.settled()
