"""Deployments, case by case: how many pods of each version they keep, which goes, what is set."""

from typing import Any

import pytest

from adapters.kubernetes.pod import NEW, OUT
from adapters.kubernetes.pods.lines import Picture
from adapters.kubernetes.pods.patches import digest
from adapters.kubernetes.pods.rotation.label import ByLabel
from adapters.kubernetes.pods.steps import Act, Wanted, next_step
from adapters.kubernetes.pods.workloads.base import Seen
from adapters.kubernetes.pods.workloads.deployment import PLACE, Deployment, failure, lacks
from adapters.kubernetes.pods.workloads.found import Found, Ours, noted
from adapters.kubernetes.pods.workloads.replicasets import HASH, HELD, is_counted_anew
from adapters.kubernetes.pods.workloads.sizes import COST, Sizes
from controller.core.steps import Course

Json = dict[str, Any]

KIND = Deployment()
FOUND = {
    "minReadySeconds": None,
    "progressDeadlineSeconds": 600,
    "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%"}},
}


def template(version: str) -> Json:
    return {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "web", "image": f"app:{version}"}]},
    }


def replicaset(version: str, replicas: int, number: int = 1, **more: Any) -> Json:
    labels = {"app": "web", HASH: version}
    made = template(version)
    made["metadata"]["labels"] = labels
    return {
        "metadata": {
            "name": f"web-{version}",
            "labels": labels,
            "annotations": {"deployment.kubernetes.io/revision": str(number)},
            "generation": 1,
        },
        "spec": {"replicas": replicas, "template": made, **more},
        "status": {"replicas": replicas, "observedGeneration": 1},
    }


def pod(name: str, version: str, *, is_ready: bool = True, **meta: Any) -> Json:
    labels = {"app": "web", HASH: version, **meta.pop("labels", {})}
    status = "True" if is_ready else "False"
    return {
        "metadata": {"name": name, "uid": name, "labels": labels, **meta},
        "spec": {"nodeName": "n1"},
        "status": {
            "phase": "Running",
            "podIP": "10.0.0.9",
            "conditions": [{"type": "Ready", "status": status}],
        },
    }


def strategy(surge: int, unavailable: int) -> Json:
    return {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable},
    }


def seen(
    old: int,
    new: int,
    *,
    version: str = "v2",
    replicas: int = 3,
    unavailable: int | None = None,
    surge: int = 1,
    awaited: tuple[str, ...] = (),
    pods: tuple[Json, ...] = (),
    **spec: Any,
) -> Seen:
    """Held at `unavailable`; None: as it was found. The template is `version`."""
    workload: Json = {
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "generation": 2},
        "spec": {
            "replicas": replicas,
            "template": template(version),
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge}},
            **spec,
        },
        "status": {"observedGeneration": 2},
    }
    if unavailable is not None:
        fields: Json = {"minReadySeconds": HELD, "strategy": strategy(surge, unavailable)}
        if "paused" in spec:
            fields["paused"] = True
        workload["spec"] |= fields
        found = FOUND | {"strategy": {"rollingUpdate": {"maxSurge": surge}}}
        workload["metadata"]["annotations"] = noted(
            Found(template("v1"), found), Ours(digest(template(version)), fields, awaited)
        )
    some = [pod(f"old-{n}", "v1") for n in range(old)] + [pod(f"new-{n}", "v2") for n in range(new)]
    sets = (replicaset("v1", old), replicaset("v2", new, 2))
    return Seen(workload, pods or tuple(some), sets)


@pytest.mark.parametrize(
    ("sizes", "held", "following", "new"),
    [
        (Sizes(3, 1, 3), 0, 1, 1),
        (Sizes(3, 1, 2), 1, 2, 2),
        (Sizes(3, 1, 1), 2, 3, 3),
        (Sizes(3, 1, 0), 3, 4, 3),
        (Sizes(6, 1, 3), 3, 4, 4),  # scaled up meanwhile
        (Sizes(2, 1, 3), 0, 0, 0),  # scaled down meanwhile
        (Sizes(3, 0, 3), 0, 1, 0),  # no pod to spare
        (Sizes(3, 0, 2), 1, 2, 1),
    ],
    ids=str,
)
def test_sizes(sizes: Sizes, held: int, following: int, new: int) -> None:
    """As many old ones gone as `maxUnavailable` says, and one more new one than that."""
    assert (sizes.held, sizes.next, sizes.new) == (held, following, new)


