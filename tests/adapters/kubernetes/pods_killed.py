"""Rollouts over pods that are killed between any two writes, in memory and in virtual time.

The cluster is the fake one with all its controllers; only the sockets are left out. A process that
is killed sends nothing more; a while later another one goes on.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import cycle
from pathlib import Path
from typing import Final

from adapters.kubernetes.client.api import Api
from controller.core.events import AbortRequested
from controller.core.outcome import Outcome
from controller.core.settings import OnFailure
from controller.core.state.state import State
from controller.pools.kubernetes import Rotation
from controller.ports import Validator as ValidatorPort
from controller.tasks import CommandProbe, Validation, ValidationResult
from tests.adapters.kubernetes.pods_rollout import POLICIES, Rollout, ended, phases, spec_of
from tests.adapters.kubernetes.pods_stage import POOL, images, pods_of
from tests.support.kubernetes import manifests
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.faults import nth
from tests.support.kubernetes.in_memory import InMemory, client_of
from tests.support.kubernetes.kinds import (
    DAEMONSETS,
    DEPLOYMENTS,
    PODS,
    SERVICES,
    STATEFULSETS,
    Json,
    Kind,
)
from tests.support.kubernetes.requests import Call
from tests.support.virtual import LoopClock, run_virtually

ON_DELETE: Final[Json] = {"updateStrategy": {"type": "OnDelete"}}
WORKLOADS: Final[dict[str, tuple[Kind, Json]]] = {
    "statefulset": (STATEFULSETS, manifests.statefulset(replicas=2)),
    "statefulset, OnDelete": (STATEFULSETS, manifests.statefulset(replicas=2, **ON_DELETE)),
    "daemonset": (DAEMONSETS, manifests.daemonset(**ON_DELETE)),
    "deployment": (DEPLOYMENTS, manifests.deployment(replicas=2)),
}
MOST: Final = 60
"""Processes that are killed."""
COMES: Final = 3.0
"""Seconds until another process takes over: a pod that nobody keeps out is Ready by then."""


@dataclass(frozen=True)
class Case:
    workload: str
    rotation: Rotation = Rotation.LABEL
    good: int | None = None
    """So many pods of the new version pass; None: all."""
    on_failure: OnFailure = OnFailure.HALT

    @property
    def count(self) -> int:
        return 3 if self.workload == "daemonset" else 2


@dataclass
class Virtual(Rollout):
    good: int | None = None
    wire: InMemory = field(init=False)

    def api(self) -> Api:
        api, self.wire = client_of(self.cluster, self.clock)
        return api

    def validator(self) -> ValidatorPort:
        return _Validator(self)


@dataclass
class _Validator:
    """Implements `controller.ports.Validator`."""

    rollout: Virtual

    async def validate(self, validations: Sequence[Validation]) -> ValidationResult:
        await asyncio.sleep(self.rollout.slow or 0.01)
        probe = validations[0].probe
        assert isinstance(probe, CommandProbe)
        proven, good = self.rollout.witness.proven, self.rollout.good
        pods = self.rollout.cluster.all(PODS)
        found = [one for one in pods if one["status"].get("podIP") == probe.command.argv[0]]
        for pod in found:
            uid, image = pod["metadata"]["uid"], pod["spec"]["containers"][0]["image"]
            if image != "app:v1" and good is not None and uid not in proven and len(proven) >= good:
                return ValidationResult(False, f"{image} answers 500")
            if image != "app:v1":
                proven.add(uid)
            return ValidationResult(True, image)
        return ValidationResult(False, f"nobody is at {probe.command.argv[0]}")

    def unusable(self, validation: Validation) -> str | None:
        """It is usable."""


@dataclass
class Seen:
    """What a case came to."""

    writes: int
    """Of ours."""
    killed: int
    """Processes."""
    faults: list[str]


def played(
    case: Case, folder: Path, *places: int, is_done: bool = True, again: bool = False
) -> Seen:
    """One rollout whose processes are killed at their writes of these numbers, one after the other,
    which took effect or did not; the next process is let end. `again`: all of them are killed, in
    turn at one of these places."""
    return run_virtually(_played(case, folder, cycle(places) if again else places, is_done))


async def _played(case: Case, folder: Path, places: Iterable[int], is_done: bool) -> Seen:
    kind, manifest = WORKLOADS[case.workload]
    async with pods_of(manifest, count=case.count) as cluster:
        before = cluster.get(kind, "web")
        service = cluster.get(SERVICES, "web")["spec"]
        rollout = Virtual(
            cluster,
            folder,
            replace(POOL, rotation=case.rotation),
            replace(POLICIES, on_failure=case.on_failure),
            clock=LoopClock(),
            good=case.good,
        )
        state, processes = None, 0
        for place in places:
            state = await _until_killed(rollout, place, is_done)
            processes += 1
            if state is not None or processes >= MOST:
                break
            await asyncio.sleep(COMES)
        if state is None:
            state = await rollout.run(is_new=_is_new(rollout))
        await asyncio.sleep(1)  # the last one ends
        faults = _of_the_end(case, rollout, state)
        if ended(state).outcome is not Outcome.DONE:
            state = await rollout.run(AbortRequested("me", restore=False), is_new=False)
        await asyncio.sleep(COMES)
        goes_back = case.on_failure is OnFailure.ROLLBACK_ALL
        if case.good is None or goes_back or case.workload == "deployment":
            faults += _left(cluster, kind, before, service)
        if faults:
            faults.append(f"{ended(state)}; {phases(state)}; {rollout.told}")
        return Seen(rollout.writes(), processes, faults)


async def _until_killed(rollout: Virtual, place: int, is_done: bool) -> State | None:
    task = asyncio.create_task(rollout.run(is_new=_is_new(rollout)))

    async def act(call: Call) -> None:
        rollout.wire.is_dead = True
        task.cancel()
        await asyncio.Event().wait()

    rule = rollout.cluster.faults.add(nth(place, "poolroll"), act, after=is_done)
    try:
        with suppress(asyncio.CancelledError):
            return await task
        return None
    finally:
        rollout.cluster.faults.remove(rule)


def _is_new(rollout: Virtual) -> bool:
    return not rollout.journal.written("web-1")


def _of_the_end(case: Case, rollout: Virtual, state: State) -> list[str]:
    faults, versions = [], set(images(rollout.cluster).values())
    wanted = Outcome.DONE if case.good is None else Outcome.HALTED
    if ended(state).outcome is not wanted:
        faults.append(f"it ended as {ended(state).outcome}")
    if case.good is None and versions != {"app:v2"}:
        faults.append(f"there are {sorted(versions)}")
    if case.on_failure is OnFailure.ROLLBACK_ALL and versions != {"app:v1"}:
        faults.append(f"there are {sorted(versions)} after the rollback")
    is_whole = case.workload == "deployment" and case.rotation is not Rotation.DELETE
    fewest = case.count - (0 if is_whole else 1)
    if rollout.witness.fewest < fewest:
        faults.append(f"only {rollout.witness.fewest} served")
    if case.rotation is Rotation.SELECTOR and rollout.witness.unproven:
        faults.append(f"S4: users met {rollout.witness.unproven}")
    return faults


def _left(cluster: FakeCluster, kind: Kind, before: Json, service: Json) -> list[str]:
    """What is not as it was found."""
    after, faults = cluster.get(kind, "web"), []
    if spec_of(after) != spec_of(before):
        faults.append(f"spec is {spec_of(after)}, and was {spec_of(before)}")
    if "poolroll" in str(after["metadata"].get("annotations")):
        faults.append("notes of ours are left")
    if cluster.get(SERVICES, "web")["spec"] != service:
        faults.append("the Service is not as it was")
    faults += [
        f"{pod['metadata']['name']} is labelled still"
        for pod in cluster.all(PODS)
        if "poolroll.dev/in" in pod["metadata"]["labels"]
        or pod["metadata"]["labels"].get(manifests.ROTATION) != "in"
    ]
    return faults
