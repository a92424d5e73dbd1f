"""Every switch on and off: linted, rendered, read by the oldest and the newest Kubernetes."""

import pytest

from tests.support.chart.helm import helm
from tests.support.chart.rendered import Json, objects
from tests.support.chart.strict import NEWEST, OLDEST, faults
from tests.support.chart.values import MATRIX

OTHERS = "monitoring.coreos.com"
"""Of the Prometheus operator: no part of Kubernetes."""
CONTAINER = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
each = pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)


@each
def test_lint(values: str) -> None:
    report = helm().ask("lint", values=values)
    assert report["errors"] == []
    assert {one["error"] for one in report["messages"]} <= {"icon is recommended"}


@each
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_strictly_valid(values: str, version: str) -> None:
    made = [one for one in objects(values) if OTHERS not in one["apiVersion"]]
    found = {f"{one['kind']} {_name(one)}": faults(one, version) for one in made}
    assert {name: lines for name, lines in found.items() if lines} == {}


@each
def test_pods_are_restricted(values: str) -> None:
    """As the Pod Security Standard `restricted` asks, and with a root that cannot be written."""
    for pod in _pods(objects(values)):
        spec = pod["spec"]
        context = spec["securityContext"]
        assert (context["runAsNonRoot"], context["seccompProfile"]["type"]) == (
            True,
            "RuntimeDefault",
        )
        containers = spec["containers"] + spec.get("initContainers", [])
        assert all(one["securityContext"] == CONTAINER for one in containers)
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
        kinds = {key for volume in spec["volumes"] for key in volume} - {"name"}
        assert kinds <= {"configMap", "secret", "emptyDir"}
        for container in containers:
            written = [one for one in container.get("volumeMounts", ()) if "readOnly" not in one]
            assert all(one["name"] == "scratch" for one in written)


@each
def test_mounts_and_volumes_belong_together(values: str) -> None:
    made = objects(values)
    kept = {one["metadata"]["name"]: one["data"] for one in made if one["kind"] == "ConfigMap"}
    for pod in _pods(made):
        spec = pod["spec"]
        volumes = {one["name"]: one for one in spec["volumes"]}
        mounts = [
            mount
            for one in spec["containers"] + spec.get("initContainers", [])
            for mount in one.get("volumeMounts", ())
        ]
        assert {mount["name"] for mount in mounts} == volumes.keys()
        ours = kept.get(volumes.get("rollout", {}).get("configMap", {}).get("name"), {})
        paths = {one["subPath"] for one in mounts if one["name"] == "rollout"}
        assert paths == ours.keys()


@each
def test_no_object_twice_and_all_labelled(values: str) -> None:
    made = objects(values)
    named = [(one["kind"], one["metadata"].get("namespace"), _name(one)) for one in made]
    assert len(named) == len(set(named))
    for one in made:
        assert one["metadata"]["labels"]["app.kubernetes.io/instance"] == "poolroll"


def _name(one: Json) -> str:
    return str(one["metadata"]["name"])


def _pods(made: list[Json]) -> list[Json]:
    jobs = [one["spec"]["jobTemplate"] for one in made if one["kind"] == "CronJob"]
    jobs += [one for one in made if one["kind"] == "Job"]
    return [one["spec"]["template"] for one in jobs]
