"""The Service's selector asks for one more label during the rollout, which the pods of now get
first. New pods lack it: they are born out, whoever watches or does not.

At the end the selector is restored first and the labels go after that, one pod before the others:
should the slices still be made by the former selector, that one alone would miss.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from adapters.kubernetes.pod import OUT, annotations_of, is_selected, labels_of
from controller.pools.kubernetes import Rotation

Json = dict[str, Any]

KEY: Final = "poolroll.dev/in"


@dataclass(frozen=True, slots=True)
class BySelector:
    """Implements `adapters.kubernetes.pods.rotation.base.Turn`."""

    service: str

    kind = Rotation.SELECTOR
    is_born_in = False

    @property
    def out(self) -> dict[str, str | None]:
        return {KEY: None}

    @property
    def back(self) -> dict[str, str | None]:
        return {KEY: self.service}

    def narrowed(self) -> Json:
        """The patch of the Service that asks for the label."""
        return {"spec": {"selector": {KEY: self.service}}}

    def widened(self) -> Json:
        """The patch that asks for it no longer."""
        return {"spec": {"selector": {KEY: None}}}

    def to_label(self, service: Json, pods: Iterable[Json]) -> list[Json]:
        """Pods that need the label before the Service may ask for it; none once it does."""
        if is_narrowed(service):
            return []
        return [
            pod
            for pod in pods
            if is_selected(service, pod)
            and labels_of(pod).get(KEY) != self.service
            and not annotations_of(pod).get(OUT)
        ]

    def to_unlabel(self, pods: Iterable[Json]) -> list[Json]:
        return [pod for pod in pods if labels_of(pod).get(KEY) == self.service]


def is_narrowed(service: Json) -> bool:
    """Whether the Service asks for our label."""
    return KEY in (service["spec"].get("selector") or {})
