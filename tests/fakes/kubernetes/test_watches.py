"""Lists and watches: pages, selectors, ends, versions that are too old or not there yet."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.support.kubernetes import manifests
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.crowd import crowd
from tests.support.kubernetes.kinds import CONFIGMAPS, PODS, Json
from tests.support.waiting import until

MAPS = "/api/v1/namespaces/default/configmaps"


@asynccontextmanager
async def watch(client: httpx.AsyncClient, **query: str) -> AsyncIterator[AsyncIterator[Json]]:
    async with client.stream("GET", MAPS, params={"watch": "1", **query}, timeout=60) as answer:
        assert answer.status_code == 200

        async def events() -> AsyncIterator[Json]:
            async for line in answer.aiter_lines():
                yield json.loads(line)

        yield events()


def relabel(cluster: FakeCluster, name: str, **labels: str) -> None:
    cluster.change(CONFIGMAPS, name, lambda one: one["metadata"].update(labels=labels))


async def test_pages(cluster: FakeCluster, client: httpx.AsyncClient) -> None:
    cluster.add(*(manifests.configmap(f"c{number}") for number in range(5)))
    names, token = [], ""
    while True:
        page = (await client.get(MAPS, params={"limit": "2", "continue": token})).json()
        names += [one["metadata"]["name"] for one in page["items"]]
        if not (token := page["metadata"].get("continue", "")):
            break
        stale = token
    assert page["kind"] == "ConfigMapList"
    assert "kind" not in page["items"][0]
    assert names == [f"c{number}" for number in range(5)]
    cluster.expire()
    gone = await client.get(MAPS, params={"limit": "2", "continue": stale})
    assert gone.status_code == 410


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("a=1", {"c1"}),
        ("a!=1", {"c2", "c3"}),
        ("a in (1, 2)", {"c1", "c2"}),
        ("a notin (1),b", {"c2"}),
        ("!b", {"c1", "c3"}),
        ("a==2,b", {"c2"}),
        ("", {"c1", "c2", "c3"}),
    ],
)
async def test_label_selectors(
    cluster: FakeCluster, client: httpx.AsyncClient, selector: str, names: set[str]
) -> None:
    cluster.add(*(manifests.configmap(f"c{number}") for number in (1, 2, 3)))
    relabel(cluster, "c1", a="1")
    relabel(cluster, "c2", a="2", b="x")
    found = (await client.get(MAPS, params={"labelSelector": selector})).json()
    assert {one["metadata"]["name"] for one in found["items"]} == names


async def test_field_selectors(cluster: FakeCluster, client: httpx.AsyncClient) -> None:
    cluster.add(manifests.pod("a"), manifests.pod("b"))
    await until(lambda: all(one["spec"].get("nodeName") for one in cluster.all(PODS)))
    node = cluster.get(PODS, "a")["spec"]["nodeName"]
    path = "/api/v1/pods"
    found = (await client.get(path, params={"fieldSelector": f"spec.nodeName={node}"})).json()
    assert [one["metadata"]["name"] for one in found["items"]] == ["a"]
    found = (await client.get(path, params={"fieldSelector": "metadata.name=b"})).json()
    assert [one["metadata"]["name"] for one in found["items"]] == ["b"]
    assert (await client.get(path, params={"fieldSelector": "spec.x=b"})).status_code == 400


async def test_a_watch_goes_on_where_the_list_was(
    cluster: FakeCluster, client: httpx.AsyncClient
) -> None:
    cluster.add(manifests.configmap("a"))
    version = (await client.get(MAPS)).json()["metadata"]["resourceVersion"]
    cluster.add(manifests.pod("other"), manifests.configmap("b"))
    async with watch(client, resourceVersion=version) as events:
        assert (await anext(events))["object"]["metadata"]["name"] == "b"
        cluster.change(CONFIGMAPS, "a", lambda one: one.update(data={"x": "y"}))
        told = await anext(events)
        assert (told["type"], told["object"]["data"]) == ("MODIFIED", {"x": "y"})
        cluster.registry.delete(CONFIGMAPS, "a", "default")
        assert (await anext(events))["type"] == "DELETED"


async def test_what_leaves_the_selector_is_deleted_to_the_watch(
    cluster: FakeCluster, client: httpx.AsyncClient
) -> None:
    cluster.add(manifests.configmap("a"))
    relabel(cluster, "a", rotation="in")
    async with watch(client, labelSelector="rotation=in") as events:
        assert (await anext(events))["type"] == "ADDED"
        relabel(cluster, "a", rotation="out")
        gone = await anext(events)
        assert gone["type"] == "DELETED"
        assert gone["object"]["metadata"]["resourceVersion"] == str(cluster.store.version)
        relabel(cluster, "a", rotation="in")
        assert (await anext(events))["type"] == "ADDED"


async def test_an_old_version_is_an_error_event_in_a_good_answer(
    cluster: FakeCluster, client: httpx.AsyncClient
) -> None:
    version = str(cluster.store.version)
    cluster.expire()
    async with watch(client, resourceVersion=version) as events:
        told = [event async for event in events]
    assert [event["type"] for event in told] == ["ERROR"]
    assert told[0]["object"]["code"] == 410
    assert told[0]["object"]["message"].startswith(f"too old resource version: {version} (")


async def test_a_version_of_the_future(cluster: FakeCluster, client: httpx.AsyncClient) -> None:
    answer = await client.get(MAPS, params={"resourceVersion": "99999999"})
    assert answer.status_code == 504
    assert answer.json()["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"


async def test_streams_end_and_bookmarks_prove_little() -> None:
    """A short stream gets none; one of 125 s one a minute and more at its end."""
    for seconds, expected in (("20", 0), ("125", 4)):
        async with (
            FakeCluster(tls=False, speed=1000) as cluster,
            httpx.AsyncClient(
                base_url=cluster.url,
                headers={"authorization": f"Bearer {cluster.token}"},
                trust_env=False,
            ) as client,
            watch(client, timeoutSeconds=seconds, allowWatchBookmarks="true") as events,
        ):
            told = [event["type"] async for event in events]
        assert told == ["BOOKMARK"] * expected


@pytest.mark.parametrize("clean", [True, False])
async def test_a_watch_is_cut(cluster: FakeCluster, client: httpx.AsyncClient, clean: bool) -> None:
    cluster.add(manifests.configmap("a"))
    async with watch(client) as events:
        await anext(events)
        assert cluster.cut_watches(clean=clean) == 1
        if clean:
            assert [event async for event in events] == []
        else:
            with pytest.raises(httpx.RemoteProtocolError):
                await anext(events)


async def test_initial_events(cluster: FakeCluster, client: httpx.AsyncClient) -> None:
    cluster.add(manifests.configmap("a"))
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
    async with watch(client, allowWatchBookmarks="true", **query) as events:
        assert (await anext(events))["type"] == "ADDED"
        mark = await anext(events)
    assert mark["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


async def test_many_watchers_and_one_that_leaves(
    cluster: FakeCluster, client: httpx.AsyncClient
) -> None:
    async with asyncio.timeout(60):
        async with watch(client) as events, watch(client) as others:
            cluster.add(manifests.configmap("a"))
            assert (await anext(events))["type"] == (await anext(others))["type"] == "ADDED"
        before = len(cluster.store.listeners)
        await until(lambda: len(cluster.store.listeners) < before or before == _own(cluster))


def _own(cluster: FakeCluster) -> int:
    return len(cluster.controllers)


async def test_a_crowd_is_there_at_once(cluster: FakeCluster, client: httpx.AsyncClient) -> None:
    crowd(cluster, 1000)
    path = "/api/v1/namespaces/default/pods"
    page = (await client.get(path, params={"labelSelector": "app=other", "limit": "10"})).json()
    assert page["metadata"]["remainingItemCount"] == 990
