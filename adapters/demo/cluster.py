"""The pool of `demo --kubernetes`: a StatefulSet behind a Service, in a namespace of its own."""

import json
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from adapters.commands import processes
from adapters.kubernetes.client.api import Api
from adapters.kubernetes.client.faults import ApiError
from adapters.kubernetes.client.paths import NAMESPACES, PODS, SERVICES, STATEFULSETS
from controller.errors import Refused
from controller.pools.kubernetes import ROTATION_LABEL
from controller.ports import Clock

IMAGE: Final = "nginx:stable-alpine"
PORT: Final = 80
WITHIN: Final = timedelta(minutes=3)
"""For images to be pulled, and the pods to be Ready."""
_OWNER: Final = "app.kubernetes.io/managed-by"
_OURS: Final = {_OWNER: "poolroll-demo"}
_PROCESS: Final = "poolroll.io/demo-process"
"""Process id, its start, and the machine that it is of."""
_LABELS: Final = {"app": "web"}
_IN: Final = {**_LABELS, ROTATION_LABEL: "in"}


@asynccontextmanager
async def demo_namespace(api: Api, clock: Clock, members: int, image: str) -> AsyncIterator[str]:
    """Its name, once all pods are Ready; removed at the end, and those of demos of this machine
    that were killed. Raises ApiError, Refused."""
    await _clear(api)
    name = f"poolroll-demo-{secrets.token_hex(3)}"
    own = f"{os.getpid()} {processes.start_of(os.getpid())} {processes.machine()}"
    meta = {"name": name, "labels": _OURS, "annotations": {_PROCESS: own}}
    await api.create(NAMESPACES, {"metadata": meta})
    try:
        await api.create(SERVICES, _service(), name)
        await api.create(STATEFULSETS, _workload(members, image), name)
        await _ready(api, clock, name, members)
        yield name
    finally:
        await api.delete(NAMESPACES, name, "")


async def _clear(api: Api) -> None:
    """Another machine's are left: whether their demo still runs cannot be seen from here."""
    try:
        found = (await api.list(NAMESPACES, labels=f"{_OWNER}={_OURS[_OWNER]}")).items
    except ApiError:  # whoever may not list them has no part in them
        return
    for one in found:
        meta = one["metadata"]
        pid, start, where = ((meta.get("annotations") or {}).get(_PROCESS, "").split() + 3 * [""])[
            :3
        ]
        if (
            where == processes.machine()
            and pid.isdecimal()
            and not processes.lives(int(pid), start)
        ):
            with suppress(ApiError):
                await api.delete(NAMESPACES, meta["name"], "", uid=meta["uid"])


def demo_file(folder: Path, namespace: str, context: str, kubeconfig: str, *, is_bad: bool) -> Path:
    """The rollout file; `is_bad`: v2 never becomes ready."""
    cluster = {"context": context, "kubeconfig": kubeconfig}
    template: dict[str, Any] = {"metadata": {"annotations": {"version": "${vars.version}"}}}
    if is_bad:
        probe = {"httpGet": {"path": "/nothing-here"}}
        template["spec"] = {"containers": [{"name": "web", "readinessProbe": probe}]}
    file = {
        "apiVersion": "poolroll/v1",
        "name": "demo",
        "vars": {"version": "v2"},
        "pool": {
            "kubernetes": {
                **{key: value for key, value in cluster.items() if value},
                "namespace": namespace,
                "service": "web",
            }
        },
        "drain": {"settle": "1s"},
        "upgrade": {"template": template, "timeout": "20s" if is_bad else "3m"},
        "soak": "3s",
        "gates": [
            {"kubernetes": {"measure": measure}, "every": "500ms"}
            for measure in ("unready", "restarts", "oom")
        ],
    }
    path = folder / "demo.yaml"
    path.write_text(json.dumps(file, indent=2))
    return path


def _service() -> dict[str, Any]:
    ports = [{"name": "http", "port": 80, "targetPort": PORT}]
    return {"metadata": {"name": "web"}, "spec": {"selector": _IN, "ports": ports}}


def _workload(members: int, image: str) -> dict[str, Any]:
    container = {
        "name": "web",
        "image": image,
        "ports": [{"containerPort": PORT}],
        "readinessProbe": {"httpGet": {"path": "/", "port": PORT}, "periodSeconds": 1},
    }
    meta = {"labels": _IN, "annotations": {"version": "v1"}}
    spec = {
        "serviceName": "web",
        "replicas": members,
        "podManagementPolicy": "Parallel",
        "selector": {"matchLabels": _LABELS},
        "template": {
            "metadata": meta,
            "spec": {"containers": [container], "terminationGracePeriodSeconds": 5},
        },
    }
    return {"metadata": {"name": "web"}, "spec": spec}


async def _ready(api: Api, clock: Clock, namespace: str, members: int) -> None:
    until = clock.now() + WITHIN
    while True:
        workload = await api.get(STATEFULSETS, "web", namespace)
        if (workload.get("status") or {}).get("readyReplicas", 0) >= members:
            return
        if clock.now() > until:
            raise Refused(f"demo: {await _waiting(api, namespace)}")
        await clock.sleep(timedelta(milliseconds=500))


async def _waiting(api: Api, namespace: str) -> str:
    for pod in (await api.list(PODS, namespace)).items:
        for one in (pod.get("status") or {}).get("containerStatuses") or ():
            waiting = (one.get("state") or {}).get("waiting") or {}
            if waiting.get("reason"):
                return f"{pod['metadata']['name']} does not start: {waiting['reason']}"
    return f"not all pods are Ready after {WITHIN.total_seconds():.0f} s"
