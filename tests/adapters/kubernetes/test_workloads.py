"""What differs between kinds of workload, case by case."""

from typing import Any

import pytest

from adapters.kubernetes.pod import Json
from adapters.kubernetes.pods.memory import Memory
from adapters.kubernetes.pods.patches import difference, digest, is_same, setting, value_at
from adapters.kubernetes.pods.rivals import said, writer_of
from adapters.kubernetes.pods.workloads.base import owned
from adapters.kubernetes.pods.workloads.daemonset import DaemonSet
from adapters.kubernetes.pods.workloads.found import (
    FOUND,
    SET,
    Found,
    Ours,
    found_in,
    moved_in,
    noted,
    noted_anew,
    ours_in,
)
from adapters.kubernetes.pods.workloads.statefulset import HELD, STRATEGY, StatefulSet
from controller.core.steps import Course
from tests.adapters.kubernetes.pods_samples import (
    REVISIONS,
    UID,
    V1,
    V2,
    a_pod,
    a_revision,
    a_statefulset,
    a_template,
    seen,
)
from tests.support.tables import table

SETS, DAEMONS = StatefulSet(), DaemonSet()
UP, BACK = Course.UPGRADE, Course.ROLLBACK


def partitioned(partition: int) -> dict[str, Any]:
    return {STRATEGY: {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}}


ON_DELETE = {STRATEGY: {"type": "OnDelete"}}

# --- StatefulSet -----------------------------------------------------------------------------


@table(
    "workload pods has_template words",
    {
        "at rest": (a_statefulset(), (), True, ""),
        "OnDelete": (a_statefulset(strategy="OnDelete"), (), False, ""),
        "in a rollout of its own": (
            a_statefulset(update=V2),
            (a_pod("web-0"), a_pod("web-1", V2)),
            True,
            "(1 of 3 pods updated)",
        ),
        "held back by its owner": (a_statefulset(update=V2, partition=3), (a_pod(),), True, ""),
        "changed by its owner, and held back": (
            a_statefulset(update=V2, partition=3),
            (a_pod(),),
            False,
            "",
        ),
        "changed by its owner, and not held": (a_statefulset(), (), False, "rolls by itself"),
        "a strategy to come": (a_statefulset(strategy="Recreate"), (), True, "not known"),
    },
)
def test_statefulset_refused(
    workload: Json, pods: tuple[Json, ...], has_template: bool, words: str
) -> None:
    refusals = SETS.refusals(seen(workload, *pods), has_template=has_template)
    assert bool(refusals) is bool(words)
    assert words in "".join(refusals)


def test_statefulset_places() -> None:
    """Every ordinal from the top, whether its pod is there or not; what is scaled away is none."""
    pod = a_pod("web-1")
    gone = a_pod("web-9", going=True)
    assert SETS.places(seen(a_statefulset(), pod, gone)) == {
        "web-2": None,
        "web-1": pod,
        "web-0": None,
    }
    shifted = a_statefulset(replicas=1, ordinals={"start": 5})
    assert list(SETS.places(seen(shifted))) == ["web-5"]
    assert SETS.place_of(pod) == "web-1"


@table(
    "workload course holding",
    {
        "the one that no ordinal reaches": (a_statefulset(), UP, partitioned(HELD)),
        "no partition was set": (a_statefulset(partition=None), UP, partitioned(HELD)),
        "OnDelete holds by itself": (a_statefulset(strategy="OnDelete"), UP, {}),
        "back to the current revision": (
            a_statefulset(update=V2, image="app:v2"),
            BACK,
            partitioned(HELD),
        ),
        "back, and all are at the new one": (
            a_statefulset(current=V2, update=V2, image="app:v2"),
            BACK,
            ON_DELETE,
        ),
    },
)
def test_statefulset_held(workload: Json, course: Course, holding: dict[str, Any]) -> None:
    """Nothing moves by itself, and a pod that goes can come back as is wanted."""
    assert SETS.holding(seen(workload), course, a_template()) == holding


