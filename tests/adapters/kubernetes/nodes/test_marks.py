"""What poolroll writes on a Node, and whose cordon it takes a cordon for."""

from typing import Any

import pytest

from adapters.kubernetes.client.api import Json
from adapters.kubernetes.nodes.marks import (
    BEFORE,
    CORDONED,
    EXCLUDE_LABEL,
    Mark,
    Stage,
    admin_of,
    cordon,
    mark_of,
    slim,
    uncordon,
)
from controller.core.pool import Admin
from tests.adapters.kubernetes.nodes.samples import POOL, a_node
from tests.support.tables import table

OURS = Mark(Stage.DRAINING, "1a2b")


def owned_by(*managers: str) -> list[Json]:
    field: Json = {"f:spec": {"f:unschedulable": {}}}
    return [{"manager": one, "fieldsV1": field} for one in managers]


def cordoned(note: str = "draining 1a2b", **meta: Any) -> Json:
    meta = {"annotations": {CORDONED: note} if note else {}, **meta}
    return a_node(**meta) | {"spec": {"unschedulable": True}}


@table(
    "node admin",
    {
        "schedulable": (a_node(), Admin.READY),
        "cordoned by us": (cordoned(), Admin.DRAINING),
        "and held": (cordoned("out 1a2b"), Admin.OUT),
        "cordoned by somebody else": (cordoned(""), Admin.OUT),
        "uncordoned by hand": (cordoned() | {"spec": {}}, Admin.READY),
        "uncordoned by hand, and cordoned": (
            cordoned(managedFields=owned_by("kubectl-cordon")),
            Admin.OUT,
        ),
        "ours, by its owner": (cordoned(managedFields=owned_by("poolroll")), Admin.DRAINING),
        "cordoned, with an annotation of another meaning": (cordoned("yes"), Admin.OUT),
    },
)
def test_where_it_stands(node: Json, admin: Admin) -> None:
    """A cordon is ours where the annotation says so and nobody else has set the field since."""
    assert admin_of(node) is admin


def test_a_cordon_is_one_patch_and_held_to_what_was_read() -> None:
    """Label and annotations come with it: a crash leaves all of it or nothing."""
    assert cordon(a_node(), OURS, exclude=True) == {
        "metadata": {
            "resourceVersion": "1",
            "annotations": {CORDONED: "draining 1a2b"},
            "labels": {EXCLUDE_LABEL: "poolroll"},
        },
        "spec": {"unschedulable": True},
    }


def test_a_label_of_somebody_else_stays_theirs() -> None:
    """A Node that was left out by load balancers already is not brought back to them."""
    node = a_node(labels={**POOL, EXCLUDE_LABEL: ""})
    patch = cordon(node, OURS, exclude=True)
    assert "labels" not in patch["metadata"]
    node["metadata"]["annotations"] = {CORDONED: "out 1a2b"}
    back = uncordon(node | {"spec": {"unschedulable": True}})
    assert back is not None
    assert "labels" not in back["metadata"]


def test_the_next_stage_keeps_what_was_noted() -> None:
    """The label stays ours, and the boot id of before is not forgotten, after a crash either."""
    node = cordoned(labels={**POOL, EXCLUDE_LABEL: "poolroll"})
    patch = cordon(node, Mark(Stage.OUT, "ffff"), exclude=True)
    assert patch["metadata"]["annotations"] == {CORDONED: "out ffff"}


def test_what_is_ours_is_taken_back() -> None:
    """Cordon, label and annotations, in one patch."""
    notes = {CORDONED: "out 1a2b", BEFORE: "{}", "theirs": "x"}
    node = cordoned(annotations=notes, labels={**POOL, EXCLUDE_LABEL: "poolroll"})
    assert uncordon(node) == {
        "metadata": {
            "resourceVersion": "1",
            "annotations": {CORDONED: None, BEFORE: None},
            "labels": {EXCLUDE_LABEL: None},
        },
        "spec": {"unschedulable": None},
    }


@pytest.mark.parametrize("node", [a_node(), cordoned("")], ids=["schedulable", "somebody else's"])
def test_what_is_not_ours_is_left(node: Json) -> None:
    assert uncordon(node) is None


def test_after_somebody_elses_uncordon_our_notes_go() -> None:
    """And their cordon, if there is one again, stays."""
    node = cordoned(managedFields=owned_by("kubectl"))
    assert uncordon(node) == {"metadata": {"resourceVersion": "1", "annotations": {CORDONED: None}}}
    assert mark_of(node) is None


def test_a_node_is_kept_small() -> None:
    """Images, and whose fields the others are, take most of its bytes."""
    other = {"manager": "kubelet", "fieldsV1": {"f:status": {}}}
    node = a_node(managedFields=[*owned_by("poolroll"), other])
    node["status"]["images"] = [{"names": ["a"]}]
    assert slim(node)["metadata"]["managedFields"] == owned_by("poolroll")
    assert "images" not in node["status"]
