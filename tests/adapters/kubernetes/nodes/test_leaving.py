"""Which pods leave a Node, which stay, and which may not go."""

from typing import Any

from adapters.kubernetes.client.api import Json
from adapters.kubernetes.nodes.job import JOB_LABEL
from adapters.kubernetes.nodes.leaving import (
    LOCAL_STORAGE,
    MIRROR,
    NO_CONTROLLER,
    Allowed,
    comes_back,
    leaving,
    refusals,
    still_to_go,
    why_not,
)
from tests.adapters.kubernetes.nodes.samples import a_pod
from tests.support.tables import table

ALL = Allowed(unmanaged=True, emptydir=True)


def ended(phase: str) -> Json:
    pod = a_pod()
    pod["status"]["phase"] = phase
    return pod


@table(
    "pod goes",
    {
        "of a StatefulSet": (a_pod(), True),
        "without a controller": (a_pod(owner=""), True),
        "terminating": (a_pod(deletionTimestamp="now"), True),
        "of a DaemonSet": (a_pod(owner="DaemonSet/log"), False),
        "static": (a_pod(owner="", annotations={MIRROR: "x"}), False),
        "of the upgrade's own Job": (a_pod(owner="Job/x", labels={JOB_LABEL: "x"}), False),
        "succeeded": (ended("Succeeded"), False),
        "failed": (ended("Failed"), False),
    },
)
def test_who_goes(pod: Json, goes: bool) -> None:
    assert leaving([pod]) == ([pod] if goes else [])


@table(
    "pod allowed why",
    {
        "of a StatefulSet": (a_pod(), Allowed(), ""),
        "without a controller": (a_pod(owner=""), Allowed(), NO_CONTROLLER),
        "without one, and allowed": (a_pod(owner=""), Allowed(unmanaged=True), ""),
        "with an emptyDir": (a_pod(volumes=("emptyDir",)), Allowed(), LOCAL_STORAGE),
        "with one, and allowed": (a_pod(volumes=("emptyDir",)), Allowed(emptydir=True), ""),
        "with other volumes": (a_pod(volumes=("configMap", "hostPath")), Allowed(), ""),
        "going anyway": (a_pod(owner="", deletionTimestamp="now"), Allowed(), ""),
    },
)
def test_who_may_not_go(pod: Json, allowed: Allowed, why: str) -> None:
    """As kubectl drain has it."""
    assert why_not(pod, allowed) == why


def test_refusals_name_reason_way_out_and_pods() -> None:
    pods = [a_pod("a", owner=""), a_pod("b", owner=""), a_pod("c", volumes=("emptyDir",)), a_pod()]
    assert refusals("n1", pods, Allowed()) == [
        "n1: cannot delete Pods that declare no controller (use nodes.unmanaged: true to "
        "override): shop/a, shop/b",
        "n1: cannot delete Pods with local storage (use nodes.emptydir: true to override): shop/c",
    ]
    assert refusals("n1", pods, ALL) == []


def tolerating(**toleration: Any) -> Json:
    pod = a_pod()
    pod["spec"]["tolerations"] = [toleration]
    return pod


@table(
    "pod may",
    {
        "nothing": (a_pod(), False),
        "everything": (tolerating(operator="Exists"), True),
        "every effect of a cordon": (
            tolerating(key="node.kubernetes.io/unschedulable", operator="Exists"),
            True,
        ),
        "a cordon": (
            tolerating(key="node.kubernetes.io/unschedulable", effect="NoSchedule"),
            True,
        ),
        "another effect": (tolerating(operator="Exists", effect="NoExecute"), False),
        "another taint": (tolerating(key="dedicated", operator="Exists"), False),
    },
)
def test_who_comes_back(pod: Json, may: bool) -> None:
    """What tolerates a cordon may be scheduled to the Node again."""
    assert comes_back(pod) is may


def test_what_a_drain_waits_for() -> None:
    pods = [a_pod("a", deletionTimestamp="now"), a_pod("b"), a_pod("c"), a_pod("d")]
    budget = "budget shop/web needs 2"
    assert still_to_go(pods, {"uid-b": budget, "uid-d": budget}) == (
        "4 pods have still to go: shop/b, shop/d (budget shop/web needs 2); shop/a (terminating); "
        "shop/c"
    )
    many = [a_pod(f"p{number}") for number in range(6)]
    assert still_to_go(many, {}).endswith("shop/p3 and 2 more")
    assert still_to_go([a_pod()], {}) == "1 pod has still to go: shop/web-0"