def test_other_parts_of_the_strategy_stay() -> None:
    workload = a_statefulset()
    workload["spec"][STRATEGY]["rollingUpdate"]["maxUnavailable"] = 1
    held = SETS.holding(seen(workload), UP, a_template())[STRATEGY]["rollingUpdate"]
    assert held == {"partition": HELD, "maxUnavailable": 1}


@table(
    "workload fields",
    {
        "to its ordinal": (a_statefulset(partition=HELD, update=V2), partitioned(1)),
        "lower already": (a_statefulset(partition=1, update=V2), {}),
        "OnDelete": (a_statefulset(strategy="OnDelete", update=V2), {}),
        "it comes back so anyway": (a_statefulset(partition=HELD), {}),
        "not known yet": (a_statefulset(partition=HELD, behind=True), partitioned(1)),
    },
)
def test_statefulset_let_go(workload: Json, fields: dict[str, Any]) -> None:
    assert SETS.advance(seen(workload), "web-1") == fields


@table(
    "workload pods words",
    {
        "all are at the template's": (a_statefulset(partition=HELD, update=V2), (V2, V2), ""),
        "one is not": (
            a_statefulset(partition=HELD, update=V2),
            (V2, V1),
            "web-1 would be deleted by its controller",
        ),
        "nothing changes": (a_statefulset(partition=0, update=V2), (V2, V1), ""),
        "its controller lags behind": (
            a_statefulset(partition=HELD, update=V2, behind=True),
            (V2, V2),
            "caught up",
        ),
    },
)
def test_statefulset_put_back(workload: Json, pods: tuple[str, ...], words: str) -> None:
    there = [a_pod(f"web-{number}", revision) for number, revision in enumerate(pods)]
    why = SETS.let_go(seen(workload, *there), partitioned(0))
    assert bool(why) is bool(words)
    assert words in why


def test_a_strategy_that_is_not_ours_is_not_put_back() -> None:
    """Nothing of it was set, or somebody else has changed it: nothing of it is in the way."""
    there = [a_pod("web-1", V2), a_pod("web-0", V1)]
    assert SETS.let_go(seen(a_statefulset(partition=1, update=V2), *there), {}) == ""


def test_a_terminating_pod_is_in_nobodys_way() -> None:
    there = [a_pod("web-1", V1, going=True), a_pod("web-0", V2)]
    workload = a_statefulset(partition=HELD, update=V2)
    assert SETS.let_go(seen(workload, *there), partitioned(0)) == ""


def test_revisions_of_a_statefulset() -> None:
    """By template, whatever the API adds to it; the former one is the newest that differs."""
    workload = a_statefulset(image="app:v2", update=V2)
    workload["spec"]["template"]["metadata"]["creationTimestamp"] = None
    shown = seen(workload)
    assert SETS.target(shown) == V2
    assert SETS.target(seen(a_statefulset(behind=True))) == ""
    assert SETS.revision_with(shown, a_template("app:v1")) == V1
    assert SETS.revision_with(shown, a_template("app:v9")) == ""
    assert SETS.former(shown) == a_template("app:v1")
    assert SETS.former(seen(a_statefulset(), revisions=REVISIONS[:1])) is None
    assert SETS.former(seen(a_statefulset(), revisions=[{"revision": 1}])) is None


# --- DaemonSet -------------------------------------------------------------------------------


def a_daemonset(strategy: str | None = "OnDelete", **spec: Any) -> Json:
    found = a_statefulset(**spec)
    found["kind"] = "DaemonSet"
    found["spec"][STRATEGY] = {"type": strategy} if strategy else {}
    return found


def on(node: str, name: str, **more: Any) -> Json:
    return a_pod(name, node=node, kind="DaemonSet", **more)


