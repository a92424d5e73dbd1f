"""Contradictions between the kind of pool and what upgrades its members."""

from collections.abc import Iterator, Mapping
from typing import Final

from controller.config.checks.kind_of_pool import HAPROXY, HOSTS, NODES, PODS
from controller.config.checks.snapshot_contradictions import snapshot_faults
from controller.config.checks.step_contradictions import expectation_faults, step_faults
from controller.config.text.places import Trail
from controller.config.text.trails import at

Found = Iterator[tuple[Trail, str]]

_ON_HOSTS: Final = "is for hosts; the pods of a Service are replaced: write template, or nothing"
_OF_CLUSTERS: Final = {
    "template": "is for the pods of a Service; write command or steps",
    "job": "is for Nodes; write command or steps",
}
_ALIEN: Final[Mapping[str, Mapping[str, str]]] = {
    HAPROXY: _OF_CLUSTERS,
    HOSTS: _OF_CLUSTERS,
    PODS: {
        "command": _ON_HOSTS,
        "steps": _ON_HOSTS,
        "unless": "is for hosts; the revision of a pod says whether it is upgraded: remove it",
        "job": "is for Nodes; write template, or nothing",
        "expect": "is for Nodes; the revision of a pod says what it is: remove it",
    },
    NODES: {"template": "is for the pods of a Service; write command, steps or job"},
}


def course_contradictions(data: object, kind: str) -> Found:
    for course in ("upgrade", "rollback"):
        section = at(data, course)
        if not isinstance(section, dict):
            continue
        for key, why in _ALIEN[kind].items():
            if key in section:
                yield (course, key), why
        if kind == PODS:
            continue
        ways = ("command", "steps", "job") if kind == NODES else ("command", "steps")
        if course == "upgrade" or not is_only_vars(data):
            yield from _one_way(section, (course,), ways)
        if kind == NODES and course == "rollback" and "expect" in section:
            yield (course, "expect"), "is what an upgrade is to show; write it there, or remove it"
        else:
            yield from expectation_faults(section, (course, "expect"), kind)
        yield from step_faults(section, (course,))
    yield from snapshot_faults(data, kind)
    wanted = at(data, "on_failure")
    is_back = wanted in ("rollback_member", "rollback_all")
    if is_back and kind != PODS and at(data, "rollback") is None:
        yield (
            ("on_failure",),
            f"{wanted} needs a rollback; add the section rollback, or write halt",
        )


def is_only_vars(data: object) -> bool:
    """Whether `rollback` says what the former version is, and a snapshot is the way back."""
    is_only = isinstance(back := at(data, "rollback"), dict) and back.keys() == {"vars"}
    return is_only and at(data, "on_failure") == "revert_member"


def _one_way(section: dict[str, object], trail: Trail, ways: tuple[str, ...]) -> Found:
    given = [way for way in ways if way in section]
    if not given and "template" not in section:
        more = ", or job: {spec: …}" if "job" in ways else ""
        yield trail, f"has nothing to run; add command: […] or steps: [{{command: […]}}]{more}"
    for way in given[1:]:
        yield (*trail, way), f"{given[0]} is also given; keep one of the two"
