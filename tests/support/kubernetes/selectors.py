"""Label selectors, as objects and as text, and the field selectors that the API knows."""

import re
from collections.abc import Callable, Mapping

from tests.support.kubernetes.answers import bad_request
from tests.support.kubernetes.kinds import Json, Kind

Matches = Callable[[Json], bool]
_REQUIREMENT = re.compile(
    r"\s*(?:(?P<not>!)\s*)?(?P<key>[\w./-]+)\s*"
    r"(?:(?P<op>==|=|!=)\s*(?P<value>[\w.-]*)|(?P<set>in|notin)\s*\((?P<values>[^)]*)\))?\s*(?:,|$)"
)
_FIELDS = {
    "pods": ("spec.nodeName", "status.phase", "spec.schedulerName"),
    "nodes": ("spec.unschedulable",),
    "events": (
        "involvedObject.kind",
        "involvedObject.name",
        "involvedObject.namespace",
        "involvedObject.uid",
        "reason",
        "type",
    ),
    "secrets": ("type",),
    "namespaces": ("status.phase",),
}


def is_selected(selector: Json | None, labels: Mapping[str, str]) -> bool:
    """By a LabelSelector. None selects nothing, an empty one everything."""
    if selector is None:
        return False
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    return all(_is_met(one, labels) for one in selector.get("matchExpressions") or ())


def _is_met(requirement: Json, labels: Mapping[str, str]) -> bool:
    found, values = labels.get(requirement["key"]), requirement.get("values") or ()
    match requirement["operator"]:
        case "In":
            return found is not None and found in values
        case "NotIn":
            return found is None or found not in values
        case "Exists":
            return found is not None
        case _:
            return found is None


def labels_matching(text: str) -> Matches:
    """`a=b,c!=d,e in (f,g),h,!i`. Raises StatusError 400 where it cannot be read."""
    requirements: list[Json] = []
    at = 0
    while at < len(text):
        found = _REQUIREMENT.match(text, at)
        if found is None:
            raise bad_request(f"unable to parse requirement: {text!r}")
        requirements.append(_requirement(found))
        at = found.end()
    selector = {"matchExpressions": requirements}
    return lambda obj: is_selected(selector, obj["metadata"].get("labels") or {})


def _requirement(found: re.Match[str]) -> Json:
    key = found["key"]
    if found["set"]:
        values = [value.strip() for value in found["values"].split(",")]
        return {"key": key, "operator": "In" if found["set"] == "in" else "NotIn", "values": values}
    if found["op"]:
        operator = "NotIn" if found["op"] == "!=" else "In"
        return {"key": key, "operator": operator, "values": [found["value"]]}
    return {"key": key, "operator": "DoesNotExist" if found["not"] else "Exists"}


def fields_matching(kind: Kind, text: str) -> Matches:
    """`metadata.name=web,spec.nodeName!=a`. Raises StatusError 400 for a field not indexed."""
    wanted: list[tuple[list[str], str, bool]] = []
    for part in filter(None, text.split(",")):
        field, equal, value = part.partition("=")
        is_unequal = field.endswith("!")
        field = field.rstrip("!")
        allowed = ("metadata.name", "metadata.namespace", *_FIELDS.get(kind.plural, ()))
        if not equal or field not in allowed:
            raise bad_request(
                f'Unable to find "{kind.api_version}, Resource={kind.plural}" that match label '
                f'selector "", field selector "{text}": field label not supported: {field}'
            )
        wanted.append((field.split("."), value.removeprefix("="), is_unequal))
    return lambda obj: all((_field(obj, path) == value) != no for path, value, no in wanted)


def _field(obj: Json, path: list[str]) -> str:
    value: object = obj
    for part in path:
        value = value.get(part, "") if isinstance(value, dict) else ""
    return str(value).lower() if isinstance(value, bool) else str(value)