@pytest.mark.parametrize("strategy", ["RollingUpdate", None])
def test_daemonset_refused(strategy: str | None) -> None:
    """It would not wait for anybody; the line to type changes that alone."""
    (refusal,) = DAEMONS.refusals(seen(a_daemonset(strategy)), has_template=True)
    assert "kubectl --namespace shop patch daemonset web --patch" in refusal
    assert '"type": "OnDelete"' in refusal
    assert DAEMONS.refusals(seen(a_daemonset()), has_template=True) == []


def test_daemonset_places() -> None:
    """By Node. The next pod may be there before the object of the last one is gone, and before the
    scheduler has bound it."""
    old, new = on("n1", "web-aaa", going=True), on("n1", "web-bbb")
    ended = on("n2", "web-ccc", phase="Failed")
    due = on("", "web-ddd")
    terms = [{"matchFields": [{"key": "metadata.name", "values": ["n2"]}]}, {}]
    due["spec"]["affinity"] = {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}
        }
    }
    nowhere = on("", "web-eee")
    shown = seen(a_daemonset(), new, old, ended, due, nowhere)
    assert DAEMONS.places(shown) == {"n1": new, "n2": due}
    assert DAEMONS.place_of(due) == "n2"


def test_a_node_between_two_pods() -> None:
    """It is remembered as long as the DaemonSet says that a pod is to be there."""
    memory, shown = Memory(), [on("n1", "a"), on("n2", "b"), on("n3", "c")]
    workload = a_daemonset()
    workload["status"]["desiredNumberScheduled"] = 3
    assert memory.vacant(DAEMONS, seen(workload, *shown)) == []
    assert memory.vacant(DAEMONS, seen(workload, shown[0], shown[2])) == ["n2"]
    assert memory.vacant(DAEMONS, seen(workload, shown[0])) == ["n2", "n3"]
    workload["status"]["desiredNumberScheduled"] = 2
    assert memory.vacant(DAEMONS, seen(workload, shown[0], shown[2])) == []
    assert Memory().vacant(DAEMONS, seen(workload, shown[0])) == []
    assert DAEMONS.unseen(seen(workload, shown[0])) == 1
    assert SETS.unseen(seen(a_statefulset())) == 0


def test_revisions_of_a_daemonset() -> None:
    """There is no revision in its status: the newest of its history is in force."""
    shown = seen(a_daemonset(image="app:v2"))
    assert DAEMONS.target(shown) == V2
    assert DAEMONS.target(seen(a_daemonset(behind=True))) == ""
    assert DAEMONS.target(seen(a_daemonset(), revisions=())) == ""
    assert DAEMONS.revision_with(shown, a_template("app:v1")) == V1
    assert DAEMONS.revision_with(shown, a_template("app:v9")) == ""
    assert DAEMONS.former(shown) == a_template("app:v1")
    assert DAEMONS.revision_of(shown, on("n1", "x", revision=V2)) == V2


def test_nothing_of_a_daemonset_is_moved() -> None:
    shown = seen(a_daemonset(), on("n1", "web-aaa"))
    assert DAEMONS.holding(shown, UP, a_template()) == {}
    assert DAEMONS.advance(shown, "n1") == {}
    assert (DAEMONS.blocked(shown, "n1"), DAEMONS.let_go(shown, {})) == ("", "")
    pod = on("n1", "x")
    assert (DAEMONS.leaving(pod, "n1"), SETS.leaving(a_pod(), "web-0")) == ({}, {})


def test_what_is_owned() -> None:
    """By UID: a workload that was made anew under the same name owns nothing of before."""
    mine, former = a_revision("a", 1, "x"), a_revision("b", 2, "y")
    former["metadata"]["ownerReferences"][0]["uid"] = "another"
    workload = {"metadata": {"uid": UID}}
    assert owned(workload, [mine, former, {"metadata": {}}]) == (mine,)


# --- notes and patches -----------------------------------------------------------------------


