"""A pool of pods that are processes, with users behind a proxy that is 300 ms late, and the command
`poolroll`: on the fake API server, or a real one."""

import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.support.command import Done
from tests.support.kubernetes.any_cluster import LONG, Cluster, a_cluster
from tests.support.kubernetes.commands import Commands
from tests.support.kubernetes.kinds import SERVICES, Json, kind_of
from tests.support.kubernetes.load import Users
from tests.support.kubernetes.manifests import budget, service
from tests.support.kubernetes.proxy import ServiceProxy
from tests.support.kubernetes.variants import tuned
from tests.support.waiting import until

NAME: Final = "web"
PROVEN: Final = "echo ${member.address} $(date +%s.%N) >> proven"
"""A validation that notes whom it proved, and when."""


@dataclass
class Crowd(Commands):
    cluster: Cluster
    proxy: ServiceProxy
    users: Users
    workload: Json
    """As it was created."""
    aside: float = field(default_factory=lambda: time.time() - time.monotonic())
    """The civil time of seconds on the monotonic clock."""

    def file(self, pool: Mapping[str, Any], image: str = "v2", **more: Any) -> Path:
        """A rollout file. `pool`: of `pool.kubernetes`; `more`: sections, None takes one away."""
        where = {"namespace": self.cluster.namespace, "service": NAME, **pool}
        containers = [{"name": NAME, "image": "app:${vars.version}"}]
        patient = ["sh", "-c", f"cd {self.folder} && {PROVEN}"]
        given: dict[str, Any] = {
            "apiVersion": "poolroll/v1",
            "name": NAME,
            "vars": {"version": image},
            "pool": {"kubernetes": where},
            "drain": {"settle": "500ms"},
            "upgrade": {"template": {"spec": {"containers": containers}}},
            "validate": [{"command": patient}],
            "return": {"within": f"{LONG:g}s"},
            "soak": "200ms",
            "gates": [{"kubernetes": {"measure": "unready"}, "every": "100ms"}],
            **more,
        }
        path = self.folder / "web.yaml"
        kept = {key: value for key, value in given.items() if value is not None}
        path.write_text(json.dumps(kept))
        return path

    async def poolroll(self, *argv: str, **env: str) -> Done:
        """One that hangs is told with what the cluster looks like then."""
        try:
            return await super().poolroll(*argv, **env)
        except AssertionError as error:
            pods = await self.cluster.pods()
            shown = [{**one["metadata"], "status": one.get("status")} for one in pods]
            workload = await self.cluster.api.get(self.cluster.path(kind_of(self.workload), NAME))
            seen = json.dumps([*shown, workload, sorted(self.cluster.nodes.pods)], default=str)
            raise AssertionError(f"{error}\n{seen}") from error

    async def specs(self) -> tuple[Json, Json]:
        """Of the workload, but for its template, and of the Service."""
        kinds = (kind_of(self.workload), SERVICES)
        found = [await self.cluster.api.get(self.cluster.path(one, NAME)) for one in kinds]
        return {**found[0]["spec"], "template": None}, found[1]["spec"]

    async def images(self) -> list[str]:
        return [pod["spec"]["containers"][0]["image"] for pod in await self.cluster.pods()]

    async def in_service(self, count: int) -> None:
        await until(lambda: len(self.proxy.places) == count, LONG, f"{count} endpoints")

    def early(self, pods: Sequence[Json], version: str = "v2") -> list[str]:
        """Those of a version that users met before they had been proven."""
        proven: dict[str, float] = {}
        for line in (self.folder / "proven").read_text().splitlines():
            address, moment = line.split()
            proven.setdefault(address, float(moment) - self.aside - self.users.began)
        found = []
        for name, address in ((pod["metadata"]["name"], pod["status"]["podIP"]) for pod in pods):
            met, at = self.users.answers.first(version, name), proven.get(address)
            if met is not None and (at is None or met < at):
                found.append(f"{name} at {met:.3f}, proven at {at}")
        return found


@asynccontextmanager
async def a_crowd(
    folder: Path,
    workload: Json,
    count: int,
    *,
    rotation: bool = True,
    rate: float = 25,
    **variant: Any,
) -> AsyncIterator[Crowd]:
    """`rotation`: with a label for it; `variant`: of the workload, see `tuned`."""
    async with AsyncExitStack() as stack:
        cluster = await stack.enter_async_context(
            a_cluster(folder, nodes=count, pace=0.25, backoff=0.2)
        )
        made = tuned(workload, **variant)
        await cluster.create(made, service(rotation=rotation), budget(minAvailable=count - 1))
        await cluster.ready(count)
        proxy = await stack.enter_async_context(cluster.proxy())
        await until(lambda: len(proxy.places) == count, LONG, "all endpoints")
        users = await stack.enter_async_context(Users(proxy.port, rate=rate, clients=4))
        env = {
            "KUBECONFIG": str(cluster.kubeconfig),
            "POOLROLL_STATE": str(folder / "state"),
        }
        yield Crowd(folder, env, cluster, proxy, users, made)
