"""Keys of a gate that are one level too high or too low."""

from typing import Final

from controller.config.sections.evidence import Alerts, Prometheus
from controller.config.sections.gates import GateSection, HaproxyMeasure
from controller.config.sections.kinds import Section
from controller.config.sections.measures import KubernetesMeasure
from controller.config.text.places import Trail
from controller.config.text.trails import mapping

_KINDS: Final[tuple[tuple[str, type[Section]], ...]] = (
    ("prometheus", Prometheus),
    ("alerts", Alerts),
    ("haproxy", HaproxyMeasure),
    ("kubernetes", KubernetesMeasure),
)


def place_for(trail: Trail, data: object) -> str | None:
    """Where the unknown key at `trail` belongs: under or beside another."""
    match trail:
        case ("gates", int(index), str(key)):
            gate = mapping(data, "gates", index)
            fitting = [kind for kind, section in _KINDS if key in section.model_fields]
            for kind in [kind for kind in fitting if kind in gate] or fitting[:1]:
                return f"under `{kind}:`"
        case ("gates", int(), str(kind), str(key)) if key in GateSection.model_fields:
            return f"beside `{kind}:`, in the gate itself"
    return None