@pytest.mark.parametrize(
    ("now", "wanted", "unavailable", "is_paused"),
    [
        (seen(3, 0, version="v1"), "v2", 0, False),
        (seen(2, 2, unavailable=1), "v1", 1, True),  # back, from the middle
        (seen(3, 1, unavailable=0), "v1", 2, False),  # back, with all the former ones there
        (seen(0, 3, unavailable=3), "v1", 0, False),  # back, from the end
        (seen(3, 0, version="v1", surge=0), "v2", 1, True),
        (seen(2, 1, unavailable=1, surge=0), "v1", 2, True),
    ],
)
def test_holding(now: Seen, wanted: str, unavailable: int, *, is_paused: bool) -> None:
    """Nothing moves by itself once that is set with the template."""
    fields = KIND.holding(now, Course.UPGRADE, template(wanted))
    assert fields["strategy"]["rollingUpdate"]["maxUnavailable"] == unavailable
    assert fields["minReadySeconds"] == HELD < fields["progressDeadlineSeconds"]
    assert bool(fields["paused"]) is is_paused


@pytest.mark.parametrize(
    ("now", "fields"),
    [
        (seen(3, 1, unavailable=0), {"strategy": strategy(1, 1)}),
        (seen(3, 1, unavailable=1), {}),  # its controller has not done it yet
        (seen(2, 2, unavailable=1), {"strategy": strategy(1, 2)}),
        (seen(1, 3, unavailable=2), {"strategy": strategy(1, 3)}),
        (seen(3, 4, unavailable=1, replicas=6), {"strategy": strategy(1, 4)}),
        (
            seen(3, 0, unavailable=1, surge=0, paused=True),
            {"strategy": strategy(0, 1), "paused": None},
        ),
        (seen(2, 1, unavailable=1, surge=0), {"strategy": strategy(0, 2)}),
    ],
)
def test_advance(now: Seen, fields: Json) -> None:
    """One more of the others goes; the same again where it has not gone yet."""
    assert KIND.advance(now, "old-0") == fields


def test_a_pause_of_somebody_else_is_left() -> None:
    now = seen(3, 1, unavailable=0)
    now.workload["spec"]["paused"] = True
    assert "paused by somebody else" in KIND.blocked(now, "old-0")
    assert KIND.advance(now, "old-0") == {}
    assert KIND.blocked(seen(3, 0, unavailable=1, surge=0, paused=True), "old-0") == ""


def test_nothing_is_reckoned_before_its_controller_has_caught_up() -> None:
    now = seen(3, 1, unavailable=0)
    now.workload["status"]["observedGeneration"] = 1
    assert KIND.target(now) == ""
    assert KIND.advance(now, "old-0") == {}
    assert "caught up" in KIND.let_go(now, {})
    assert lacks(now)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, ""),
        ({"paused": True}, "is paused"),
        ({"strategy": {"type": "Recreate"}}, "Recreate"),
    ],
)
def test_refusals(change: Json, says: str) -> None:
    now = seen(3, 0, version="v1", **change)
    said = KIND.refusals(now, has_template=True)
    assert (says in " ".join(said)) if says else said == []
    assert "give the template" in KIND.refusals(now, has_template=False)[0]


def test_refused_in_the_middle_of_a_rollout() -> None:
    now = seen(2, 1)
    assert "web-v1, web-v2 have pods" in KIND.refusals(now, has_template=True)[0]
    now.workload["status"]["observedGeneration"] = 1
    assert "not taken up" in KIND.refusals(now, has_template=True)[0]


def test_places() -> None:
    """An unready pod first. Whose pod is gone is waited for while one is to come."""
    pods = (
        pod("a", "v1"),
        pod("b", "v1", is_ready=False),
        pod("n1", "v2", labels={PLACE: "c"}),
        pod("n2", "v2"),
    )
    now = seen(2, 2, unavailable=1, awaited=("c",), pods=pods)
    places = KIND.places(now)
    assert list(places) == ["b", "a", "c", "n2"]
    assert places["c"] == pods[2]
    assert "c" in KIND.places(seen(2, 1, unavailable=1, awaited=("c",), pods=(*pods[:2], pods[3])))
    without = seen(2, 2, unavailable=1, awaited=("z",), pods=pods)
    assert "z" not in KIND.places(without)  # as many as there will be are there
    twice = seen(2, 1, unavailable=1, awaited=("y", "z"), pods=(*pods[:2], pods[3]))
    assert [one for one in KIND.places(twice) if one in ("y", "z")] == ["z"]  # the last one let go


@pytest.mark.parametrize(
    ("late", "before", "meta", "act"),
    [
        (False, (), {}, Act.DONE),
        (True, (), {}, Act.WAIT),
        (True, ("n2",), {}, Act.DONE),  # it was like that before
        (True, ("n2",), {"annotations": {OUT: NEW}}, Act.WAIT),
    ],
)
def test_enough_pods(late: bool, before: tuple[str, ...], meta: Json, act: Act) -> None:
    """None comes in its place: one that came meanwhile, perhaps instead of it, must be Ready."""
    labels = {"rotation": "out"} if meta else {}
    newest = pod("n2", "v2", is_ready=not late, labels=labels, **meta)
    pods = (pod("a", "v1"), pod("n1", "v2", labels={PLACE: "c"}), newest)
    now = seen(2, 2, unavailable=1, awaited=("z",), pods=pods)
    service = {"metadata": {"name": "web"}, "spec": {"selector": {"rotation": "in"}}}
    wanted = Wanted("z", frozenset({"z"}), "v2", before=frozenset({"a", "n1", *before}))
    found = next_step(KIND, ByLabel("rotation", "in"), Picture(service, {}, now), wanted)
    assert found.act is act


