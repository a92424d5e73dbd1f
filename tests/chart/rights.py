"""The rules of every kind of rollout, with words in brackets where names go: what the chart fills
in, from the code behind `poolroll rbac`. `python -m tests.chart.redraw` writes it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from adapters.kubernetes.client.rights import Right
from adapters.kubernetes.lease import OF_NODES
from adapters.kubernetes.pods.workloads.base import Workload
from adapters.kubernetes.pods.workloads.daemonset import DaemonSet
from adapters.kubernetes.pods.workloads.deployment import Deployment
from adapters.kubernetes.pods.workloads.statefulset import StatefulSet
from adapters.kubernetes.rbac import (
    rights_of_nodes,
    rights_of_notes,
    rights_of_pods,
    rights_of_state,
)
from adapters.kubernetes.role import Subject, roles
from controller.pools.kubernetes import Rotation

Rules = Sequence[Mapping[str, Any]]

WORKLOADS: Final[Mapping[str, Workload]] = {
    "statefulset": StatefulSet(),
    "daemonset": DaemonSet(),
    "deployment": Deployment(),
}
ROTATIONS: Final = (Rotation.LABEL, Rotation.SELECTOR, Rotation.DELETE)
_SPACE: Final = "(namespace)"
_LEASE: Final = "poolroll-pool-(pool)"
_HEAD: Final = """\
# Made by `python -m tests.chart.redraw` from the code behind `poolroll rbac`; a test fails when it
# is out of date. Words in brackets are filled in by templates/_rights.tpl.
"""


def text() -> str:
    return _HEAD + "".join(f"{line}\n" for line in _lines())


def _lines() -> Iterator[str]:
    yield "pods:"
    for name, kind in WORKLOADS.items():
        yield f"  {name}:"
        for rotation in ROTATIONS:
            asked = rights_of_pods(_SPACE, "(service)", kind, "(workload)", rotation, _LEASE)
            yield f"    {rotation}:"
            yield from _listed(_rules(asked, _SPACE), 6)
    yield "nodes:"
    yield f"  namespace: {OF_NODES}"
    asked = rights_of_nodes(_SPACE, _LEASE, job=True)
    for part, namespace in (("nodes", ""), ("pool", OF_NODES), ("jobs", _SPACE)):
        yield f"  {part}:"
        yield from _listed(_rules(asked, namespace), 4)
    yield "state:"
    yield from _listed(_rules(rights_of_state(_SPACE, "(rollout)"), _SPACE), 2)
    yield "notes:"
    yield from _listed(_rules(rights_of_notes(_SPACE, "(rollout)"), _SPACE), 2)


def _rules(rights: Sequence[Right], namespace: str) -> Rules:
    here = [one for one in rights if one.namespace == namespace]
    role, _ = roles(here, "any", Subject("any"))
    rules: Rules = role["rules"]
    return rules


def _listed(rules: Rules, depth: int) -> Iterator[str]:
    for rule in rules:
        yield f"{' ' * depth}- {json.dumps(rule)}"
