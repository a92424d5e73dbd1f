"""EndpointSlices of Services that select pods.

As measured: a label that leaves the Service's selector takes the pod out 10–20 ms later; a pod that
terminates is `ready: false, terminating: true`, and `serving` while it is still Ready; cordoning
changes nothing; `publishNotReadyAddresses` makes everything ready.
"""

from collections.abc import Iterable
from typing import Final

from tests.support.kubernetes.controllers.base import Controller, Key, both
from tests.support.kubernetes.kinds import PODS, SERVICES, SLICES, Json
from tests.support.kubernetes.objects import (
    is_over,
    is_ready,
    is_terminating,
    labels_of,
    micro_stamp,
    name_of,
    namespace_of,
    owner_reference,
    suffix,
    uid_of,
)
from tests.support.kubernetes.registry import Writer
from tests.support.kubernetes.selectors import is_selected
from tests.support.kubernetes.store import Event

NAME: Final = "kubernetes.io/service-name"
MANAGED: Final = "endpointslice.kubernetes.io/managed-by"
LARGEST: Final = 100
"""Endpoints in a slice."""


class EndpointSlices(Controller):
    watches = (SERVICES, PODS, SLICES)

    def keys(self, event: Event) -> Iterable[Key]:
        if event.kind is SERVICES:
            yield namespace_of(event.object), name_of(event.object)
        elif event.kind is SLICES:
            if owner := labels_of(event.object).get(NAME):
                yield namespace_of(event.object), owner
        else:
            for service in self.store.all(SERVICES, namespace_of(event.object)):
                selector = service["spec"].get("selector")
                if selector and any(
                    is_selected({"matchLabels": selector}, labels_of(pod)) for pod in both(event)
                ):
                    yield namespace_of(service), name_of(service)

    def reconcile(self, key: Key) -> float | None:
        service = self.store.get(SERVICES, key[1], key[0])
        if service is None or not service["spec"].get("selector"):
            return None
        selector = {"matchLabels": service["spec"]["selector"]}
        groups: dict[str, tuple[list[Json], dict[str, Json]]] = {}
        for pod in self.store.all(PODS, key[0]):
            if is_selected(selector, labels_of(pod)) and _is_listed(pod):
                ports = _ports(service, pod)
                group = groups.setdefault(str(ports), (ports, {}))
                group[1][uid_of(pod)] = _endpoint(service, pod)
        slices = [
            one
            for one in self.store.controlled(SLICES, uid_of(service))
            if MANAGED in labels_of(one)
        ]
        kept: set[str] = set()
        for ports, endpoints in groups.values():
            found = [one for one in slices if one.get("ports") == ports or not one["endpoints"]]
            found = [one for one in found if name_of(one) not in kept]
            kept |= self._write(service, ports, endpoints, found)
        self._leave_one(service, [one for one in slices if name_of(one) not in kept], bool(kept))
        return None

    def _write(
        self, service: Json, ports: list[Json], endpoints: dict[str, Json], found: list[Json]
    ) -> set[str]:
        """Each endpoint stays in its slice; new ones fill up. Gives the slices in use."""
        left = dict(endpoints)
        plans: list[tuple[Json | None, list[Json]]] = []
        for one in found:
            stays = [
                left.pop(uid)
                for endpoint in one["endpoints"]
                if (uid := endpoint["targetRef"]["uid"]) in left
            ]
            if stays:
                plans.append((one, stays))
        spare = [one for one in found if not any(one is used for used, _ in plans)]
        for endpoint in left.values():
            roomy = next((plan for plan in plans if len(plan[1]) < LARGEST), None)
            if roomy is None:
                roomy = (spare.pop() if spare else None, [])
                plans.append(roomy)
            roomy[1].append(endpoint)
        return {self._put(service, one, ports, listed) for one, listed in plans}

    def _leave_one(self, service: Json, unused: list[Json], is_listed: bool) -> None:
        """A Service without endpoints keeps one empty slice."""
        for one in unused:
            if is_listed or one is not unused[0]:
                self.registry.delete(SLICES, name_of(one), namespace_of(one))
            else:
                self._put(service, one, [], [])
        if not is_listed and not unused:
            self._put(service, None, [], [])

    def _put(
        self, service: Json, found: Json | None, ports: list[Json], endpoints: list[Json]
    ) -> str:
        name = name_of(found) if found else f"{name_of(service)}-{suffix()}"
        trigger = {"endpoints.kubernetes.io/last-change-trigger-time": micro_stamp(self.time.now())}
        body: Json = {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": name,
                "generateName": f"{name_of(service)}-",
                "labels": {
                    **labels_of(service),
                    NAME: name_of(service),
                    MANAGED: "endpointslice-controller.k8s.io",
                },
                "annotations": trigger,
                "ownerReferences": [owner_reference(service)],
            },
            "addressType": "IPv4",
            "endpoints": endpoints,
            "ports": ports,
        }
        if found is None:
            self.registry.create(SLICES, body, namespace_of(service))
        elif (found["endpoints"], found.get("ports")) != (endpoints, ports) or labels_of(
            found
        ) != labels_of(body):
            self.registry.change(SLICES, name, namespace_of(service), lambda _: body, Writer())
        return name


def _is_listed(pod: Json) -> bool:
    return bool((pod.get("status") or {}).get("podIP")) and not is_over(pod)


def _endpoint(service: Json, pod: Json) -> Json:
    is_serving, is_ending = is_ready(pod), is_terminating(pod)
    if service["spec"].get("publishNotReadyAddresses"):
        ready = True
    else:
        ready = is_serving and not is_ending
    endpoint: Json = {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {"ready": ready, "serving": is_serving, "terminating": is_ending},
        "targetRef": {
            "kind": "Pod",
            "namespace": namespace_of(pod),
            "name": name_of(pod),
            "uid": uid_of(pod),
        },
    }
    if node := pod["spec"].get("nodeName"):
        endpoint["nodeName"] = node
    if pod["spec"].get("subdomain") == name_of(service):
        endpoint["hostname"] = pod["spec"]["hostname"]
    return endpoint


def _ports(service: Json, pod: Json) -> list[Json]:
    found: list[Json] = []
    for port in service["spec"].get("ports") or ():
        target = port["targetPort"]
        if isinstance(target, str):
            target = next(
                (
                    one["containerPort"]
                    for container in pod["spec"]["containers"]
                    for one in container.get("ports") or ()
                    if one.get("name") == target
                ),
                None,
            )
        if target is not None:
            found.append(
                {"name": port.get("name", ""), "port": target, "protocol": port["protocol"]}
            )
    return found
