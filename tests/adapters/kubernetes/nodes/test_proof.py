"""Is the Node back? Each thing that may speak against it, and that nothing does."""

from typing import Any

from adapters.kubernetes.client.api import Json
from adapters.kubernetes.nodes.marks import BEFORE
from adapters.kubernetes.nodes.proof import (
    Before,
    as_it_is,
    before_of,
    is_healthy,
    not_back,
    versions_off,
)
from tests.adapters.kubernetes.nodes.samples import a_node, a_pod
from tests.support.tables import table

COURSE = "kernel-1/upgrade"
LOG = a_pod("log", owner="DaemonSet/log")
WAS = as_it_is(COURSE, a_node(), [LOG, a_pod()])
CHANGED = {"boot_id": "changed"}
AGAIN = a_pod("log", owner="DaemonSet/log", restarts=1)


def rebooted(*, ready: str = "True", taint: str = "", **info: str) -> Json:
    node = a_node()
    node["status"]["nodeInfo"] |= {"bootID": "n1-boot-2", **info}
    node["status"]["conditions"] = [
        {"type": "DiskPressure", "status": "False"},
        {"type": "Ready", "status": ready, "reason": "KubeletNotReady" if ready != "True" else ""},
    ]
    if taint:
        node["spec"]["taints"] = [{"key": taint}, {"key": taint}]
    return node


def daemon(**changes: Any) -> list[Json]:
    return [a_pod("log", owner="DaemonSet/log", **{"restarts": 1, **changes})]


UNREACHABLE = "node.kubernetes.io/unreachable"


@table(
    "node pods expect before missing",
    {
        "back": (rebooted(), [AGAIN], CHANGED, WAS, []),
        "its DaemonSets' pods are new": (
            rebooted(),
            daemon(uid="another", restarts=0),
            CHANGED,
            WAS,
            [],
        ),
        "not rebooted": (
            a_node(),
            [LOG],
            CHANGED,
            WAS,
            ["its boot id is still n1-boot-1: it was not rebooted"],
        ),
        "nobody knows what it was": (
            rebooted(),
            [AGAIN],
            CHANGED,
            None,
            ["its boot id of before is not known: the annotation poolroll.dev/before is gone"],
        ),
        "nobody knows, nor asks": (rebooted(), [LOG], {}, None, []),
        "not Ready": (
            rebooted(ready="False"),
            [AGAIN],
            CHANGED,
            WAS,
            ["it is not Ready (KubeletNotReady)"],
        ),
        "given up": (
            rebooted(taint=UNREACHABLE),
            [AGAIN],
            CHANGED,
            WAS,
            [f"it has the taint {UNREACHABLE}"],
        ),
        "with another taint": (rebooted(taint="dedicated"), [AGAIN], CHANGED, WAS, []),
        "of another version": (
            rebooted(),
            [AGAIN],
            {"kubelet_version": "v1.37.*"},
            WAS,
            ["its kubelet_version is v1.36.1, and v1.37.* is expected"],
        ),
        "a DaemonSet's pod is not Ready": (
            rebooted(),
            daemon(ready=False),
            CHANGED,
            WAS,
            ["pods of DaemonSets are not Ready: shop/log"],
        ),
        "a DaemonSet's pod ends": (
            rebooted(),
            daemon(ready=False, deletionTimestamp="now"),
            CHANGED,
            WAS,
            [],
        ),
        "what its pods say is from before": (
            rebooted(),
            [LOG],
            CHANGED,
            WAS,
            ["pods of DaemonSets were not started again since the reboot: shop/log"],
        ),
        "other pods do not count": (rebooted(), [AGAIN, a_pod(ready=False)], CHANGED, WAS, []),
    },
)
def test_not_back(
    node: Json, pods: list[Json], expect: dict[str, str], before: Before | None, missing: list[str]
) -> None:
    assert not_back(node, pods, expect, before) == missing


@table(
    "expect count",
    {
        "nothing": ({}, 0),
        "globs": ({"kubelet_version": "v1.36.*", "kernel_version": "6.1.*"}, 0),
        "exact": ({"os_image": "Debian 12"}, 0),
        "off": ({"container_runtime_version": "containerd://3*", "os_image": "Debian 13"}, 2),
        "a boot id is no version": ({"boot_id": "changed"}, 0),
    },
)
def test_versions(expect: dict[str, str], count: int) -> None:
    assert len(versions_off(a_node(), expect)) == count


def test_before_survives_in_its_annotation() -> None:
    node = a_node(annotations={BEFORE: WAS.as_text()})
    assert before_of(node) == WAS
    assert len(WAS.pods) == 1


@table(
    "text",
    {
        "none": ("",),
        "no JSON": ("{",),
        "another shape": ('{"course": 1}',),
        "a number": ("7",),
        "pods that are none": ('{"course": "a", "boot_id": "b", "pods": 3}',),
    },
)
def test_a_note_that_cannot_be_read_is_none(text: str) -> None:
    assert before_of(a_node(annotations={BEFORE: text})) is None


def test_health() -> None:
    """What counts as capacity: Ready, and not given up."""
    assert is_healthy(a_node())
    assert not is_healthy(rebooted(ready="Unknown"))
    assert not is_healthy(rebooted(taint=UNREACHABLE))
    assert not is_healthy({"metadata": {}, "spec": {}})