def test_pods_that_came_while_nobody_watched() -> None:
    """They are kept out all the same; on the way back, users know the version."""
    old, known = pod("a", "v1"), pod("n1", "v2", labels={PLACE: "c"})
    new = pod("n2", "v2")
    pods = (old, known, new)
    assert KIND.unnoticed(seen(1, 2, unavailable=1, pods=pods)) == [new]
    assert KIND.unnoticed(seen(1, 2, pods=pods)) == ()  # it is not held
    assert KIND.unnoticed(seen(1, 2, version="v1", unavailable=1, pods=pods)) == ()


def test_former_pod_sits_in_its_place_until_it_goes() -> None:
    former, following = pod("a", "v1"), pod("n", "v2", labels={PLACE: "a"})
    both = seen(1, 1, unavailable=1, pods=(following, former))
    assert KIND.places(both) == {"a": former}
    leaving = pod("a", "v1", deletionTimestamp="2026-01-01T00:00:00Z")
    assert KIND.places(seen(1, 1, unavailable=1, pods=(leaving, following))) == {"a": following}


def test_what_goes_first() -> None:
    """One that is not Ready goes before the cheapest."""
    mine, other = pod("a", "v1"), pod("b", "v1")
    unready = pod("c", "v1", is_ready=False)
    assert KIND.goes_first(seen(2, 1, unavailable=0, pods=(mine, other)), mine) is None
    assert KIND.goes_first(seen(3, 1, unavailable=0, pods=(mine, other, unready)), mine) is unready
    new = pod("d", "v2", is_ready=False)
    assert KIND.goes_first(seen(2, 1, unavailable=0, pods=(mine, new)), mine) is None


def test_cost_is_put_back_as_it_was_found() -> None:
    plain = pod("a", "v1")
    patch = KIND.leaving(plain, "a")
    assert patch["labels"] == {PLACE: "a"}
    assert patch["annotations"][COST] == "-1000"
    assert KIND.returning(plain) == {}
    dear = pod("a", "v1", annotations={COST: "7"})
    dear["metadata"]["annotations"] |= KIND.leaving(dear, "a")["annotations"]
    assert KIND.leaving(dear, "a") == KIND.seated("a")  # once is enough
    assert KIND.returning(dear)["annotations"][COST] == "7"


def test_a_pause_ends_with_counts_under_the_new_delay() -> None:
    now = seen(2, 2, version="v1", unavailable=1, paused=True)
    assert KIND.eases(now) is None
    former = now.revisions[0]
    former["spec"]["minReadySeconds"] = HELD
    assert is_counted_anew(former)
    assert KIND.eases(now) == {"paused": None}
    former["status"]["availableReplicas"] = 1
    assert KIND.eases(now) is None
    assert KIND.eases(seen(2, 2, unavailable=1)) == {}
    assert KIND.eases(seen(3, 0, unavailable=1, surge=0, paused=True)) == {}  # the first that goes


def test_let_go() -> None:
    """Not while pods of two versions are there, unless somebody else rolls it already."""
    assert KIND.let_go(seen(0, 3, unavailable=3), {}) == ""
    now = seen(2, 2, unavailable=1)
    assert "undrained" in KIND.let_go(now, {})
    now.workload["spec"]["strategy"] = strategy(1, 0)
    assert KIND.let_go(now, {}) == ""
    assert "undrained" in KIND.let_go(now, {"minReadySeconds": 0})  # that alone holds the others


def test_pod_to_spare() -> None:
    now = seen(3, 1, unavailable=0)
    assert lacks(now) == ""
    for one in now.pods:
        del one["status"]["podIP"]
    assert lacks(now) == "0 of 1 new pods have an address"
    now = seen(3, 0, unavailable=0)
    assert lacks(now) == "0 of 1 new pods have an address"
    assert failure(now) == ""
    condition = {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota"}
    now.revisions[1]["status"]["conditions"] = [condition]
    assert failure(now) == "exceeded quota"


def test_whose_pod() -> None:
    workload = seen(1, 0).workload
    owner = {"kind": "ReplicaSet", "name": "web-v9", "uid": "1", "controller": True}
    assert KIND.owns(workload, pod("a", "v9", ownerReferences=[owner]))
    assert not KIND.owns(workload, pod("a", "v8", ownerReferences=[owner]))
    assert not KIND.owns(workload, pod("a", "v9"))


def test_notes() -> None:
    assert "canary" in KIND.notes(seen(3, 0))[0]
    assert KIND.former(seen(0, 3)) == template("v1")
