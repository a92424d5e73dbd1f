"""A kubelet in memory for every Node at once: pods run, get an address, become Ready, and end.

For tests that need no real process. As measured: a pod has its address before it is Ready; one
that is deleted becomes `Succeeded` or `Failed` first and its object goes a little later; an
eviction with a preStop sleep takes that long.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.kubernetes.controllers.base import Controller, Key
from tests.support.kubernetes.kinds import PODS, Json
from tests.support.kubernetes.objects import (
    is_over,
    is_terminating,
    is_true,
    name_of,
    namespace_of,
    stamp,
    uid_of,
    with_condition,
)
from tests.support.kubernetes.registry import Registry, Writer
from tests.support.kubernetes.store import Event

KUBELET = Writer("kubelet", subresource="status")


@dataclass(slots=True)
class Manner:
    """How pods behave; seconds of the cluster. `becomes_ready` is asked of each new pod, `ends`:
    how long it takes to end after SIGTERM, at most its grace."""

    boot: float = 0.02
    ends: float = 0.02
    gone: float = 0.005
    """From its end until the object is gone."""
    waits: float = 0.0
    """At most so much longer, until somebody has labelled or noted the pod: how fast a client is
    must not decide a test."""
    becomes_ready: Callable[[Json], bool] = field(default=lambda pod: True)
    exit_code: int = 0
    runs: Callable[[Json], tuple[float, int] | None] = field(default=lambda pod: None)
    """When its process ends by itself, in seconds after its start, and the exit code."""
    address: Callable[[Json, int], str] | None = None


class InstantKubelet(Controller):
    watches = (PODS,)

    def __init__(self, registry: Registry, lag: float, manner: Manner) -> None:
        self.manner = manner
        self._addresses = 0
        self._started: dict[str, float] = {}
        self._ending: dict[str, float] = {}
        self._unready: set[str] = set()
        self._silent: set[str] = set()
        super().__init__(registry, lag)

    def keys(self, event: Event) -> list[Key]:
        pod = event.object
        if event.type == "DELETED":
            self._started.pop(uid_of(pod), None)
            self._ending.pop(uid_of(pod), None)
            return []
        return [(namespace_of(pod), name_of(pod))] if pod["spec"].get("nodeName") else []

    def reconcile(self, key: Key) -> float | None:
        pod = self.store.get(PODS, key[1], key[0])
        if pod is None or not pod["spec"].get("nodeName"):
            return None
        if pod["spec"]["nodeName"] in self._silent:
            return None
        if is_terminating(pod):
            return self._end(pod)
        if is_over(pod):
            return None
        now = self.time.seconds()
        if uid_of(pod) not in self._started:
            self._started[uid_of(pod)] = now
            self.set(pod, lambda status: self._running(pod, status))
            return self.manner.boot
        boot = self.manner.boot + (0.0 if _is_noted(pod) else self.manner.waits)
        left = self._started[uid_of(pod)] + boot - now
        if left > 0:
            return left
        if (plan := self.manner.runs(pod)) is not None:
            lasts = self._started[uid_of(pod)] + plan[0] - now
            if lasts > 0:
                return lasts
            self.set(pod, lambda status: self._over(status, plan[1]))
            return None
        gates = pod["spec"].get("readinessGates") or ()
        is_open = all(is_true(pod, one["conditionType"]) for one in gates)
        if (
            (not is_true(pod, "ContainersReady") or is_true(pod, "Ready") is not is_open)
            and uid_of(pod) not in self._unready
            and self.manner.becomes_ready(pod)
        ):
            self.set(pod, lambda status: self._readiness(status, is_ready=True, is_open=is_open))
        return None

    def silence(self, node: str) -> None:
        """From now on nobody looks after the pods of this Node."""
        self._silent.add(node)

    def revive(self, node: str) -> None:
        self._silent.discard(node)
        for pod in self.store.all(PODS):
            if pod["spec"].get("nodeName") == node:
                self._hear(Event(0, "MODIFIED", PODS, pod))

    def make_unready(self, name: str, namespace: str = "default") -> None:
        """From now on its probe fails."""
        pod = self.registry.get(PODS, name, namespace)
        self._unready.add(uid_of(pod))
        self.set(pod, lambda status: self._readiness(status, is_ready=False))

    def make_ready(self, name: str, namespace: str = "default") -> None:
        pod = self.registry.get(PODS, name, namespace)
        self._unready.discard(uid_of(pod))
        self.set(pod, lambda status: self._readiness(status, is_ready=True))

    def restart(self, name: str, namespace: str = "default", *, reason: str = "Error") -> None:
        """Its container ends and starts again: the same pod."""
        pod = self.registry.get(PODS, name, namespace)

        def restarted(status: Json) -> None:
            for one in status["containerStatuses"]:
                one["restartCount"] += 1
                now = stamp(self.time.now())
                ended = {"exitCode": 137 if reason == "OOMKilled" else 1, "reason": reason}
                one["lastState"] = {"terminated": {**ended, "finishedAt": now}}

        self.set(pod, restarted)

    def end(self, name: str, namespace: str = "default", *, exit_code: int = 0) -> None:
        """Its process ends by itself and is not started again."""
        pod = self.registry.get(PODS, name, namespace)
        self.set(pod, lambda status: self._over(status, exit_code))

    def set(self, pod: Json, change: Callable[[Json], None]) -> None:
        def changed(one: Json) -> Json:
            change(one.setdefault("status", {}))
            return one

        self.registry.change(PODS, name_of(pod), namespace_of(pod), changed, KUBELET)

    def _running(self, pod: Json, status: Json) -> None:
        self._addresses += 1
        number, now = self._addresses, stamp(self.time.now())
        address = (
            self.manner.address(pod, number)
            if self.manner.address
            else f"127.{10 + number // 65000}.{number // 250 % 250}.{number % 250 + 1}"
        )
        status["phase"] = "Running"
        status["podIP"], status["podIPs"] = address, [{"ip": address}]
        status["hostIP"], status["startTime"] = "127.0.0.1", now
        status["containerStatuses"] = [
            {
                "name": container["name"],
                "image": container["image"],
                "imageID": "",
                "ready": False,
                "started": True,
                "restartCount": 0,
                "state": {"running": {"startedAt": now}},
                "lastState": {},
            }
            for container in pod["spec"]["containers"]
        ]
        found = status.get("conditions") or []
        for kind in ("Initialized", "PodReadyToStartContainers"):
            found = with_condition(found, kind, "True", now)
        status["conditions"] = found
        self._readiness(status, is_ready=False)

    def _readiness(self, status: Json, *, is_ready: bool, is_open: bool = True) -> None:
        """`is_open`: the pod's readiness gates, which somebody else sets."""
        now, found = stamp(self.time.now()), status["conditions"]
        for kind, holds in (("ContainersReady", is_ready), ("Ready", is_ready and is_open)):
            found = with_condition(found, kind, "True" if holds else "False", now)
        status["conditions"] = found
        for one in status["containerStatuses"]:
            one["ready"] = is_ready

    def _end(self, pod: Json) -> float | None:
        """SIGTERM, the end, the object gone: each a while after the former."""
        uid, now = uid_of(pod), self.time.seconds()
        grace = float(pod["metadata"].get("deletionGracePeriodSeconds", 0))
        began = self._ending.setdefault(uid, now)
        ends = began + min(_sleep_before(pod) + self.manner.ends, grace)
        if now < ends:
            return ends - now
        if not is_over(pod) and "containerStatuses" in pod["status"]:
            self.set(pod, lambda status: self._over(status, self.manner.exit_code))
        if now < ends + self.manner.gone:
            return ends + self.manner.gone - now
        self.registry.delete(PODS, name_of(pod), namespace_of(pod), {"gracePeriodSeconds": 0})
        return None

    def _over(self, status: Json, exit_code: int) -> None:
        self._readiness(status, is_ready=False)
        status["phase"] = "Failed" if exit_code else "Succeeded"
        for one in status["containerStatuses"]:
            one["state"] = {
                "terminated": {
                    "exitCode": exit_code,
                    "reason": "Error" if exit_code else "Completed",
                    "finishedAt": stamp(self.time.now()),
                }
            }


def _sleep_before(pod: Json) -> float:
    """Seconds of the longest `preStop` sleep."""
    hooks = [(one.get("lifecycle") or {}).get("preStop") or {} for one in pod["spec"]["containers"]]
    return float(max((hook["sleep"]["seconds"] for hook in hooks if "sleep" in hook), default=0))


def _is_noted(pod: Json) -> bool:
    """Whether it was written by somebody since it was made."""
    return bool(pod["metadata"].get("annotations"))
