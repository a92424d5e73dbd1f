"""What tests change in the plain manifests: how an app behaves, ends, is asked for readiness."""

import copy
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]


def tuned(
    workload: Json,
    *,
    env: Mapping[str, str] | None = None,
    grace: int = 5,
    pre_stop: int = 0,
    probe: bool = True,
    together: bool = True,
) -> Json:
    """A copy. `env`: see `nodes.app`; `grace` and `pre_stop` in seconds; `together`: pods of a
    StatefulSet are made all at once, which spares tests seconds."""
    found = copy.deepcopy(workload)
    pod = found["spec"]["template"]["spec"]
    pod["terminationGracePeriodSeconds"] = grace
    container = pod["containers"][0]
    container["env"] = [{"name": name, "value": value} for name, value in (env or {}).items()]
    if pre_stop:
        container["lifecycle"] = {"preStop": {"sleep": {"seconds": pre_stop}}}
    if not probe:
        container.pop("readinessProbe", None)
    if found["kind"] == "StatefulSet" and together:
        found["spec"]["podManagementPolicy"] = "Parallel"
    return found


def job(name: str, image: str, *, node: str, env: Mapping[str, str] | None = None) -> Json:
    """Pinned to one Node, whatever its taints; the app must end by itself (`job:v1-exit100`)."""
    pod = {
        "restartPolicy": "Never",
        "nodeSelector": {"kubernetes.io/hostname": node},
        "tolerations": [{"operator": "Exists"}],
        "containers": [
            {
                "name": name,
                "image": image,
                "env": [{"name": key, "value": value} for key, value in (env or {}).items()],
            }
        ],
    }
    template = {"metadata": {"labels": {"app": name}}, "spec": pod}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {"backoffLimit": 0, "template": template},
    }
