"""What a rollout over the pods behind a Service costs: the cluster is a fake one in this process,
over TLS, and `poolroll` a process of its own.

On a busy machine the fake cluster takes its share of the time: requests, writes and processor time
are what to judge by.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from adapters.demo.rollout import to_yaml
from controller.core import events as e
from controller.core.steps import SetMember, Setting
from tests.bench.processes import Used, used
from tests.bench.runs import POOLROLL, Happened, events_in, used_by
from tests.support.command import environment
from tests.support.kubernetes.any_cluster import is_ready
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.crowd import crowd
from tests.support.kubernetes.instant_kubelet import Manner
from tests.support.kubernetes.kinds import EVENTS, LEASES, PODS, SLICES, Json
from tests.support.kubernetes.manifests import budget, service, statefulset
from tests.support.kubernetes.requests import Call
from tests.support.kubernetes.store import Event
from tests.support.waiting import until

SETTLE: Final = 0.2
SOAK: Final = 0.3
BOOT: Final = 0.3
LONG: Final = 60.0


@dataclass
class Pods:
    """When each of them went and came, as the cluster saw it."""

    gone: dict[str, float] = field(default_factory=dict)
    """By name: when its pod of now began to end."""
    spans: list[float] = field(default_factory=list)
    """From there until the next pod of that name was Ready."""

    def saw(self, change: Event) -> None:
        if change.kind != PODS:
            return
        meta = change.object["metadata"]
        if "deletionTimestamp" in meta:
            self.gone.setdefault(meta["name"], time.monotonic())
        elif is_ready(change.object) and (began := self.gone.pop(meta["name"], None)) is not None:
            self.spans.append(time.monotonic() - began)


@dataclass
class Stage:
    """A Service with its pods, and a rollout file."""

    cluster: FakeCluster
    folder: Path
    pods: int

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def boots(self, seconds: float) -> None:
        """How long a pod takes to be Ready, from now on."""
        assert self.cluster.kubelet is not None
        self.cluster.kubelet.manner.boot = seconds

    async def start(self, verb: str, *more: str) -> asyncio.subprocess.Process:
        """With a log of requests that is its own."""
        self.cluster.faults.log.clear()
        return await asyncio.create_subprocess_exec(
            str(POOLROLL),
            *(verb, str(self.folder / "web.yaml"), "--state", str(self.state), *more),
            env=environment() | {"KUBECONFIG": str(self.cluster.kubeconfig(self.folder))},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )

    @property
    def calls(self) -> list[Call]:
        return self.cluster.faults.log


@asynccontextmanager
async def stage(pods: int, others: int = 0) -> AsyncIterator[Stage]:
    with tempfile.TemporaryDirectory(prefix="pr-") as name:
        async with FakeCluster(manner=Manner(ends=0.2)) as cluster:
            one = Stage(cluster, Path(name), pods)
            web = statefulset(replicas=pods, podManagementPolicy="Parallel")
            cluster.add(service(), web, budget(maxUnavailable=1))
            crowd(cluster, others)
            await until(lambda: _serving(cluster) == pods, LONG, "all pods to be in service")
            (one.folder / "web.yaml").write_text(to_yaml(_file()))
            yield one


def _serving(cluster: FakeCluster) -> int:
    slices = cluster.all(SLICES)
    endpoints: list[Json] = [it for one in slices for it in one.get("endpoints") or ()]
    return sum(bool(one["conditions"].get("ready")) for one in endpoints)


def _file() -> Mapping[str, Any]:
    return {
        "apiVersion": "poolroll/v1",
        "name": "web",
        "pool": {"kubernetes": {"service": "web"}},
        "drain": {"settle": f"{SETTLE * 1000:.0f}ms"},
        "upgrade": {"template": {"spec": {"containers": [{"name": "web", "image": "app:v2"}]}}},
        "soak": f"{SOAK * 1000:.0f}ms",
    }


def is_write(call: Call) -> bool:
    """To the pool: neither the lock nor what is told of the rollout."""
    return call.is_write and not call.is_dry and call.kind not in (LEASES, EVENTS)


def is_read(call: Call) -> bool:
    return call.verb in ("get", "list", "watch")


@dataclass(frozen=True, slots=True)
class PodRun:
    """A whole rollout; all but the peak of memory per pod, from the first drain on."""

    own: float
    """Seconds beside what settle, the end and the start of the pod, and the soak cost."""
    cpu: float
    writes: float
    reads: float
    peak: float


async def pod_run(pods: int = 3, others: int = 0) -> PodRun:
    async with stage(pods, others) as one:
        one.boots(BOOT)
        seen = Pods()
        before: list[tuple[Used, int]] = []
        one.cluster.store.listeners.append(seen.saw)
        process = await one.start("run", "--yes")
        uses = asyncio.create_task(used_by(process.pid))

        def began(call: Call) -> None:
            before.append((used(process.pid) or Used(0, 0), len(one.calls) - 1))

        one.cluster.faults.add(lambda call: call.kind is PODS and is_write(call), began)
        assert await process.wait() == 0, "the rollout did not end well"
        last, events = await uses, events_in(one.state)
    # One that was gone before its turn was noted comes back as it was, and goes once more.
    assert len(seen.spans) >= pods, "a pod was not replaced"
    first, number = before[0]
    calls = one.calls[number:]
    floor = pods * (SETTLE + SOAK) + sum(seen.spans)
    run = PodRun(
        (_seconds(events) - floor) / pods,
        (last.cpu - first.cpu) / pods,
        sum(map(is_write, calls)) / pods,
        sum(map(is_read, calls)) / pods,
        last.peak,
    )
    print(
        f"    {run.own * 1000:.0f} ms, {run.cpu * 1000:.0f} ms of processor, {run.writes:.1f} "
        f"writes and {run.reads:.0f} reads per pod; {run.peak:.1f} MiB with {others} other pods",
        flush=True,
    )
    return run


def _seconds(events: Sequence[Happened]) -> float:
    """From the first drain to the end of the last soak."""
    drains = [
        one.at
        for one in events
        if isinstance(one.event, e.Intended)
        and isinstance(one.event.step, SetMember)
        and one.event.step.setting is Setting.DRAIN
    ]
    return max(one.at for one in events if isinstance(one.event, e.SoakEnded)) - min(drains)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Per second, while the next pod starts."""

    requests: float
    cpu: float


