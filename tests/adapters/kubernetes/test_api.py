"""Calls as they go over the wire, and what comes back."""

from datetime import timedelta
from typing import Any

import pytest

from adapters.kubernetes.client import faults
from adapters.kubernetes.client.api import Api
from adapters.kubernetes.client.paths import CONFIGMAPS, LEASES, NODES, PODS, SERVICES, STATEFULSETS
from adapters.kubernetes.client.wire.transport import Request
from controller import __version__
from tests.adapters.kubernetes.stub import (
    TOKEN,
    Asked,
    HastyClock,
    Stream,
    Told,
    api_of,
    listing,
    status,
    stub,
    thing,
    told,
)


async def test_each_call_as_it_is_sent() -> None:
    async with stub(lambda _: told({"kind": "Pod"})) as server, api_of(server.url) as api:
        await api.get(PODS, "web-0", "shop")
        await api.get(NODES, "n1")
        await api.create(CONFIGMAPS, {"metadata": {"name": "x"}}, "shop", dry_run=True)
        await api.merge(STATEFULSETS, "web", "shop", {"spec": {}}, subresource="status")
        await api.strategic(STATEFULSETS, "web", "shop", {"spec": {}}, dry_run=True)
        await api.apply(LEASES, "web", "shop", {"spec": {}}, force=True)
        await api.delete(PODS, "web-0", "shop", uid="u-1")
        await api.evict("web-0", "shop", "u-1", dry_run=True)
    sent = [(one.method, one.path, one.query) for one in server.asked]
    ours = {"fieldManager": "poolroll"}
    assert sent == [
        ("GET", "/api/v1/namespaces/shop/pods/web-0", {}),
        ("GET", "/api/v1/nodes/n1", {}),
        ("POST", "/api/v1/namespaces/shop/configmaps", {**ours, "dryRun": "All"}),
        ("PATCH", "/apis/apps/v1/namespaces/shop/statefulsets/web/status", ours),
        ("PATCH", "/apis/apps/v1/namespaces/shop/statefulsets/web", {**ours, "dryRun": "All"}),
        (
            "PATCH",
            "/apis/coordination.k8s.io/v1/namespaces/shop/leases/web",
            {**ours, "force": "true"},
        ),
        ("DELETE", "/api/v1/namespaces/shop/pods/web-0", {}),
        ("POST", "/api/v1/namespaces/shop/pods/web-0/eviction", {**ours, "dryRun": "All"}),
    ]
    kinds = [one.headers.get("content-type") for one in server.asked]
    assert kinds[3:6] == [
        "application/merge-patch+json",
        "application/strategic-merge-patch+json",
        "application/apply-patch+yaml",
    ]
    assert server.asked[2].json["kind"] == "ConfigMap"
    assert server.asked[5].json["metadata"] == {"name": "web"}
    assert server.asked[6].json["preconditions"] == {"uid": "u-1"}
    assert server.asked[7].json["deleteOptions"] == {
        "preconditions": {"uid": "u-1"},
        "dryRun": ["All"],
    }
    for one in server.asked:
        assert one.headers["authorization"] == f"Bearer {TOKEN}"
        assert one.headers["user-agent"] == f"poolroll/{__version__}"


async def test_a_list_in_pages() -> None:
    def teller(asked: Asked) -> Told:
        if "continue" in asked.query:
            return listing(7, thing("b", 2))
        first = thing("a", 1)
        first["metadata"]["managedFields"] = [{"manager": "kubectl"}]
        return listing(7, first, more="c")

    async with stub(teller) as server, api_of(server.url) as api:
        found = await api.list(PODS, "shop", labels="app=web", fields="metadata.name=a")
    assert [one["metadata"]["name"] for one in found.items] == ["a", "b"]
    assert "managedFields" not in found.items[0]["metadata"]
    assert found.version == "7"
    assert server.asked[0].query == {
        "labelSelector": "app=web",
        "fieldSelector": "metadata.name=a",
        "limit": "250",
    }
    assert server.asked[1].query["continue"] == "c"


async def test_a_list_that_expires_between_pages_begins_again() -> None:
    replies = [listing(7, thing("a", 1), more="c"), status(410, "Expired"), listing(9)]
    async with stub(lambda _: replies.pop(0)) as server, api_of(server.url) as api:
        found = await api.list(PODS, "shop")
    assert (found.items, found.version) == ([], "9")


