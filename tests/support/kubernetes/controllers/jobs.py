"""Jobs, simple ones: pods until one has succeeded often enough or failed too often.

As measured: a pod that is evicted counts as failed; at `activeDeadlineSeconds` its pods are
deleted; a suspended Job ends its pods; with `podReplacementPolicy: Failed` a second pod waits for
the end of the first.
"""

from tests.support.kubernetes.controllers.base import Key, Workload
from tests.support.kubernetes.controllers.owned import claimed, make_pod
from tests.support.kubernetes.kinds import JOBS, PODS, Json
from tests.support.kubernetes.objects import (
    copy_of,
    instant,
    is_active,
    is_terminating,
    is_true,
    name_of,
    namespace_of,
    phase_of,
    stamp,
    uid_of,
    with_condition,
)
from tests.support.kubernetes.registry import Registry


class Jobs(Workload):
    kind = JOBS
    dependents = (PODS,)
    watches = (JOBS, PODS)

    def __init__(self, registry: Registry, lag: float) -> None:
        self._outcomes: dict[str, dict[str, str]] = {}
        """Of each Job's pods, also of those that are gone: phase by UID."""
        super().__init__(registry, lag)

    def reconcile(self, key: Key) -> float | None:
        job = self.store.get(JOBS, key[1], key[0])
        if job is None or is_terminating(job):
            return None
        pods = claimed(self.registry, job)
        outcomes = self._seen(job, pods)
        succeeded, failed = outcomes.count("Succeeded"), outcomes.count("Failed")
        spec, status = job["spec"], copy_of(job.get("status") or {})
        if is_true(job, "Complete") or is_true(job, "Failed"):
            return None
        now, started = stamp(self.time.now()), status.get("startTime")
        status |= {
            "active": sum(1 for pod in pods if is_active(pod)),
            "ready": 0,
            "terminating": sum(1 for pod in pods if is_terminating(pod)),
        }
        if succeeded:
            status["succeeded"] = succeeded
        if failed:
            status["failed"] = failed
        if not spec["suspend"]:
            status.setdefault("startTime", now)
        left = self._left(spec, started)
        if succeeded >= spec["completions"]:
            self._close(status, "Complete", "CompletionsReached", now)
            status["completionTime"] = now
        elif failed > spec["backoffLimit"]:
            self._close(status, "Failed", "BackoffLimitExceeded", now)
        elif left is not None and left <= 0:
            self._close(status, "Failed", "DeadlineExceeded", now)
        elif spec["suspend"]:
            status.pop("startTime", None)
            self._end(pods)
        else:
            self._fill(job, pods, spec["completions"] - succeeded)
        if any(one["type"] in ("Complete", "Failed") for one in status.get("conditions") or ()):
            self._end(pods)
            status["active"] = 0
        self.status(job, status)
        return left if left is not None and left > 0 else None

    def _seen(self, job: Json, pods: list[Json]) -> list[str]:
        known = self._outcomes.setdefault(uid_of(job), {})
        there = {uid_of(pod) for pod in pods}
        for pod in pods:
            if not (is_terminating(pod) and known.get(uid_of(pod)) in ("Failed", "Suspended")):
                known[uid_of(pod)] = (
                    "Failed"
                    if is_terminating(pod) and phase_of(pod) != "Succeeded"
                    else phase_of(pod)
                )
        for uid, phase in known.items():
            if uid not in there and phase not in ("Succeeded", "Failed", "Suspended"):
                known[uid] = "Failed"
        return list(known.values())

    def _left(self, spec: Json, started: str | None) -> float | None:
        if (limit := spec.get("activeDeadlineSeconds")) is None or started is None:
            return None if limit is None else float(limit)
        return float(limit) - (self.time.now() - instant(started)).total_seconds()

    def _fill(self, job: Json, pods: list[Json], left: int) -> None:
        active = [pod for pod in pods if is_active(pod)]
        if job["spec"]["podReplacementPolicy"] == "Failed":
            active += [pod for pod in pods if is_terminating(pod)]
        for _ in range(min(int(job["spec"]["parallelism"]), left) - len(active)):
            pod = make_pod(self.registry, job, job["spec"]["template"])
            self._outcomes[uid_of(job)][uid_of(pod)] = "Pending"

    def _end(self, pods: list[Json]) -> None:
        for pod in pods:
            if is_active(pod):
                known = self._outcomes.get(pod["metadata"]["ownerReferences"][0]["uid"], {})
                known[uid_of(pod)] = "Suspended"
                self.registry.delete(PODS, name_of(pod), namespace_of(pod))

    def _close(self, status: Json, kind: str, reason: str, now: str) -> None:
        found = status.get("conditions") or []
        first = "SuccessCriteriaMet" if kind == "Complete" else "FailureTarget"
        found = with_condition(found, first, "True", now, reason=reason)
        status["conditions"] = with_condition(found, kind, "True", now, reason=reason)
