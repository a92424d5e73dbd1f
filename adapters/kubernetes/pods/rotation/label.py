"""The Service selects a label that the pod template sets: it is flipped. Nothing of the Service is
touched. A new pod is born in, so whoever watches has to flip it before it is Ready."""

from dataclasses import dataclass
from typing import Final

from controller.pools.kubernetes import Rotation

_OUT: Final = "out"
_OTHERWISE: Final = "poolroll-out"


@dataclass(frozen=True, slots=True)
class ByLabel:
    """Implements `adapters.kubernetes.pods.rotation.base.Turn`."""

    key: str
    value: str
    """As the Service selects it."""

    kind = Rotation.LABEL
    is_born_in = True

    @property
    def out(self) -> dict[str, str | None]:
        return {self.key: _OTHERWISE if self.value == _OUT else _OUT}

    @property
    def back(self) -> dict[str, str | None]:
        return {self.key: self.value}
