"""No pod can be held out: its own termination and readiness must do."""

from dataclasses import dataclass

from controller.pools.kubernetes import Rotation


@dataclass(frozen=True, slots=True)
class ByDeletion:
    """Implements `adapters.kubernetes.pods.rotation.base.Turn`."""

    kind = Rotation.DELETE
    is_born_in = False

    @property
    def out(self) -> dict[str, str | None]:
        return {}

    @property
    def back(self) -> dict[str, str | None]:
        return {}
