"""PURE: what a node says of a pod and of itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]
OTHERS = {"cpu": "64", "memory": "256Gi", "pods": "250", "ephemeral-storage": "100Gi"}
"""What a node has: enough for any test."""


def stamp(at: datetime | None = None, *, micros: bool = False) -> str:
    """As metav1.Time (seconds) or metav1.MicroTime has it."""
    at = at or datetime.now(UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ" if micros else "%Y-%m-%dT%H:%M:%SZ")


@dataclass(slots=True)
class Container:
    """The one that runs the app; the others of a pod mirror it."""

    ready: bool = False
    restarts: int = 0
    state: Json = field(default_factory=lambda: {"waiting": {"reason": "ContainerCreating"}})
    last: Json = field(default_factory=dict)
    serial: int = 0

    def run(self) -> None:
        self.serial += 1
        self.state = {"running": {"startedAt": stamp()}}
        self.ready = False

    def end(self, code: int, reason: str) -> None:
        began = self.state.get("running", {}).get("startedAt", stamp())
        self.state = {
            "terminated": {
                "exitCode": code,
                "reason": reason,
                "startedAt": began,
                "finishedAt": stamp(),
                "containerID": f"sim://{self.serial}",
            }
        }
        self.ready = False

    def wait(self, reason: str) -> None:
        """Before it runs again."""
        self.last = self.state
        self.state = {"waiting": {"reason": reason}}

    def again(self) -> None:
        if "terminated" in self.state:
            self.last = self.state
        self.restarts += 1


@dataclass(slots=True)
class Shown:
    """One pod, as its node knows it."""

    phase: str = "Pending"
    address: str = ""
    began: str = field(default_factory=stamp)
    container: Container = field(default_factory=Container)
    conditions: dict[str, Json] = field(default_factory=dict)
    moved: bool = False
    """Its address is another one than before."""

    def condition(self, kind: str, holds: bool, reason: str = "") -> None:
        status = "True" if holds else "False"
        if self.conditions.get(kind, {}).get("status") != status:
            self.conditions[kind] = {
                "type": kind,
                "status": status,
                "lastProbeTime": None,
                "lastTransitionTime": stamp(),
            }
        self.conditions[kind]["reason"] = reason or None


def status_of(pod: Json, shown: Shown, host: str) -> Json:
    """The status of `pod` for a strategic merge patch: conditions of others stay."""
    one = shown.container
    over = shown.phase in ("Succeeded", "Failed")
    gates = [gate["conditionType"] for gate in pod["spec"].get("readinessGates", [])]
    theirs = {c["type"]: c["status"] for c in pod.get("status", {}).get("conditions", [])}
    missing = [gate for gate in gates if theirs.get(gate) != "True"]
    why = "PodCompleted" if over else "" if one.ready else "ContainersNotReady"
    shown.condition("PodReadyToStartContainers", bool(shown.address) and not over)
    shown.condition("Initialized", True, "PodCompleted" if over else "")
    shown.condition("ContainersReady", one.ready, why)
    shown.condition(
        "Ready",
        one.ready and not missing,
        "ReadinessGatesNotReady" if one.ready and missing else why,
    )
    status: Json = {
        "phase": shown.phase,
        "hostIP": host,
        "startTime": shown.began,
        "conditions": list(shown.conditions.values()),
        "containerStatuses": [
            _container(c, one, own=n == 0) for n, c in enumerate(pod["spec"]["containers"])
        ],
    }
    if shown.address:
        renewed = [{"$patch": "replace"}] if shown.moved else []
        status |= {"podIP": shown.address, "podIPs": [*renewed, {"ip": shown.address}]}
    return status


def _container(spec: Json, one: Container, *, own: bool) -> Json:
    return {
        "name": spec["name"],
        "image": spec["image"],
        "imageID": f"sim://{spec['image']}",
        "containerID": f"sim://{one.serial}" if one.serial else "",
        "ready": one.ready,
        "started": "running" in one.state,
        "restartCount": one.restarts if own else 0,
        "state": one.state,
        "lastState": one.last if own else {},
    }


@dataclass(slots=True)
class Machine:
    """A node, as it knows itself."""

    name: str
    host: str
    boot: int = 1
    kubelet: str = "v1.36.2"
    kernel: str = "6.1.0-40-amd64"
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def boot_id(self) -> str:
        return f"{self.name}-boot-{self.boot}"

    def object(self) -> Json:
        """To create it with."""
        labels = {"kubernetes.io/hostname": self.name, "kubernetes.io/os": "linux"}
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": self.name, "labels": {**labels, **self.labels}},
            "spec": {},
            "status": self.status("True"),
        }

    def status(self, ready: str) -> Json:
        """`ready`: True, False or Unknown."""
        return {
            "capacity": OTHERS,
            "allocatable": OTHERS,
            "addresses": [
                {"type": "InternalIP", "address": self.host},
                {"type": "Hostname", "address": self.name},
            ],
            "conditions": [
                *(
                    _condition(kind, "False", "KubeletHasEnough")
                    for kind in ("MemoryPressure", "DiskPressure", "PIDPressure")
                ),
                _condition(
                    "Ready", ready, "KubeletReady" if ready == "True" else "KubeletNotReady"
                ),
            ],
            "nodeInfo": {
                "bootID": self.boot_id,
                "machineID": self.name,
                "systemUUID": self.name,
                "kernelVersion": self.kernel,
                "kubeletVersion": self.kubelet,
                "kubeProxyVersion": self.kubelet,
                "osImage": "simulated",
                "operatingSystem": "linux",
                "architecture": "amd64",
                "containerRuntimeVersion": "sim://1",
            },
        }


def _condition(kind: str, status: str, reason: str) -> Json:
    now = stamp()
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": reason,
        "lastHeartbeatTime": now,
        "lastTransitionTime": now,
    }
