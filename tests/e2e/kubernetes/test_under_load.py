"""The command over every kind of workload, under load: v1 to v2, and nobody notices anything."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e.kubernetes.crowd import a_crowd
from tests.support.kubernetes.any_cluster import KUBECONFIG
from tests.support.kubernetes.kinds import Json
from tests.support.kubernetes.manifests import daemonset, deployment, statefulset
from tests.support.waiting import until

pytestmark = pytest.mark.cluster
COUNT: Final = 5
WORKLOADS: Final[dict[str, Callable[..., Json]]] = {
    "statefulset": lambda **more: statefulset(replicas=COUNT, **more),
    "ondelete": lambda **more: statefulset(
        replicas=COUNT, updateStrategy={"type": "OnDelete"}, **more
    ),
    "daemonset": daemonset,
    "deployment": lambda **more: deployment(replicas=COUNT, **more),
}
ROTATIONS: Final = ("label", "selector", "delete")
FEW: Final = {("statefulset", "label"), ("daemonset", "selector"), ("deployment", "label")}
"""Of all that a real API server is asked: each costs seconds, and whole rollouts of every kind run
in memory, too."""
VARIANTS: Final[dict[str, dict[str, Any]]] = {
    "label": {"env": {"APP_START_MS": "1000"}},
    "selector": {},
    "delete": {"env": {"APP_GRACEFUL": "1"}, "pre_stop": 1},
}
"""What each asks of the app: `label` that it is not Ready before it is seen, on a busy machine too;
`delete` that it goes on for as long as proxies send users."""


@pytest.mark.parametrize(
    ("kind", "rotation"),
    [
        (kind, rotation)
        for kind in WORKLOADS
        for rotation in ROTATIONS
        if KUBECONFIG or (kind, rotation) in FEW
    ],
)
async def test_no_request_fails(kind: str, rotation: str, tmp_path: Path) -> None:
    """Never fewer than four in service, and five of a Deployment; nobody meets v2 before it was
    proven; afterwards all is as it was but for the template."""
    has_label = rotation == "label"
    workload = WORKLOADS[kind](rotation=has_label)
    variant = VARIANTS[rotation]
    async with a_crowd(tmp_path, workload, COUNT, rotation=has_label, **variant) as crowd:
        before, began = await crowd.specs(), time.monotonic()
        told = await crowd.ends_well("run", str(crowd.file({"rotation": rotation})), "--yes")
        await until(lambda: crowd.users.answers.by_version.get("v2", 0) > 10)
        assert crowd.users.answers.failed == 0, (crowd.users.answers.by_failure, told)
        assert crowd.proxy.fewest(began) >= COUNT - (kind != "deployment")
        assert await crowd.specs() == before
        pods = await crowd.cluster.pods()
        assert {pod["spec"]["containers"][0]["image"] for pod in pods} == {"app:v2"}
        if rotation != "delete":
            assert crowd.early(pods) == []