@pytest.mark.parametrize("page", [{"items": 7, "metadata": {}}, {"items": []}, {"metadata": 7}])
async def test_a_list_that_is_none(page: dict[str, Any]) -> None:
    async with stub(lambda _: told(page)) as server, api_of(server.url) as api:
        with pytest.raises(faults.NotTheApi, match="a list without its parts"):
            await api.list(PODS, "shop")


async def test_a_list_that_expires_for_ever() -> None:
    old = status(410, "Expired", "too old")
    async with stub(lambda _: old) as server, api_of(server.url) as api:
        with pytest.raises(faults.Expired, match="too old"):
            await api.list(PODS, "shop")
    assert len(server.asked) == 3


async def test_a_list_of_the_future_is_asked_again() -> None:
    """Of another API server that is a little behind."""
    late = status(504, "Timeout", "Too large resource version: 9, current: 7", retryAfterSeconds=1)
    replies = [late, listing(9)]
    clock = HastyClock()
    async with stub(lambda _: replies.pop(0)) as server, api_of(server.url, clock=clock) as api:
        assert (await api.list(PODS, "shop")).version == "9"
    assert clock.slept == [timedelta(seconds=1)]


async def test_asked_to_wait() -> None:
    """By the API server's own limit: nothing was done."""
    replies = [Told(429, b"slow down", {"Retry-After": "1"}), told({"kind": "Pod"})]
    clock = HastyClock()
    async with stub(lambda _: replies.pop(0)) as server, api_of(server.url, clock=clock) as api:
        await api.merge(PODS, "a", "shop", {})
    assert clock.slept == [timedelta(seconds=1)]


async def test_asked_to_wait_for_too_long() -> None:
    said = Told(429, b"", {"Retry-After": "60"})
    async with stub(lambda _: said) as server, api_of(server.url) as api:
        with pytest.raises(faults.TooManyRequests) as caught:
            await api.get(PODS, "a", "shop")
    assert caught.value.retry_after == timedelta(seconds=60)
    assert len(server.asked) == 1


async def test_a_budget_refuses() -> None:
    """Told at once: who waits for it, and for how long, is for others to say."""
    causes = [
        {
            "reason": "DisruptionBudget",
            "message": "The disruption budget web needs 3 healthy pods and has 3 currently",
        }
    ]
    said = status(
        429,
        "TooManyRequests",
        "Cannot evict pod as it would violate the pod's disruption budget.",
        causes=causes,
        retryAfterSeconds=10,
    )
    async with stub(lambda _: said) as server, api_of(server.url) as api:
        with pytest.raises(faults.TooManyRequests) as caught:
            await api.evict("web-0", "shop", "u")
    assert caught.value.budget == "web"
    assert caught.value.retry_after == timedelta(seconds=10)
    assert str(caught.value) == (
        "prod: evict Pod shop/web-0: The disruption budget web needs 3 healthy pods and has 3 "
        "currently (429)"
    )
    assert len(server.asked) == 1


NO_RIGHT = (
    'pods "web-0" is forbidden: User "u" cannot patch resource "pods" in API group "" in the '
    'namespace "shop"'
)


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (status(404, "NotFound", 'pods "web-0" not found'), faults.NotFound, "not found (404)"),
        (
            status(404, "NotFound", "the server could not find the requested resource"),
            faults.NotFound,
            "the API server does not know v1",
        ),
        (status(409, "Conflict", "modified"), faults.Conflict, "modified (409)"),
        (status(409, "AlreadyExists", "there"), faults.AlreadyExists, "there (409)"),
        (status(422, "Invalid", "field is immutable"), faults.Invalid, "immutable (422)"),
        (status(403, "Forbidden", NO_RIGHT), faults.Forbidden, 'resources: ["pods"]'),
        (
            status(403, "Forbidden", "unable to create new content: being terminated"),
            faults.Forbidden,
            "being terminated (403)",
        ),
        (
            status(500, "", "This pod has more than one PodDisruptionBudget, which …"),
            faults.TwoBudgets,
            "more than one PodDisruptionBudget",
        ),
        (status(500, "InternalError", "etcd"), faults.ServerFault, "etcd (500)"),
        (Told(502, b"<html>Bad gateway"), faults.ServerFault, "in front of the API server"),
        (Told(418, b"<html>tea"), faults.NotTheApi, "not as the Kubernetes API answers"),
        (Told(302, b"", {"Location": "https://login/"}), faults.NotTheApi, "redirects (302)"),
        (Told(200, b"<html>Log in"), faults.NotTheApi, "no JSON object"),
        (Told(200, b"[1]"), faults.NotTheApi, "no JSON object"),
        (Told(200, b"[" * 100_000), faults.NotTheApi, "no JSON object"),
        (Told(200, b"{}", {"Content-Encoding": "br"}), faults.NotTheApi, "compressed"),
        (Told(400, b'{"kind": "Status", "details": 7, "message": []}'), faults.ApiError, "400"),
        (Told(401, b"Unauthorized"), faults.Unauthorized, "does not accept our credentials"),
        (Told(0), faults.Unreachable, "the connection broke"),
    ],
)
async def test_refusals(reply: Told, kind: type[faults.ApiError], words: str) -> None:
    async with stub(lambda _: reply) as server, api_of(server.url) as api:
        with pytest.raises(faults.ApiError) as caught:
            await api.merge(PODS, "web-0", "shop", {})
    assert type(caught.value) is kind
    assert words in str(caught.value)
    assert str(caught.value).startswith("prod: ")
    assert caught.value.status == reply.status or reply.status in (0, 200)


