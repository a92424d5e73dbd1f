"""Kubernetes Events on what a rollout upgrades."""

from dataclasses import replace

import pytest

from adapters.kubernetes.client.objects import Json
from adapters.kubernetes.client.paths import NODES, SERVICES, STATEFULSETS
from adapters.kubernetes.event import MOST
from adapters.kubernetes.events import ALL, EventNotifier
from controller.records import Notice
from tests.adapters.kubernetes.memory_objects import Cluster, MemoryObjects
from tests.support.journal_contract import WALL, FixedClock

NOTICE = Notice(
    "halted",
    "web",
    "web-1",
    WALL,
    "web: halted at web-2",
    ("gate errors: 12 %", "next: …"),
    "web-2",
)


@pytest.fixture
def objects() -> MemoryObjects:
    cluster = Cluster()
    for plural, name in (("statefulsets", "web"), ("services", "front")):
        cluster.put((plural, "shop", name), {"metadata": {"name": name, "uid": f"uid-of-{name}"}})
    return MemoryObjects(cluster)


def events(objects: MemoryObjects, namespace: str = "shop") -> list[Json]:
    return [
        found for key, found in objects.cluster.objects.items() if key[:2] == ("events", namespace)
    ]


async def test_an_event_says_what_happened(objects: MemoryObjects) -> None:
    """A retry of the same delivery makes no second one."""
    notifier = EventNotifier(objects, STATEFULSETS, "web", "shop", FixedClock())
    objects.loses_answers = 1
    lost = await notifier.deliver(NOTICE, "d1")
    assert lost is not None
    assert lost.retryable
    assert await notifier.deliver(NOTICE, "d1") is None
    (event,) = events(objects)
    assert event["involvedObject"] == {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "name": "web",
        "namespace": "shop",
        "uid": "uid-of-web",
    }
    assert (event["type"], event["reason"]) == ("Warning", "RolloutHalted")
    assert event["message"] == "web: halted at web-2\ngate errors: 12 %\nnext: …"
    assert event["firstTimestamp"] == event["lastTimestamp"] == "2026-11-22T10:03:11Z"
    assert await notifier.deliver(NOTICE, "d2") is None
    assert len(events(objects)) == 2
    await notifier.aclose()


@pytest.mark.parametrize("event", ALL)
async def test_only_what_went_wrong_is_a_warning(objects: MemoryObjects, event: str) -> None:
    notifier = EventNotifier(objects, STATEFULSETS, "web", "shop", FixedClock())
    long = replace(NOTICE, event=event, text="x" * 5000)
    assert await notifier.deliver(long, "d1") is None
    (made,) = events(objects)
    assert made["type"] == ("Normal" if event in ("started", "done") else "Warning")
    assert len(made["message"]) == MOST


async def test_on_the_workload_where_it_is_found(objects: MemoryObjects) -> None:
    """Else on what is named."""

    async def found() -> str:
        return where

    notifier = EventNotifier(objects, SERVICES, "front", "shop", FixedClock(), workload=found)
    for where, kind in (("statefulset/web", "StatefulSet"), ("", "Service")):
        assert await notifier.deliver(NOTICE, where) is None
        assert events(objects)[-1]["involvedObject"]["kind"] == kind


async def test_on_a_node(objects: MemoryObjects) -> None:
    """It is in no namespace, and its Events are in the one that is always there."""
    notifier = EventNotifier(objects, NODES, "node-1", "shop", FixedClock())
    assert await notifier.deliver(NOTICE, "d1") is None
    (event,) = events(objects, "default")
    about = {"apiVersion": "v1", "kind": "Node", "name": "node-1"}
    assert event["involvedObject"] == about


async def test_what_stands_in_its_way_is_told(objects: MemoryObjects) -> None:
    """Without a right, in words, and not tried again."""
    objects.refuses = lambda verb, name: verb == "create"
    notifier = EventNotifier(objects, STATEFULSETS, "web", "shop", FixedClock())
    refused = await notifier.deliver(NOTICE, "d1")
    assert refused is not None
    assert not refused.retryable
    assert refused.why.startswith("may not create")
