"""What a way of rotation changes of a pod. Pure."""

from typing import Any, Protocol

from controller.pools.kubernetes import Rotation

Json = dict[str, Any]


class Turn(Protocol):
    """One way. Labels are patches of `metadata.labels`: None takes one away."""

    @property
    def kind(self) -> Rotation: ...

    @property
    def out(self) -> dict[str, str | None]:
        """Labels of a pod that is out."""

    @property
    def back(self) -> dict[str, str | None]:
        """Labels of a pod that is in."""

    @property
    def is_born_in(self) -> bool:
        """Whether a new pod is in rotation unless somebody takes it out."""


def by_hand(namespace: str, options: str, which: str, labels: dict[str, str | None]) -> str:
    """The line to type for that; `which`: the pod, or how to select it."""
    changes = " ".join(f"{key}={value}" if value else f"{key}-" for key, value in labels.items())
    return f"kubectl{options} --namespace {namespace} label --overwrite pods {which} {changes}"
