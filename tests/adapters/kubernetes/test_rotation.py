"""Which way of rotation a pool gets, and why not another."""

from dataclasses import replace
from typing import Any

import pytest

from adapters.kubernetes.pod import Json
from adapters.kubernetes.pods.rotation.choose import choose, gitops_of
from adapters.kubernetes.pods.rotation.delete import ByDeletion
from adapters.kubernetes.pods.rotation.label import ByLabel
from adapters.kubernetes.pods.rotation.selector import KEY, BySelector, is_narrowed
from adapters.kubernetes.pods.workloads.found import FOUND, Found
from controller.pools.kubernetes import Cluster, PodPool, Rotation
from tests.adapters.kubernetes.pods_samples import (
    IN,
    ROTATION,
    a_pod,
    a_service,
    a_statefulset,
    a_template,
)
from tests.support.tables import table

POOL = PodPool(Cluster(), "web")
PLAIN = a_service(selector={"app": "web"})
UNSET = a_statefulset(template={"metadata": {"labels": {"app": "web"}}})
OTHER = a_statefulset(template={"metadata": {"labels": {**IN, ROTATION: "no"}}})


def with_selector(*, kind: str = "StatefulSet", expression: bool = False) -> Json:
    found = a_statefulset()
    found["kind"] = kind
    if expression:
        found["spec"]["selector"] = {
            "matchExpressions": [{"key": ROTATION, "operator": "In", "values": ["in"]}]
        }
    else:
        found["spec"]["selector"] = {"matchLabels": dict(IN)}
    return found


def owned_by(service: Json, **meta: Any) -> Json:
    return {**service, "metadata": {**service["metadata"], **meta}}


ARGO = owned_by(PLAIN, labels={"argocd.argoproj.io/instance": "shop"})
FLUX = owned_by(PLAIN, managedFields=[{"manager": "kustomize-controller"}])
NARROWED = a_service(selector={"app": "web", KEY: "web"})
TAKEN = owned_by(NARROWED, managedFields=[{"manager": "kustomize-controller"}])
NOTE = Found(a_template(), {}).text
HELD = a_statefulset(template={"metadata": {"labels": {"app": "web"}}}, annotations={FOUND: NOTE})


@table(
    "rotation service workload may_patch kind refusal",
    {
        "auto, prepared": ("auto", a_service(), a_statefulset(), True, "label", ""),
        "auto, the Service does not select it": (
            "auto",
            PLAIN,
            a_statefulset(),
            True,
            "selector",
            "",
        ),
        "auto, the template does not set it": ("auto", a_service(), UNSET, True, "selector", ""),
        "auto, managed by Argo CD": ("auto", ARGO, UNSET, True, "delete", ""),
        "auto, not permitted": ("auto", PLAIN, UNSET, False, "delete", ""),
        "auto, narrowed by others": (
            "auto",
            a_service(selector={KEY: "shop"}),
            a_statefulset(),
            True,
            "selector",
            "which is not ours",
        ),
        "auto, narrowed by us": ("auto", NARROWED, UNSET, True, "selector", ""),
        "auto, narrowed by us, managed since": ("auto", TAKEN, UNSET, True, "selector", ""),
        "auto, narrowed by us, no longer permitted": (
            "auto",
            NARROWED,
            a_statefulset(),
            False,
            "selector",
            "no permission to patch it",
        ),
        "auto, its template has changed since we hold it": (
            "auto",
            a_service(),
            HELD,
            True,
            "label",
            "",
        ),
        "auto, the label is fixed": (
            "auto",
            a_service(),
            with_selector(),
            True,
            "label",
            "is in the selector of statefulset/web",
        ),
        "auto, fixed, and not meant": ("auto", PLAIN, with_selector(), True, "selector", ""),
        "label": ("label", a_service(), a_statefulset(), True, "label", ""),
        "label, not selected": (
            "label",
            PLAIN,
            a_statefulset(),
            True,
            "label",
            "does not select the label poolroll.dev/rotation",
        ),
        "label, not set": ("label", a_service(), UNSET, True, "label", "does not set it"),
        "label, set otherwise": ("label", a_service(), OTHER, True, "label", "sets it to 'no'"),
        "label, fixed": (
            "label",
            a_service(),
            with_selector(expression=True),
            True,
            "label",
            "orphaned, and the StatefulSet stuck",
        ),
        "label, fixed of a DaemonSet": (
            "label",
            a_service(),
            with_selector(kind="DaemonSet"),
            True,
            "label",
            "would make another pod at once",
        ),
        "selector": ("selector", a_service(), a_statefulset(), True, "selector", ""),
        "selector, managed by Flux": (
            "selector",
            FLUX,
            a_statefulset(),
            True,
            "selector",
            "managed by Flux",
        ),
        "selector, not permitted": (
            "selector",
            PLAIN,
            a_statefulset(),
            False,
            "selector",
            "no permission to patch it",
        ),
        "selector, in use by others": (
            "selector",
            a_service(selector={KEY: "shop"}),
            a_statefulset(),
            True,
            "selector",
            "which is not ours",
        ),
        "selector, narrowed by us": (
            "selector",
            a_service(selector={KEY: "web"}),
            a_statefulset(),
            True,
            "selector",
            "",
        ),
        "delete": ("delete", a_service(), a_statefulset(), True, "delete", ""),
    },
)
def test_choice(
    rotation: str, service: Json, workload: Json, may_patch: bool, kind: str, refusal: str
) -> None:
    """The first that works here, or why the one that is asked for does not."""
    pool = replace(POOL, rotation=Rotation(rotation))
    found = choose(pool, service, workload, may_patch=may_patch)
    assert found.turn.kind == kind
    assert bool(found.refusals) is bool(refusal)
    assert refusal in "".join(found.refusals)
    is_open = rotation == "auto" and "in the selector of" not in refusal
    assert bool(found.why) is is_open


