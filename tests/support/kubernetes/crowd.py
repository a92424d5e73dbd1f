"""Thousands of pods that are nobody's business, put there at once: for what a namespace costs."""

import uuid

from tests.support.kubernetes import manifests
from tests.support.kubernetes.hands import Hands
from tests.support.kubernetes.kinds import PODS
from tests.support.kubernetes.objects import stamp


def crowd(cluster: Hands, count: int, namespace: str = "default", app: str = "other") -> None:
    """Running and Ready, and on no Node, so that no kubelet looks after them."""
    now = stamp(cluster.time.now())
    for number in range(count):
        pod = manifests.pod(f"{app}-{number}", labels={"app": app})
        pod["metadata"] |= {
            "namespace": namespace,
            "uid": str(uuid.uuid4()),
            "creationTimestamp": now,
        }
        pod["spec"] = manifests.template(app, "app:v1")["spec"]
        pod["spec"]["schedulerName"] = "nobody"
        ready = {"type": "Ready", "status": "True", "lastTransitionTime": now}
        address = f"127.200.{number // 250}.{number % 250 + 1}"
        pod["status"] = {"phase": "Running", "podIP": address, "conditions": [ready]}
        cluster.store.put(PODS, pod)
