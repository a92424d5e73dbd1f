"""A small cluster in memory and in virtual time: Nodes that reboot, pods that end and come back on
another Node, budgets. Behind the interface of the client, so that whole rollouts take no time; what
the API itself does is tested over HTTP elsewhere."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from copy import deepcopy
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

from adapters.kubernetes.budgets import covering, is_ready, selects
from adapters.kubernetes.client.access import Access
from adapters.kubernetes.client.api import Api, Json, Listing
from adapters.kubernetes.client.faults import (
    AlreadyExists,
    Cause,
    Conflict,
    NotFound,
    Said,
    TooManyRequests,
    TwoBudgets,
    Unreachable,
)
from adapters.kubernetes.client.paths import BUDGETS, JOBS, NODES, PODS, REVIEWS, Resource
from tests.adapters.kubernetes.nodes.samples import a_pod
from tests.support.virtual import LoopClock

GRACE = timedelta(milliseconds=700)
STARTS = timedelta(seconds=1)
BOOT = timedelta(seconds=6)
LATENCY = timedelta(milliseconds=2)


class Killed(BaseException):
    """The process ends here, as by kill -9."""


class World:
    """What outlives a process of ours."""

    def __init__(self) -> None:
        self.objects: dict[Resource, dict[str, Json]] = {
            NODES: {}, PODS: {}, BUDGETS: {}, JOBS: {}
        }  # fmt: skip
        self.plans: list[tuple[timedelta, Callable[[], None]]] = []
        self.writes: list[str] = []
        """What was asked of the API and done."""
        self.kill_at: tuple[int, str] | None = None
        """Number of the write, "before" or "after"."""
        self.watch: list[Callable[[], None]] = []
        """Called whenever the API is asked."""
        self.used: set[tuple[str, str]] = set()
        """Verb and resource of all that was asked, as a Role spells them."""
        self.is_away = False
        self.boots: list[str] = []
        self.job_ends_with = 0
        self.allowed: Callable[[Json], bool] = lambda _: True
        """Whether an access review grants what it asks for."""
        self.at_reboot: Callable[[str], None] = lambda _: None
        self.kill_at_reboot = False
        self.reboots_fail = False
        self.daemons_linger = False
        """A reboot that nobody was told of: pods are shown as ready throughout."""
        self.version = "v1.36.2"
        """Of the kubelet after a reboot."""
        self._count = 0

    # --- what is there -------------------------------------------------------------------------

    def add(self, resource: Resource, found: Json) -> Json:
        self._count += 1
        found["metadata"].setdefault("resourceVersion", "")
        found["metadata"]["resourceVersion"] = str(self._count)
        self.objects[resource][_key(found)] = found
        return found

    def touch(self, found: Json) -> None:
        self._count += 1
        found["metadata"]["resourceVersion"] = str(self._count)

    def at(self, second: float, act: Callable[[], None]) -> None:
        """As something that happens by itself."""
        self.plans.append((timedelta(seconds=second), act))

    @property
    def serving(self) -> int:
        """Nodes that are Ready and schedulable."""
        nodes = self.objects[NODES].values()
        return sum(_is_up(node) and not node["spec"].get("unschedulable") for node in nodes)

    def healthy(self, app: str) -> int:
        pods = [pod for pod in self.pods if pod["metadata"]["labels"]["app"] == app]
        return sum(is_ready(pod) and not _is_ending(pod) for pod in pods)

    def node(self, name: str) -> Json:
        return self.objects[NODES][f"/{name}"]

    @property
    def pods(self) -> list[Json]:
        return list(self.objects[PODS].values())

    def on(self, node: str) -> list[str]:
        """Names of pods on it, those of DaemonSets left out."""
        return sorted(
            pod["metadata"]["name"]
            for pod in self.pods
            if pod["spec"]["nodeName"] == node
            and pod["metadata"]["ownerReferences"][0]["kind"] != "DaemonSet"
        )

    # --- what happens by itself ----------------------------------------------------------------

    def later(self, after: timedelta, act: Callable[[], None]) -> None:
        self.plans.append((LoopClock().now() + after, act))

    def advance(self) -> None:
        while due := [plan for plan in self.plans if plan[0] <= LoopClock().now()]:
            plan = min(due, key=lambda one: one[0])
            self.plans.remove(plan)
            plan[1]()

    def end_pod(self, pod: Json) -> None:
        pod["metadata"]["deletionTimestamp"] = "now"
        self.touch(pod)

        def gone() -> None:
            self.objects[PODS].pop(_key(pod), None)
            self.replace(pod)

        self.later(GRACE, gone)

    def replace(self, pod: Json) -> None:
        """Its controller makes another one, where one may be scheduled."""
        free = [
            node["metadata"]["name"]
            for node in self.objects[NODES].values()
            if not node["spec"].get("unschedulable") and _is_up(node)
        ]
        if not free:
            self.later(STARTS, lambda: self.replace(pod))
            return
        node = min(free, key=lambda one: len(self.on(one)))
        new = deepcopy(pod)
        self._count += 1
        new["metadata"].pop("deletionTimestamp")
        new["metadata"]["uid"] = f"uid-{self._count}"
        if pod["metadata"]["ownerReferences"][0]["kind"] != "StatefulSet":
            new["metadata"]["name"] = f"{pod['metadata']['labels']['app']}-{self._count}"
        new["spec"]["nodeName"] = node
        _set_ready(new, is_so=False)
        self.add(PODS, new)
        self.later(STARTS, lambda: _set_ready(new, is_so=True))

    def reboot(self, name: str) -> None:
        """Takes `BOOT`."""
        self.boots.append(name)
        self.at_reboot(name)
        if not self.reboots_fail:
            self._goes_down(name)
        if self.kill_at_reboot:
            self.kill_at_reboot = False
            raise Killed(name)

    def _goes_down(self, name: str) -> None:
        node = self.node(name)
        mine = [pod for pod in self.pods if pod["spec"]["nodeName"] == name]
        _set_ready(node, is_so=False)
        node["spec"]["taints"] = [{"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}]
        if not self.daemons_linger:
            for pod in mine:
                _set_ready(pod, is_so=False)
        self.later(BOOT, lambda: self._booted(node, mine))

    def _booted(self, node: Json, pods: list[Json]) -> None:
        info = node["status"]["nodeInfo"]
        info["bootID"] = f"{node['metadata']['name']}-boot-{len(self.boots) + 1}"
        info["kubeletVersion"] = self.version
        self.touch(node)
        self.later(STARTS * 0.3, lambda: _set_ready(node, is_so=True))
        self.later(STARTS * 0.6, lambda: node["spec"].pop("taints"))
        for pod in pods:
            self.later(STARTS * 1.6, lambda pod=pod: _restart(pod))  # type: ignore[misc]

    def run_job(self, job: Json) -> None:
        """Its pod runs for two seconds, and its Node reboots meanwhile."""
        template, name = job["spec"]["template"], job["metadata"]["name"]
        pod = a_pod(f"{name}-x", template["spec"]["nodeName"], owner=f"Job/{name}", namespace="ops")
        pod["metadata"]["labels"] = template["metadata"]["labels"]
        self.add(PODS, pod)

        def ends() -> None:
            code = self.job_ends_with
            state = {"terminated": {"exitCode": code, "message": "said last\n"}}
            pod["status"]["containerStatuses"][0]["state"] = state
            pod["status"]["phase"] = "Failed" if code else "Succeeded"
            kind = {"type": "Failed" if code else "Complete", "status": "True"}
            job["status"] = {"conditions": [{**kind, "reason": "x"}]}

        self.reboot(template["spec"]["nodeName"])
        self.later(2 * STARTS, ends)

    def budget_status(self) -> None:
        for budget in self.objects[BUDGETS].values():
            pods = [pod for pod in self.pods if covering(pod, [budget])]
            healthy = [pod for pod in pods if is_ready(pod) and not _is_ending(pod)]
            status = budget["status"]
            status["currentHealthy"] = len(healthy)
            status["disruptionsAllowed"] = max(0, len(healthy) - status["desiredHealthy"])


class MemoryApi(Api):
    """The client of one process."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.where = "prod"
        self.access = cast(Access, SimpleNamespace(namespace="ops", context="prod", kubeconfig=""))
        self.is_closed = False

    async def list(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        trim: Any = None,
    ) -> Listing:
        await self._reach("list", resource.plural)
        wanted = dict(one.split("=") for one in labels.split(",") if one)
        path, _, value = fields.partition("=")
        found = [
            deepcopy(one)
            for one in self.world.objects[resource].values()
            if namespace in ("", one["metadata"].get("namespace"))
            and selects({"matchLabels": wanted}, one["metadata"].get("labels") or {})
            and (not fields or _field(one, path) == value)
        ]
        return Listing(found, "1")

    async def create(
        self, resource: Resource, body: Json, namespace: str = "", *, dry_run: bool = False
    ) -> Json:
        if resource is REVIEWS:
            return {"status": {"allowed": self.world.allowed(body["spec"]["resourceAttributes"])}}
        await self._reach("create", resource.plural)
        body = deepcopy(body)
        body["metadata"]["namespace"] = namespace
        if _key(body) in self.world.objects[resource]:
            raise AlreadyExists(self.where, "create", Said(409, "AlreadyExists"))
        self._wrote("before", f"create {body['metadata']['name']}")
        self.world.add(resource, body)
        self.world.run_job(body)
        self._wrote("after", f"create {body['metadata']['name']}")
        return deepcopy(body)

    async def merge(
        self,
        resource: Resource,
        name: str,
        namespace: str,
        body: Json,
        *,
        subresource: str = "",
        dry_run: bool = False,
    ) -> Json:
        await self._reach("patch", resource.plural)
        found = self.world.objects[resource].get(f"{namespace}/{name}")
        if found is None:
            raise NotFound(self.where, f"patch {name}: not found", Said(404))
        version = body["metadata"].get("resourceVersion")
        if version not in (None, found["metadata"]["resourceVersion"]):
            raise Conflict(self.where, f"patch {name}: the object has been modified", Said(409))
        self._wrote("before", f"patch {name} {_told(body)}")
        _merge(found, {**body, "metadata": {**body["metadata"], "resourceVersion": ""}})
        self.world.touch(found)
        self._wrote("after", f"patch {name} {_told(body)}")
        return deepcopy(found)

    async def evict(self, pod: str, namespace: str, uid: str, *, dry_run: bool = False) -> None:
        await self._reach("create", "pods/eviction")
        found = self.world.objects[PODS].get(f"{namespace}/{pod}")
        if found is None:
            raise NotFound(self.where, f"evict {pod}: not found", Said(404))
        self.world.budget_status()
        budgets = covering(found, self.world.objects[BUDGETS].values())
        if len(budgets) > 1:
            raise TwoBudgets(self.where, f"evict {pod}: more than one budget", Said(500))
        if budgets and not _is_ending(found) and not budgets[0]["status"]["disruptionsAllowed"]:
            name = budgets[0]["metadata"]["name"]
            why = f"The disruption budget {name} needs more healthy pods"
            said = Said(429, "TooManyRequests", "no", (Cause("DisruptionBudget", why),))
            raise TooManyRequests(self.where, f"evict {pod}", said, name)
        if found["metadata"]["uid"] != uid:
            assert dry_run, "a wrong UID uses up the budget"
            raise Conflict(self.where, f"evict {pod}: another UID", Said(409))
        if dry_run or _is_ending(found):
            return
        self._wrote("before", f"evict {pod}")
        self.world.end_pod(found)
        self._wrote("after", f"evict {pod}")

    async def stream(
        self,
        resource: Resource,
        namespace: str,
        *,
        labels: str = "",
        fields: str = "",
        version: str = "",
        opened: Callable[[], None] = lambda: None,
    ) -> AsyncGenerator[Json, None]:
        """Tells nothing: what changes is found by looks."""
        self.world.used.add(("watch", resource.plural))
        opened()
        await asyncio.Event().wait()
        yield {}

    async def aclose(self) -> None:
        self.is_closed = True

    async def _reach(self, verb: str, resource: str) -> None:
        self.world.used.add((verb, resource))
        await asyncio.sleep(LATENCY.total_seconds())
        self.world.advance()
        for look in self.world.watch:
            look()
        if self.world.is_away:
            raise Unreachable(self.where, "it refuses the connection")

    def _wrote(self, when: str, what: str) -> None:
        if when == "after":
            self.world.writes.append(what)
        if self.world.kill_at == (len(self.world.writes) + (when == "before"), when):
            self.world.kill_at = None
            raise Killed(what)


