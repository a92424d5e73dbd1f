"""What pods, slices and a Service say, and what lines follow from it."""

from collections.abc import Collection
from typing import Any

import pytest

from adapters.kubernetes.pod import (
    DRAINED,
    NEW,
    Json,
    Owner,
    is_selected,
    owner_of,
    port_of,
    uid_of,
    why_not_ready,
)
from adapters.kubernetes.pods.lines import LISTED, lines_of, to_let_in, unproven
from adapters.kubernetes.pods.rotation.base import Turn
from adapters.kubernetes.pods.rotation.delete import ByDeletion
from adapters.kubernetes.pods.rotation.label import ByLabel
from adapters.kubernetes.pods.rotation.selector import KEY, BySelector
from adapters.kubernetes.pods.slices import NOWHERE, Endpoint, endpoints_of
from adapters.kubernetes.pods.workloads.found import Found, Ours, noted
from adapters.kubernetes.pods.workloads.statefulset import StatefulSet
from controller.core.pool import Admin, Check, Health
from tests.adapters.kubernetes.pods_samples import (
    IN,
    OUT,
    ROTATION,
    V1,
    V2,
    a_pod,
    a_service,
    a_slice,
    a_statefulset,
    a_template,
    picture,
)
from tests.support.tables import table

LABEL, SELECTOR, DELETE = ByLabel(ROTATION, "in"), BySelector("web"), ByDeletion()
KIND = StatefulSet()


@table(
    "conditions endpoint",
    {
        "ready": ({"ready": True}, Endpoint(True, True)),
        "not said": ({"terminating": False}, Endpoint(True, True)),
        "not ready": ({"ready": False, "serving": False}, NOWHERE),
        "serves while it terminates": (
            {"ready": False, "serving": True, "terminating": True},
            Endpoint(False, True),
        ),
        "serves, and does not terminate": (
            {"ready": False, "serving": True, "terminating": False},
            NOWHERE,
        ),
        "terminates, and serves no more": (
            {"ready": False, "serving": False, "terminating": True},
            NOWHERE,
        ),
    },
)
def test_endpoints(conditions: dict[str, bool], endpoint: Endpoint) -> None:
    """Proxies fall back on what serves while it terminates; what is not said means yes."""
    pod = a_pod()
    assert endpoints_of([a_slice(pod, **conditions)]) == {"uid-web-0": endpoint}


def test_a_pod_in_two_slices_is_one() -> None:
    """One for each family of addresses: the better word counts. Others than pods are nobody."""
    pod = a_pod()
    stranger = {"endpoints": [{"targetRef": {"kind": "Node", "uid": "n"}}, {}]}
    found = endpoints_of([a_slice(pod, ready=False), a_slice(pod), stranger, {}])
    assert found == {"uid-web-0": Endpoint(True, True)}


@table(
    "ports port",
    {
        "by name": ([{"port": 80, "targetPort": "http"}], 8080),
        "by number": ([{"port": 80, "targetPort": 9090}], 9090),
        "as the Service has it": ([{"port": 80}], 80),
        "a name that the pod does not have": ([{"port": 80, "targetPort": "grpc"}], 0),
        "none": ([], 0),
    },
)
def test_port(ports: list[Json], port: int) -> None:
    assert port_of(a_service(ports=ports), a_pod()) == port


def test_who_owns_and_who_selects() -> None:
    """Whoever controls it; and a Service without a selector means nobody."""
    pod = a_pod()
    assert owner_of(pod) == Owner("StatefulSet", "web", "workload-uid")
    assert Owner("StatefulSet", "web", "x").path == "statefulset/web"
    assert owner_of({"metadata": {"ownerReferences": [{"kind": "X", "name": "y"}]}}) is None
    assert is_selected(a_service(), pod)
    assert not is_selected(a_service(selector={}), pod)


