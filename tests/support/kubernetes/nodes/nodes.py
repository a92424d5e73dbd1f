"""Nodes that work through the API alone: they register, beat, and run the pods bound to them."""

import asyncio
import secrets
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import httpx

from tests.support.kubernetes.client import Access, Client, Fault
from tests.support.kubernetes.nodes.addresses import LOOPBACK, addresses
from tests.support.kubernetes.nodes.pod import Home, Pod
from tests.support.kubernetes.nodes.running import environment
from tests.support.kubernetes.nodes.status import Machine, stamp

Json = dict[str, Any]
NODES = "/api/v1/nodes"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
BEAT = 8.0
"""Seconds between two signs of life; a real node controller waits for 40."""
BOOT = 0.3
"""Seconds from a node's first report after its boot until it is Ready."""


class Nodes:
    """`async with Nodes(access, 3) as nodes: … await nodes.reboot(nodes.names[0])`

    A pod whose restartPolicy is not Always and whose app reaches APP_REBOOT=1 reboots its node
    when it has ended well, to the kubelet APP_KUBELET and the kernel APP_KERNEL if told.
    """

    def __init__(
        self,
        access: Access,
        count: int = 1,
        *,
        names: Sequence[str] = (),
        namespace: str = "",
        labels: Mapping[str, str] | None = None,
        pod_cidr: str = LOOPBACK,
        pace: float = 1.0,
        backoff: float = 1.0,
        real_processes: bool = False,
    ) -> None:
        """`namespace`: pods of this one alone are run, of all without; `pace`: what a second of a
        readiness probe's periods takes; `backoff`: before a second restart, seconds."""
        prefix = secrets.token_hex(3)
        self.names = tuple(names) or tuple(f"sim-{prefix}-{n}" for n in range(count))
        self._api = Client(access, "poolroll-nodes")
        address = addresses(pod_cidr)
        self.machines = {name: Machine(name, address()) for name in self.names}
        self.homes: dict[str, Home] = {}
        for machine in self.machines.values():
            machine.labels = dict(labels or {})
            self.homes[machine.name] = home = Home(
                self._api, machine.host, address, pace, real_processes, backoff
            )
            home.finished = self._finished
        self.pods: dict[str, Pod] = {}
        """By UID: those that run here now."""
        self._where: dict[str, str] = {}
        self._scope = f"/api/v1/namespaces/{namespace}/pods" if namespace else "/api/v1/pods"
        self._tasks: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        self.starts: list[tuple[str, str]] = []
        """Each pod that began here, in order: its name and image."""

    async def __aenter__(self) -> Self:
        for machine in self.machines.values():
            await self._register(machine)
            self.homes[machine.name].up.set()
            self._begin(self._beat(machine))
        self._begin(self._api.follow(self._scope, self._seen))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for pod in self.pods.values():
            pod.vanish()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for name in self.names:
            for path in (f"{NODES}/{name}", f"{LEASES}/{name}"):
                with suppress(Fault, httpx.HTTPError):
                    await self._api.delete(path)
        await self._api.__aexit__(kind, error, trace)
        if self._failure is not None and error is None:
            raise self._failure

    async def reboot(
        self,
        name: str,
        *,
        takes: float = 1.0,
        same_boot: bool = False,
        kubelet: str = "",
        kernel: str = "",
        silent: bool = False,
    ) -> None:
        """Kill what runs there, come back with a new boot id. Returns when it is Ready again.

        `same_boot`: it only looked like a reboot; `silent`: the API is not told that it is not
        Ready before it is back, as with a reboot that is quicker than the node controller.
        """
        machine, home = self.machines[name], self.homes[name]
        home.up.clear()
        if not silent:
            await self._report(machine, "Unknown")
        for uid, pod in self.pods.items():
            if self._where[uid] == name:
                pod.crash()
        await asyncio.sleep(takes)
        machine.boot += 0 if same_boot else 1
        machine.kubelet = kubelet or machine.kubelet
        machine.kernel = kernel or machine.kernel
        await self._report(machine, "False")
        await asyncio.sleep(BOOT)
        await self._report(machine, "True")
        home.up.set()

    async def stop(self, name: str) -> None:
        """Its machine is lost: no word from it any more."""
        self.homes[name].up.clear()
        await self._report(self.machines[name], "Unknown")
        for uid, pod in self.pods.items():
            if self._where[uid] == name:
                pod.crash()

    def _begin(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failure = self._failure or error
            traceback.print_exception(error)  # a test would wait in vain until it is raised

    def _seen(self, kind: str, pod: Json) -> None:
        uid, node = pod["metadata"]["uid"], pod["spec"].get("nodeName")
        if kind == "DELETED":
            if known := self.pods.get(uid):
                known.vanish()
        elif known := self.pods.get(uid):
            known.seen(pod)
        elif node in self.homes and not _is_over(pod):
            self.pods[uid] = one = Pod(self.homes[node], pod)
            self._where[uid] = node
            one.seen(pod)
            self.starts.append((pod["metadata"]["name"], pod["spec"]["containers"][0]["image"]))
            self._begin(self._run(uid, one))

    async def _run(self, uid: str, pod: Pod) -> None:
        try:
            await pod.run()
        finally:
            self.pods.pop(uid, None)
            self._where.pop(uid, None)

    def _finished(self, pod: Json, code: int) -> None:
        wanted = environment(pod["spec"]["containers"][0])
        if code == 0 and wanted.get("APP_REBOOT") == "1":
            kubelet, kernel = wanted.get("APP_KUBELET", ""), wanted.get("APP_KERNEL", "")
            self._begin(self.reboot(pod["spec"]["nodeName"], kubelet=kubelet, kernel=kernel))

    async def _register(self, machine: Machine) -> None:
        with suppress(Fault):  # it may be there already, from before
            await self._api.create(NODES, machine.object())
        await self._report(machine, "True")
        await self._renew(machine)

    async def _report(self, machine: Machine, ready: str) -> None:
        await self._api.strategic(
            f"{NODES}/{machine.name}/status", {"status": machine.status(ready)}
        )

    async def _beat(self, machine: Machine) -> None:
        while True:
            await asyncio.sleep(BEAT)
            if self.homes[machine.name].up.is_set():
                with suppress(httpx.HTTPError, Fault):
                    await self._renew(machine)
                    await self._contradict(machine)

    async def _contradict(self, machine: Machine) -> None:
        """The cluster may have given it up while it was cut off: as a kubelet does, it says what
        it is as soon as it reads something else. Raises Fault."""
        node = await self._api.get(f"{NODES}/{machine.name}")
        said = {c["type"]: c["status"] for c in node["status"].get("conditions") or ()}
        if said.get("Ready") != "True" and self.homes[machine.name].up.is_set():
            await self._report(machine, "True")

    async def _renew(self, machine: Machine) -> None:
        """Raises Fault, unless there is nowhere to say it: not each fake has node leases."""
        spec = {
            "holderIdentity": machine.name,
            "leaseDurationSeconds": 40,
            "renewTime": stamp(micros=True),
        }
        try:
            await self._api.merge(f"{LEASES}/{machine.name}", {"spec": spec})
        except Fault as fault:
            if fault.status != 404:
                raise
            lease = {
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": {"name": machine.name, "namespace": "kube-node-lease"},
                "spec": spec,
            }
            with suppress(Fault):
                await self._api.create(LEASES, lease)


def _is_over(pod: Json) -> bool:
    return pod.get("status", {}).get("phase") in ("Succeeded", "Failed")