async def waiting(pods: int, during: float = 4.0) -> Waiting:
    async with stage(pods) as one:
        one.boots(LONG)
        seen = Pods()
        one.cluster.store.listeners.append(seen.saw)
        process = await one.start("run", "--yes")
        await until(lambda: len(seen.gone) > 0, 30, "the first eviction")
        await asyncio.sleep(1)  # what follows from it
        before, calls, begun = used(process.pid), len(one.calls), time.monotonic()
        await asyncio.sleep(during)
        after, seconds = used(process.pid), time.monotonic() - begun
        requests = len(one.calls) - calls
        process.kill()
        await process.wait()
    assert before is not None, "poolroll has ended"
    assert after is not None, "poolroll has ended"
    found = Waiting(requests / seconds, (after.cpu - before.cpu) / seconds)
    print(
        f"    waiting with {pods} pods: {found.requests:.1f} requests a second, "
        f"{found.cpu * 100:.1f} % of a core",
        flush=True,
    )
    return found


async def plan_cpu(others: int) -> float:
    """Seconds of processor of a whole `plan`, at its quickest of two."""
    async with stage(3, others) as one:
        found = []
        for _ in range(2):
            process = await one.start("plan")
            uses = asyncio.create_task(used_by(process.pid))
            assert await process.wait() == 0, "the plan was refused"
            found.append((await uses).cpu)
    print(f"    plan with {others} other pods: {min(found):.2f} s of processor", flush=True)
    return min(found)