@table(
    "meta who",
    {
        "a mark of Argo CD": ({"annotations": {"argocd.argoproj.io/tracking-id": "x"}}, "Argo CD"),
        "a mark of Flux": ({"labels": {"kustomize.toolkit.fluxcd.io/name": "x"}}, "Flux"),
        "a field manager": ({"managedFields": [{"manager": "argocd-controller"}]}, "Argo CD"),
        "nobody": ({"managedFields": [{"manager": "kubectl"}, {}]}, ""),
    },
)
def test_gitops(meta: Json, who: str) -> None:
    assert gitops_of({"metadata": {"name": "web", **meta}}) == who


def test_what_is_flipped() -> None:
    """Out is another value than the one that the Service selects, whatever that is."""
    assert ByLabel("x", "in").out == {"x": "out"}
    assert ByLabel("x", "out").out == {"x": "poolroll-out"}
    assert ByLabel("x", "in").back == {"x": "in"}
    assert BySelector("web").out == {KEY: None}
    assert BySelector("web").back == {KEY: "web"}
    assert (ByDeletion().out, ByDeletion().back) == ({}, {})
    born_in = [turn.is_born_in for turn in (ByLabel("x", "in"), BySelector("web"), ByDeletion())]
    assert born_in == [True, False, False]


def test_the_service_is_never_empty() -> None:
    """All pods of now get the label before the Service asks for it; what is out, and what others
    own, does not; once it asks, nobody gets it unproven."""
    turn = BySelector("web")
    of_now, out = a_pod("web-0"), a_pod("web-1", out="drained")
    strange = a_pod("db-0", labels={"app": "db"})
    labelled = a_pod("web-2", labels={KEY: "web"})
    assert turn.to_label(a_service(), [of_now, out, strange, labelled]) == [of_now]
    narrowed = a_service(selector={**IN, KEY: "web"})
    assert (is_narrowed(a_service()), is_narrowed(narrowed)) == (False, True)
    assert turn.to_label(narrowed, [of_now]) == []
    assert turn.to_unlabel([of_now, labelled]) == [labelled]
    assert turn.narrowed() == {"spec": {"selector": {KEY: "web"}}}
    assert turn.widened() == {"spec": {"selector": {KEY: None}}}


@pytest.mark.parametrize("template", [a_template(), {}])
def test_a_template_without_labels(template: Json) -> None:
    """Is not prepared, and no error."""
    found = choose(POOL, a_service(), a_statefulset(template=template), may_patch=True)
    assert found.refusals == ()
