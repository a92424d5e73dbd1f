"""What was found of a workload before it was touched, and what we set since: kept in annotations of
the workload itself, so that any machine can put it back. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from adapters.kubernetes.pod import annotations_of
from adapters.kubernetes.pods.patches import digest, is_same, value_at

Json = dict[str, Any]

FOUND: Final = "poolroll.dev/found"
"""What stood there before; as long as it is there, the workload is held."""
SET: Final = "poolroll.dev/set"
"""What we set since."""


@dataclass(frozen=True, slots=True)
class Found:
    template: Json
    """The pod template."""
    fields: Mapping[str, Any]
    """Path below `spec` → value; None: it was absent."""
    back_to: Json | None = None
    """The pod template of the way back, where it is another one."""

    @property
    def former(self) -> Json:
        return self.back_to if self.back_to is not None else self.template

    @property
    def moved(self) -> str:
        """For the journal: without the templates, whose environment may hold what is secret."""
        return json.dumps({"fields": self.fields})

    @property
    def text(self) -> str:
        said: Json = {"template": self.template, "fields": self.fields}
        return json.dumps(said | ({"back_to": self.back_to} if self.back_to is not None else {}))


@dataclass(frozen=True, slots=True)
class Ours:
    template: str
    """Digest of the pod template."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """Path below `spec` → our value."""
    awaited: tuple[str, ...] = ()
    """Members whose next pod comes under another name."""

    @property
    def text(self) -> str:
        said: Json = {"template": self.template, "fields": self.fields}
        return json.dumps(said | ({"awaited": self.awaited} if self.awaited else {}))

    def lost(self, workload: Json) -> list[str]:
        """Paths that have another value than ours."""
        spec = workload["spec"]
        paths = [
            path for path, ours in self.fields.items() if not is_same(value_at(spec, path), ours)
        ]
        is_ours = digest(spec["template"]) == self.template
        return paths if is_ours else ["template", *paths]


def found_in(workload: Json) -> Found | None:
    """None: it is not held. A note that cannot be read is none of ours."""
    said = _parsed(annotations_of(workload).get(FOUND, ""))
    if said is None or not isinstance(said["template"], dict):
        return None
    return Found(said["template"], said["fields"], said.get("back_to"))


def moved_in(text: str) -> Mapping[str, Any]:
    """Path below `spec` → value of before, as the journal has it."""
    said = _object(text)
    fields = said.get("fields") if said is not None else None
    return fields if isinstance(fields, dict) else {}


def ours_in(workload: Json) -> Ours | None:
    said = _parsed(annotations_of(workload).get(SET, ""))
    if said is None or not isinstance(said["template"], str):
        return None
    return Ours(said["template"], said["fields"], tuple(said.get("awaited") or ()))


def noted(found: Found, ours: Ours) -> dict[str, str | None]:
    """The annotations of a workload that is held."""
    return {FOUND: found.text, SET: ours.text}


def noted_anew(workload: Json) -> Json:
    """As if an earlier rollout, whose note says something else, had never touched what is no longer
    as it left it."""
    found, ours = found_in(workload), ours_in(workload)
    lost = ours.lost(workload) if ours is not None else []
    if found is None or ours is None or not lost:
        return workload
    spec = workload["spec"]
    template = spec["template"] if "template" in lost else found.template
    fields = {
        path: value_at(spec, path) if path in lost else was for path, was in found.fields.items()
    }
    kept = {path: value for path, value in ours.fields.items() if path not in lost}
    back_to = found.back_to if "template" not in lost else None
    now = noted(Found(template, fields, back_to), Ours(digest(spec["template"]), kept))
    meta = workload["metadata"]
    annotations = {**meta.get("annotations", {}), **now}
    return {**workload, "metadata": {**meta, "annotations": annotations}}


CLEARED: Final[Mapping[str, None]] = {FOUND: None, SET: None}


def _parsed(text: str) -> Json | None:
    said = _object(text)
    is_whole = said is not None and "template" in said and isinstance(said.get("fields"), dict)
    return said if is_whole else None


def _object(text: str) -> Json | None:
    try:
        said = json.loads(text)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