async def test_an_endless_answer() -> None:
    async with (
        stub(lambda _: Told(200, b" " * (33 << 20))) as server,
        api_of(server.url) as api,
    ):
        with pytest.raises(faults.NotTheApi, match="larger than 32 MiB"):
            await api.get(SERVICES, "web", "shop")


async def test_a_frozen_server() -> None:
    """It takes the request and is silent; later ones do not wait for its connections."""
    async with stub(lambda _: None) as server, api_of(server.url, seconds=1) as api:
        with pytest.raises(faults.TooSlow, match=r"no whole answer within 1 s"):
            await api.get(SERVICES, "web", "shop")


async def test_a_silent_stream() -> None:
    """A limit of its own: a frozen server keeps its connections."""
    stream = Stream()
    async with stub(lambda _: stream) as server, api_of(server.url) as api:
        request = Request(api._call("watch", PODS, "shop"), "GET", PODS.path("shop"))
        lines = api._asking.lines(request, timedelta(seconds=0.1), 1000)
        assert await anext(lines) == b""
        with pytest.raises(faults.TooSlow, match="silent for too long"):
            await anext(lines)


async def test_an_endless_event() -> None:
    stream = Stream()
    stream.raw(b"x" * 2000)
    async with stub(lambda _: stream) as server, api_of(server.url) as api:
        request = Request(api._call("watch", PODS, "shop"), "GET", PODS.path("shop"))
        lines = api._asking.lines(request, timedelta(seconds=10), 1000)
        assert await anext(lines) == b""
        with pytest.raises(faults.NotTheApi, match="an event larger than"):
            await anext(lines)


async def test_nobody_listens() -> None:
    async with stub(lambda _: None) as server:
        pass
    async with api_of(server.url) as api:
        with pytest.raises(faults.Unreachable, match="nothing listens there"):
            await api.get(SERVICES, "web", "shop")


async def test_a_forbidden_just_after_an_outage_is_not_believed() -> None:
    """An API server that has just started has not loaded yet who may do what."""
    forbidden = status(403, "Forbidden", NO_RIGHT)
    replies: list[Any] = [told({"a": 1}), status(503), forbidden, forbidden, told({"a": 1})]
    async with stub(lambda _: replies.pop(0)) as server, api_of(server.url) as api:
        await api.merge(PODS, "web-0", "shop", {})
        with pytest.raises(faults.ServerFault):
            await api.merge(PODS, "web-0", "shop", {})
        await api.merge(PODS, "web-0", "shop", {})
        assert replies == []
        replies.append(forbidden)
        await _forbidden_in_the_end(api, replies)
    assert len(server.asked) == 5 + 1


async def _forbidden_in_the_end(api: Api, replies: list[Any]) -> None:
    """Once the doubt is over."""
    api._asking._doubt = timedelta(0)
    with pytest.raises(faults.Forbidden) as caught:
        await api.merge(PODS, "web-0", "shop", {})
    assert str(caught.value.right) == "patch pods in namespace shop"
    assert replies == []


async def test_a_read_is_tried_twice() -> None:
    """A connection that was idle may have been closed at the other end; a write may have been
    done."""
    replies = [Told(0), told({"kind": "Pod"}), Told(0)]
    async with stub(lambda _: replies.pop(0)) as server, api_of(server.url) as api:
        await api.get(PODS, "a", "shop")
        with pytest.raises(faults.Unreachable):
            await api.merge(PODS, "a", "shop", {})
    assert len(server.asked) == 3
