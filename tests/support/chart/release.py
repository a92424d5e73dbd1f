"""The chart as a release in a cluster, by Helm; and what a kubelet and a CronJob's controller do
about its runs where neither is there."""

import asyncio
import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.chart.container import Account, Container, Ended
from tests.support.chart.helm import helm
from tests.support.kubernetes.any_cluster import LONG, Cluster
from tests.support.kubernetes.kinds import CONFIGMAPS, CRONJOBS, JOBS, PODS, Json, Kind
from tests.support.waiting import until

NAME = "poolroll"


@dataclass(slots=True)
class Release:
    cluster: Cluster
    namespace: str
    folder: Path
    runs: int = 0

    async def act(self, act: str, values: str = "") -> None:
        """install, upgrade or uninstall. Raises ChartError."""
        # The fake reads no protobuf, in which Helm writes its Secrets.
        driver = {} if self.cluster.is_real else {"storage_driver": "memory"}
        config = {"kubeconfig_path": str(self.cluster.kubeconfig), "namespace": self.namespace}
        asked = {"act": act, "name": NAME, "values": values, **config, **driver}
        await asyncio.to_thread(lambda: helm().ask("release", **asked))

    def path(self, kind: Kind, name: str = "") -> str:
        group = f"/apis/{kind.group}" if kind.group else "/api"
        whole = f"{group}/{kind.version}/namespaces/{self.namespace}/{kind.plural}"
        return whole + (f"/{name}" if name else "")

    async def all(self, kind: Kind, **params: str) -> list[Json]:
        found: list[Json] = (await self.cluster.api.get(self.path(kind), **params))["items"]
        return found

    async def due(self) -> Json:
        """The Job that the CronJob's controller makes; where there is none, as it would."""
        if not self.cluster.is_real:
            return await self.started_by_hand()

        async def made() -> Json | None:
            return next(iter(await self.all(JOBS)), None)

        job = await until(made, 100, "the Job that is due")
        assert job is not None
        return job

    async def started_by_hand(self) -> Json:
        """`kubectl create job --from=cronjob/…`."""
        [cron] = await self.all(CRONJOBS)
        self.runs += 1
        template = copy.deepcopy(cron["spec"]["jobTemplate"])
        owner = {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "name": cron["metadata"]["name"],
            "uid": cron["metadata"]["uid"],
            "controller": True,
        }
        meta = {
            **template.get("metadata", {}),
            "name": f"{cron['metadata']['name']}-now-{self.runs}",
            "ownerReferences": [owner],
        }
        job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": template["spec"]}
        return await self.cluster.api.create(self.path(JOBS), job)

    async def ran(self, job: Json) -> Ended:
        """What a kubelet does about its pod: start the container, and tell how it ended."""
        pod = await self._pod(job)
        name = pod["metadata"]["name"]
        folder = self.folder / name
        folder.mkdir()
        account = await self._account(pod["spec"]["serviceAccountName"])
        kept = {one["metadata"]["name"]: one.get("data", {}) for one in await self.all(CONFIGMAPS)}
        outside = not self.cluster.is_real
        container = Container(pod["spec"], folder, account, kept, pod=name, outside=outside)
        try:
            await until(lambda: container.ended() is not None, 120, "the end of the run", every=0.1)
        finally:
            if container.ended() is None:
                container.process.kill()
                await asyncio.to_thread(container.process.wait)
        ended = container.ended()
        assert ended is not None
        await self.cluster.api.ask(
            "PATCH",
            f"{self.path(PODS, name)}/status",
            {"status": _status(pod, ended.code)},
            kind="application/strategic-merge-patch+json",
        )
        return ended

    async def outcome(self, job: Json) -> tuple[str, str]:
        """Complete or Failed, and why."""

        async def over() -> tuple[str, str] | None:
            found = await self.cluster.api.get(self.path(JOBS, job["metadata"]["name"]))
            conditions = found.get("status", {}).get("conditions") or ()
            ends = [one for one in conditions if one["type"] in ("Complete", "Failed")]
            return (ends[0]["type"], ends[0].get("reason", "")) if ends else None

        told = await until(over, LONG, "the end of the Job")
        assert told is not None
        return told

    async def _pod(self, job: Json) -> Json:
        async def made() -> Json | None:
            labels = f"batch.kubernetes.io/job-name={job['metadata']['name']}"
            return next(iter(await self.all(PODS, labelSelector=labels)), None)

        pod = await until(made, LONG, "the pod of the Job")
        assert pod is not None
        return pod

    async def _account(self, name: str) -> Account:
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        path = f"/api/v1/namespaces/{self.namespace}/serviceaccounts/{name}/token"
        token = (await self.cluster.api.create(path, request))["status"]["token"]
        server = urlsplit(self.cluster.access.server)
        assert server.hostname is not None
        return Account(
            self.namespace, token, self.cluster.access.ca, server.hostname, server.port or 443
        )


def _status(pod: Json, code: int) -> dict[str, Any]:
    at = pod["metadata"]["creationTimestamp"]
    container = pod["spec"]["containers"][0]
    ended = {"exitCode": code, "reason": "Error" if code else "Completed", "finishedAt": at}
    state = {
        "name": container["name"],
        "image": container["image"],
        "imageID": "",
        "ready": False,
        "restartCount": 0,
        "state": {"terminated": {**ended, "startedAt": at}},
    }
    return {"phase": "Failed" if code else "Succeeded", "containerStatuses": [state]}