def _key(found: Json) -> str:
    meta = found["metadata"]
    return f"{meta.get('namespace') or ''}/{meta['name']}"


def _field(found: Json, path: str) -> Any:
    for part in path.split("."):
        found = found[part]
    return found


def _merge(found: Json, patch: Json) -> None:
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, dict):
            if not isinstance(found.get(key), dict):
                found[key] = {}
            _merge(found[key], value)
        else:
            found[key] = value


def _told(body: Json) -> str:
    spec = body.get("spec") or {}
    notes = body["metadata"].get("annotations") or {}
    words = ["cordon" if spec["unschedulable"] else "uncordon"] if "unschedulable" in spec else []
    return " ".join(words + [key.partition("/")[2] for key, value in notes.items() if value])


def _is_ending(pod: Json) -> bool:
    return "deletionTimestamp" in pod["metadata"]


def _is_up(node: Json) -> bool:
    return bool(node["status"]["conditions"][0]["status"] == "True")


def _set_ready(found: Json, *, is_so: bool) -> None:
    found["status"]["conditions"][0]["status"] = "True" if is_so else "False"


def _restart(pod: Json) -> None:
    one = pod["status"]["containerStatuses"][0]
    one["restartCount"] += 1
    one["containerID"] += "+"
    _set_ready(pod, is_so=True)


def spread(world: World, app: str, count: int, nodes: int, kind: str = "ReplicaSet") -> None:
    """So many pods of one workload, round the Nodes."""
    for number in range(count):
        node = f"n{number % nodes + 1}"
        world.add(PODS, a_pod(f"{app}-{number}", node, owner=f"{kind}/{app}"))