def test_notes_come_back_as_they_went() -> None:
    """What was found and what was set, as any machine reads it from the workload."""
    found = Found(a_template(), partitioned(0), a_template("app:v0"))
    ours = Ours(digest(a_template("app:v2")), partitioned(HELD))
    workload = a_statefulset(annotations=noted(found, ours))  # type: ignore[arg-type]
    assert found_in(workload) == found
    assert ours_in(workload) == ours
    assert moved_in(found.moved) == partitioned(0)
    assert "app:" not in found.moved
    assert (found.former, Found(a_template(), {}).former) == (a_template("app:v0"), a_template())


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "{}", '{"template": 1, "fields": {}}'])
def test_a_note_that_is_none_of_ours(text: str) -> None:
    workload = a_statefulset(annotations={FOUND: text, SET: text})
    assert (found_in(workload), ours_in(workload), moved_in(text)) == (None, None, {})


@table(
    "template fields kept",
    {
        "a field alone": ({"a": 1}, {"minReadySeconds": 5}, {"z": 9}),
        "the template": ({"a": 2}, {"minReadySeconds": 9}, None),
    },
)
def test_where_it_came_from_is_not_forgotten(template: Json, fields: Json, kept: Json) -> None:
    """What a rival changed is found anew; the template of the way back goes with the template."""
    found = Found({"a": 1}, {"minReadySeconds": None}, {"z": 9})
    notes = noted(found, Ours(digest({"a": 1}), {"minReadySeconds": 9}))
    workload = {"metadata": {"annotations": notes}, "spec": {"template": template, **fields}}
    anew = found_in(noted_anew(workload))
    assert anew is not None
    assert (anew.template, anew.back_to) == (template, kept)


def test_what_is_no_longer_ours() -> None:
    """By value: the template by its digest, fields one by one; nulls say nothing."""
    workload = a_statefulset(partition=HELD, image="app:v2")
    ours = Ours(digest(a_template("app:v2")), partitioned(HELD))
    assert ours.lost(workload) == []
    assert ours.lost(a_statefulset(partition=3, image="app:v2")) == [STRATEGY]
    assert ours.lost(a_statefulset(partition=HELD, image="app:v3")) == ["template"]
    assert ours_in(workload) is None


def test_patches() -> None:
    """Exactly the value that is wanted: what is to go is null, a list is replaced as a whole."""
    live = {"a": {"b": 1, "c": [1], "d": 4}, "e": 5}
    assert difference(live["a"], {"b": 1, "c": [2]}) == {"c": [2], "d": None}
    assert setting(live, {"a.b": None, "e": 6, "f.g": {"h": 1}}) == {
        "a": {"b": None},
        "e": 6,
        "f": {"g": {"h": 1}},
    }
    assert value_at(live, "a.b") == 1
    assert value_at(live, "e.x") is None
    assert is_same({"a": None, "b": [], "c": {"d": {}}}, {})
    assert digest({"a": 1, "b": None}) == digest({"a": 1})


def managed(*entries: tuple[str, str, Json]) -> Json:
    return {
        "metadata": {
            "name": "web",
            "managedFields": [
                {"manager": who, "time": at, "fieldsV1": fields} for who, at, fields in entries
            ],
        }
    }


SPEC: Json = {"f:spec": {"f:updateStrategy": {}}}


@table(
    "entries who",
    {
        "the last one": (
            [("kubectl", "1", SPEC), ("argocd", "2", SPEC), ("poolroll", "3", SPEC)],
            "argocd at 2",
        ),
        "of others, none": ([("poolroll", "3", SPEC)], "somebody else"),
        "whoever has what it is a part of": ([("flux", "", SPEC)], "flux"),
        "nobody has it": ([("flux", "1", {"f:spec": {"f:replicas": {}}})], "somebody else"),
    },
)
def test_rivals(entries: list[tuple[str, str, Json]], who: str) -> None:
    """Named by the fields that they own now."""
    found = said("statefulset", managed(*entries), ["spec.updateStrategy.type"])
    assert found == f"spec.updateStrategy.type of statefulset/web was changed by {who}"
    assert said("statefulset", managed(*entries), []) == ""


def test_the_writer_of_nothing() -> None:
    assert writer_of({"metadata": {}}, "spec") == ""