@table(
    "status said",
    {
        "an image that is not there": (
            {
                "containerStatuses": [
                    {
                        "name": "web",
                        "state": {"waiting": {"reason": "ErrPull", "message": "x"}},
                    }
                ]
            },
            "container web waits, ErrPull: x",
        ),
        "not scheduled": (
            {
                "conditions": [
                    {"type": "Ready", "status": "False", "reason": "R"},
                    {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"},
                ]
            },
            "PodScheduled is false, Unschedulable",
        ),
        "nothing is said": ({}, "it is Pending, and not Ready"),
    },
)
def test_why_it_is_not_ready(status: Json, said: str) -> None:
    assert why_not_ready({"status": status}) == said


# --- lines ---------------------------------------------------------------------------------------

READY, PASSING, FAILING = Admin.READY, Health.PASSING, Health.FAILING
ONE = a_statefulset(replicas=1)
HELD = a_statefulset(
    replicas=1,
    current=V1,
    update=V2,
    image="app:v2",
    annotations={
        key: text or "" for key, text in noted(Found(a_template(), {}), Ours("digest")).items()
    },
)
NARROW = a_service(selector={**IN, KEY: "web"})


def line(
    turn: Turn,
    workload: Json,
    pod: Json | None,
    *,
    listed: bool = True,
    in_hand: Collection[str] = (),
    **more: Any,
) -> Any:
    pods = (pod,) if pod is not None else ()
    shown = picture(workload, *pods, listed=pods if listed else (), **more)
    (found,) = lines_of(KIND, turn, shown, "shop", "statefulset/web", in_hand=in_hand)
    return found


@table(
    "turn pod listed admin health",
    {
        "in rotation": (LABEL, a_pod(), True, READY, PASSING),
        "in, and no slice has it yet": (LABEL, a_pod(), False, READY, FAILING),
        "in, and not Ready": (LABEL, a_pod(ready=False), False, READY, FAILING),
        "out, and still listed": (
            LABEL,
            a_pod(labels=OUT),
            True,
            Admin.DRAINING,
            PASSING,
        ),
        "out": (LABEL, a_pod(labels=OUT), False, Admin.OUT, PASSING),
        "out, and not Ready": (LABEL, a_pod(labels=OUT, ready=False), False, Admin.OUT, FAILING),
        "terminating": (LABEL, a_pod(going=True), True, READY, FAILING),
        "it has ended": (LABEL, a_pod(phase="Failed"), False, READY, FAILING),
        "nobody is there": (LABEL, None, False, Admin.OUT, FAILING),
        "what cannot be held out": (DELETE, a_pod(labels=OUT), True, READY, PASSING),
        "what cannot be held out is gone": (DELETE, None, False, READY, FAILING),
    },
)
def test_lines(turn: Turn, pod: Json | None, listed: bool, admin: Admin, health: Health) -> None:
    """In where the Service means it, and healthy there as the slices say; out once no slice lists
    it, and healthy there as it says itself."""
    found = line(turn, ONE, pod, listed=listed)
    assert (found.admin, found.health, found.check) == (admin, health, Check.RUNNING)
    assert found.key == f"kubernetes:shop/statefulset/web/web-0 of {uid_of(ONE)}"
    is_drained = admin is not Admin.DRAINING
    assert (found.in_flight, found.counters) == (None if is_drained else 1, None)
    assert found.in_flight_as == ("" if is_drained else LISTED.format(backend="web"))


def test_who_is_there() -> None:
    """By UID, with the address and the port that the Service means; nobody without an address."""
    occupant = line(LABEL, ONE, a_pod()).occupant
    assert (occupant.id, str(occupant), occupant.revision) == ("uid-web-0", "10.0.0.1:8080", V1)
    assert line(LABEL, ONE, a_pod(address=""), listed=False).occupant is None


@table(
    "turn workload pod service new unset",
    {
        "of before": (LABEL, ONE, a_pod(), None, False, True),
        "kept out, new": (LABEL, HELD, a_pod("web-0", V2, labels=OUT, out=NEW), None, True, False),
        "in hand": (LABEL, HELD, a_pod("web-0", V2, labels=OUT, out=DRAINED), None, False, False),
        "somebody let it in": (LABEL, HELD, a_pod("web-0", V2, out=DRAINED), None, False, False),
        "out since before we came": (LABEL, ONE, a_pod(labels=OUT), None, False, False),
        "born out": (SELECTOR, HELD, a_pod("web-0", V2), NARROW, True, False),
        "let in": (SELECTOR, HELD, a_pod("web-0", V2, labels={KEY: "web"}), NARROW, False, True),
        "drained": (SELECTOR, HELD, a_pod("web-0", V1, out=DRAINED), NARROW, False, False),
        "terminating": (SELECTOR, HELD, a_pod("web-0", V2, going=True), NARROW, False, False),
        "what cannot be held out": (DELETE, HELD, a_pod("web-0", V2), None, False, False),
    },
)
def test_who_came_unasked(
    turn: Turn, workload: Json, pod: Json, service: Json | None, new: bool, unset: bool
) -> None:
    found = line(turn, workload, pod, listed=False, service=service)
    assert (found.is_new, found.is_unset) == (new, unset)


def test_a_new_pod_is_out_before_its_label_says_so() -> None:
    """Its flip is on the way; should it have come into service for all that, it is seen there."""
    pod = a_pod("web-0", V2)
    late = line(LABEL, HELD, pod, listed=False, kept_out=["uid-web-0"])
    assert late.admin is Admin.OUT
    assert late.is_new
    too_late = line(LABEL, HELD, pod, listed=True, kept_out=["uid-web-0"])
    assert too_late.admin is READY


@pytest.mark.parametrize("turn", [LABEL, SELECTOR])
def test_the_former_version_has_nothing_to_prove(turn: Turn) -> None:
    """A pod that came unasked with the revision of before is let in, unless the rollout waits for
    it; until then it counts as in rotation, and not healthy."""
    service = NARROW if turn is SELECTOR else None
    pod = a_pod("web-0", V1, labels=OUT if turn is LABEL else {}, out=NEW)
    found = line(turn, HELD, pod, listed=False, service=service)
    assert (found.admin, found.health) == (READY, FAILING)
    assert (found.is_new, found.is_unset) == (False, True)
    awaited = line(turn, HELD, pod, listed=False, service=service, in_hand=["web-0"])
    assert (awaited.admin, awaited.is_unset) == (Admin.OUT, False)
    shown = picture(HELD, pod, service=service)
    assert to_let_in(KIND, turn, shown, ()) == [pod]
    assert to_let_in(KIND, turn, shown, {"web-0"}) == []
    assert to_let_in(KIND, turn, picture(ONE, pod, service=service), ()) == []
    of_now = a_pod("web-0", V2, labels=OUT, out=NEW)
    assert to_let_in(KIND, turn, picture(HELD, of_now, service=service), ()) == []


def test_that_others_are_proven_says_nothing_of_a_new_pod() -> None:
    """At the end it stays out; where no pod was replaced, what others have is known to users."""
    new, proven = a_pod("web-0", V2, labels=OUT, out=NEW), a_pod("web-1", V2)
    shown = picture(HELD, new, proven)
    assert unproven(KIND, LABEL, shown, V1, is_stepped=True) == [new]
    assert unproven(KIND, LABEL, shown, V1, is_stepped=False) == []
    assert unproven(KIND, LABEL, shown, V2, is_stepped=True) == []
