"""Lists and events in whatever order they meet: the view ends as the cluster is, and whoever was
told of changes alone knows the same."""

import random
from typing import Any

from adapters.kubernetes.client.view import View, name_of
from tests.adapters.kubernetes.stub import thing

Event = tuple[str, dict[str, Any]]
Listed = tuple[list[dict[str, Any]], str]
NAMES = ("a", "b", "c")


class Cluster:
    """Every version of it. An object may also leave the selector and come back."""

    def __init__(self, luck: random.Random) -> None:
        self.luck = luck
        self.events: list[Event] = []
        self.states: list[dict[str, dict[str, Any]]] = [{}]
        self.left: dict[str, str] = {}
        """UIDs of those that left the selector."""

    @property
    def version(self) -> int:
        return len(self.events)

    def happen(self) -> None:
        name, version = self.luck.choice(NAMES), self.version + 1
        state = dict(self.states[-1])
        if name not in state:
            uid = self.left.pop(name, "") or f"uid-{version}"
            state[name] = thing(name, version, uid)
            self.events.append(("ADDED", state[name]))
        elif self.luck.random() < 0.5:
            state[name] = thing(name, version, state[name]["metadata"]["uid"])
            self.events.append(("MODIFIED", state[name]))
        else:
            uid = state.pop(name)["metadata"]["uid"]
            if self.luck.random() < 0.3:
                self.left[name] = uid
            self.events.append(("DELETED", thing(name, version, uid)))
        self.states.append(state)

    def list_now(self) -> Listed:
        return list(self.states[-1].values()), str(self.version)


class Told:
    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}

    def hear(self, changes: list[Event]) -> None:
        for kind, one in changes:
            name = name_of(one)
            assert (kind == "ADDED") == (name not in self.objects)
            if kind == "DELETED":
                assert self.objects.pop(name)["metadata"]["uid"] == one["metadata"]["uid"]
            else:
                former = self.objects.get(name)
                assert former is None or former["metadata"]["uid"] == one["metadata"]["uid"]
                self.objects[name] = one


def test_whatever_the_order() -> None:
    for seed in range(400):
        played(seed)


def played(seed: int) -> None:
    """A cluster, and a view that hears of it by streams and lists in one order of many."""
    luck = random.Random(seed)
    cluster, view, told = Cluster(luck), View(), Told()
    told.hear(view.replace(*cluster.list_now(), name_of))
    at = known = 0
    awaited: list[Listed] | None = None
    for _ in range(40):
        match luck.randrange(5):
            case 0 | 1:
                cluster.happen()
            case 2 if at < cluster.version:  # the stream is behind
                kind, one = cluster.events[at]
                told.hear(view.event(kind, one, name_of(one)))
                at += 1
                assert view.version == str(at)
            case 3 if awaited is None:
                view.await_list()
                awaited = [cluster.list_now()] if luck.random() < 0.5 else []
            case 3 if awaited is not None:
                items, version = awaited[0] if awaited else cluster.list_now()
                told.hear(view.merge(items, version, name_of))
                awaited, known = None, max(known, int(version))
            case 4 if luck.random() < 0.1:  # cut, too old, and listed anew
                told.hear(view.replace(*cluster.list_now(), name_of))
                at, awaited, known = cluster.version, None, cluster.version
            case _:
                pass
        for name, one in view.objects.items():
            if int(one["metadata"]["resourceVersion"]) <= known:  # nothing is told that was over
                assert cluster.states[known].get(name) == one
    for kind, one in cluster.events[at:]:
        told.hear(view.event(kind, one, name_of(one)))
    assert view.objects == told.objects == cluster.states[-1]


def test_a_cluster_restored_from_a_backup() -> None:
    """Versions go back: a list with no watch beside it is believed."""
    view = View()
    view.replace([thing("a", 90), thing("b", 95)], "100", name_of)
    changes = view.replace([thing("a", 40)], "50", name_of)
    assert [(kind, name_of(one)) for kind, one in changes] == [("DELETED", "b"), ("MODIFIED", "a")]
    assert view.event("ADDED", thing("b", 60), "b") == [("ADDED", thing("b", 60))]


def test_a_deletion_that_carries_the_last_version() -> None:
    view = View()
    view.replace([thing("a", 40)], "50", name_of)
    assert view.event("DELETED", thing("a", 40), "a") == [("DELETED", thing("a", 40))]
    assert view.objects == {}


def test_the_answer_to_a_write() -> None:
    """It is what the stream will tell, and nothing that has gone meanwhile comes back by it."""
    view = View()
    view.replace([thing("a", 40)], "50", name_of)
    assert view.answered(thing("a", 60), "a") == [("MODIFIED", thing("a", 60))]
    assert view.event("MODIFIED", thing("a", 60), "a") == []
    assert view.answered(thing("a", 55), "a") == []
    view.event("DELETED", thing("a", 70), "a")
    assert view.answered(thing("a", 65), "a") == []
    assert view.objects == {}
