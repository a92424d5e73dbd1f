"""Objects of the API, as these tests need them."""

from typing import Any

from adapters.kubernetes.client.api import Json

POOL = {"role": "web"}


def a_node(name: str = "n1", **meta: Any) -> Json:
    """Ready and schedulable."""
    return {
        "metadata": {
            "name": name,
            "uid": f"uid-{name}",
            "resourceVersion": "1",
            "labels": dict(POOL),
            "annotations": {},
            **meta,
        },
        "spec": {},
        "status": {
            "conditions": [{"type": "Ready", "status": "True"}],
            "addresses": [
                {"type": "Hostname", "address": name},
                {"type": "InternalIP", "address": f"10.0.0.{name[-1]}"},
            ],
            "nodeInfo": {
                "bootID": f"{name}-boot-1",
                "kubeletVersion": "v1.36.1",
                "kernelVersion": "6.1.1",
                "osImage": "Debian 12",
                "containerRuntimeVersion": "containerd://2.0.1",
            },
        },
    }


def a_pod(
    name: str = "web-0",
    node: str = "n1",
    *,
    owner: str = "StatefulSet/web",
    namespace: str = "shop",
    ready: bool = True,
    volumes: tuple[str, ...] = (),
    restarts: int = 0,
    **meta: Any,
) -> Json:
    """`owner`: `KIND/NAME` of its controller; empty: none."""
    kind, _, who = owner.partition("/")
    owners = [{"kind": kind, "name": who, "uid": f"uid-{owner}", "controller": True}]
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-{name}",
            "labels": {"app": who},
            "ownerReferences": owners if owner else [],
            **meta,
        },
        "spec": {"nodeName": node, "volumes": [{"name": one, one: {}} for one in volumes]},
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "containerStatuses": [
                {
                    "name": "main",
                    "containerID": f"cri://{name}-{restarts}",
                    "restartCount": restarts,
                }
            ],
        },
    }


def a_budget(
    name: str = "web",
    app: str = "web",
    *,
    needs: int = 2,
    of: int = 3,
    healthy: int = 3,
    **spec: Any,
) -> Json:
    return {
        "metadata": {"name": name, "namespace": "shop", "generation": 1},
        "spec": {"minAvailable": needs, "selector": {"matchLabels": {"app": app}}, **spec},
        "status": {
            "observedGeneration": 1,
            "desiredHealthy": needs,
            "currentHealthy": healthy,
            "expectedPods": of,
            "disruptionsAllowed": max(0, healthy - needs),
        },
    }
