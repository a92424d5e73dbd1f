"""What is done next to replace the pod of a place, case by case."""

from typing import Any

import pytest

from adapters.kubernetes.pod import DRAINED, Json
from adapters.kubernetes.pods.rotation.base import Turn
from adapters.kubernetes.pods.rotation.delete import ByDeletion
from adapters.kubernetes.pods.rotation.label import ByLabel
from adapters.kubernetes.pods.steps import Act, Wanted, lacking, next_step
from adapters.kubernetes.pods.workloads.statefulset import HELD, STRATEGY, StatefulSet
from tests.adapters.kubernetes.pods_samples import (
    OUT,
    ROTATION,
    V1,
    V2,
    a_pod,
    a_statefulset,
    picture,
)
from tests.support.tables import table

LABEL, DELETE = ByLabel(ROTATION, "in"), ByDeletion()
KIND = StatefulSet()
OURS = "uid-old"
TOP = "web-2"


def rolling(**changes: Any) -> Json:
    values: dict[str, Any] = {"partition": HELD, "current": V1, "update": V2}
    return a_statefulset(**values | changes)


def old(**changes: Any) -> Json:
    values: dict[str, Any] = {"uid": OURS, "labels": OUT, "out": DRAINED}
    return a_pod(TOP, V1, **values | changes)


def new(**changes: Any) -> Json:
    values: dict[str, Any] = {"uid": "uid-new", "labels": OUT, "out": DRAINED}
    return a_pod(TOP, V2, **values | changes)


OTHERS = (a_pod("web-1"), a_pod("web-0"))


@table(
    "turn workload pod act words",
    {
        "out and quiet": (LABEL, rolling(), old(), Act.EVICT, ""),
        "its controller lags behind": (LABEL, rolling(behind=True), old(), Act.WAIT, "taken up"),
        "still in rotation": (LABEL, rolling(), old(labels={}), Act.FAIL, "is in rotation"),
        "terminating, and held": (LABEL, rolling(), old(going=True), Act.ADVANCE, ""),
        "gone, and held": (LABEL, rolling(), None, Act.ADVANCE, ""),
        "gone, and let go": (LABEL, rolling(partition=2), None, Act.WAIT, "next pod is not there"),
        "terminating, and let go": (
            LABEL,
            rolling(partition=2),
            old(going=True),
            Act.WAIT,
            "terminating",
        ),
        "terminating, and OnDelete": (
            LABEL,
            rolling(strategy="OnDelete"),
            old(going=True),
            Act.WAIT,
            "terminating",
        ),
        "back at the former revision, in": (
            LABEL,
            rolling(),
            old(uid="uid-again", labels={}, out=""),
            Act.OUT,
            "",
        ),
        "back at the former revision, out": (LABEL, rolling(), old(uid="uid-again"), Act.EVICT, ""),
        "new, and in": (LABEL, rolling(partition=2), new(labels={}, out=""), Act.OUT, ""),
        "new and out, not noted": (LABEL, rolling(partition=2), new(out="new"), Act.OUT, ""),
        "new, not Ready": (LABEL, rolling(partition=2), new(ready=False), Act.WAIT, "not Ready"),
        "new and Ready": (LABEL, rolling(partition=2), new(), Act.DONE, ""),
        "it was there already": (LABEL, rolling(), old(uid=OURS) | {}, Act.EVICT, ""),
        "nothing can be held out": (DELETE, rolling(), old(labels={}, out=""), Act.EVICT, ""),
        "another one came, and nothing can be held out": (
            DELETE,
            rolling(),
            old(uid="uid-again", labels={}, out=""),
            Act.FAIL,
            "another pod",
        ),
        "another one came that is not Ready": (
            DELETE,
            rolling(),
            old(uid="uid-again", labels={}, out="", ready=False),
            Act.EVICT,
            "",
        ),
        "new, and nothing can be held out": (
            DELETE,
            rolling(partition=2),
            new(labels={}, out=""),
            Act.DONE,
            "",
        ),
    },
)
def test_next(turn: Turn, workload: Json, pod: Json | None, act: Act, words: str) -> None:
    """By what is there, whoever did the step before."""
    pods = (*([pod] if pod is not None else []), *OTHERS)
    shown = picture(workload, *pods)
    wanted = Wanted(TOP, frozenset({OURS}), KIND.target(shown.seen))
    found = next_step(KIND, turn, shown, wanted)
    assert found.act is act
    assert words in found.why
    if act is Act.ADVANCE:
        rolled = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
        assert found.fields == {STRATEGY: rolled}


def test_a_slice_still_lists_it() -> None:
    """It was flipped, and users may still be sent there."""
    shown = picture(rolling(), old(), *OTHERS, listed=[old()])
    found = next_step(KIND, LABEL, shown, Wanted(TOP, frozenset({OURS}), V2))
    assert (found.act, found.why) == (Act.WAIT, "a slice still lists web-2")


def test_what_this_process_noted_is_believed() -> None:
    """What is seen may be older than what was written."""
    pod = new(out="")
    wanted = Wanted(TOP, frozenset({OURS}), V2, frozenset({"uid-new"}))
    assert next_step(KIND, LABEL, picture(rolling(partition=2), pod), wanted).act is Act.DONE


def test_from_the_top_down() -> None:
    """A partition that lets a lower one go lets the upper ones go as well: that is no step."""
    low = a_pod("web-0", V1, uid=OURS, labels=OUT, out=DRAINED)
    shown = picture(rolling(), low, a_pod("web-1"), a_pod(TOP, V2))
    found = next_step(KIND, LABEL, shown, Wanted("web-0", frozenset({OURS}), V2))
    assert found.act is Act.FAIL
    assert "its controller would delete web-1 as well" in found.why
    by_hand = picture(rolling(strategy="OnDelete"), low, a_pod("web-1"), a_pod(TOP, V2))
    assert next_step(KIND, LABEL, by_hand, Wanted("web-0", frozenset({OURS}), V2)).act is Act.EVICT


@pytest.mark.parametrize("gone", ["web-1", "web-0"])
def test_others_that_get_no_traffic(gone: str) -> None:
    """As the slices say; a budget counts a pod that is out as healthy."""
    pods = [old(), *OTHERS]
    listed = [pod for pod in OTHERS if pod["metadata"]["name"] != gone]
    assert lacking(KIND, picture(rolling(), *pods, listed=listed), TOP) == {gone}
