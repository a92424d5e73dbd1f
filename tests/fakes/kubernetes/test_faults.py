"""Faults on demand: outages, a frozen server, single requests that fail, and who may do what."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest

from tests.fakes.kubernetes.conftest import client_of
from tests.fakes.kubernetes.seen import flip, quiet, serving, steady
from tests.support.kubernetes import answers, manifests
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.faults import nth, writes
from tests.support.kubernetes.kinds import CONFIGMAPS, PODS, Json
from tests.support.waiting import until

MAPS = "/api/v1/namespaces/default/configmaps"
PATCH = {"content-type": "application/merge-patch+json"}


async def put(client: httpx.AsyncClient, value: str) -> httpx.Response:
    body = json.dumps({"data": {"a": value}})
    return await client.patch(f"{MAPS}/state", content=body, headers=PATCH)


async def test_a_server_that_is_gone_and_comes_back() -> None:
    """First 403, older versions 410, and controllers that are late."""
    async with (
        FakeCluster(tls=False, rbac=True) as cluster,
        client_of(cluster, cluster.account("default", "bot")) as client,
    ):
        cluster.add(
            manifests.service(),
            manifests.statefulset(),
            *manifests.role("r", [manifests.rule(["*"], "", ["*"])], account="bot"),
        )
        await steady(cluster, 3)
        await quiet(cluster)
        version = (await client.get(MAPS)).json()["metadata"]["resourceVersion"]
        await cluster.stop()
        with pytest.raises(httpx.ConnectError):
            await client.get(MAPS)
        await cluster.start(controllers_after=25)
        statuses = [(await client.get(MAPS)).status_code for _ in range(4)]
        assert statuses == [403, 403, 200, 200]
        async with client.stream(
            "GET", MAPS, params={"watch": "1", "resourceVersion": version}
        ) as answer:
            [line] = [line async for line in answer.aiter_lines()]
        assert json.loads(line)["object"]["code"] == 410
        flip(cluster, "web-0", "out")
        await asyncio.sleep(0.03)
        assert "web-0" in serving(cluster)
        cluster.time.advance(26)
        await until(lambda: "web-0" not in serving(cluster))


@pytest.mark.parametrize("tls", [True, False])
async def test_a_frozen_server_answers_nothing(tls: bool) -> None:
    async with FakeCluster(tls=tls) as cluster, client_of(cluster) as client:
        assert (await client.get(MAPS)).status_code == 200
        cluster.freeze()
        with pytest.raises(httpx.ReadTimeout):
            await client.get(MAPS, timeout=0.05)
        async with client_of(cluster) as fresh:
            with pytest.raises(httpx.TimeoutException):
                await fresh.get(MAPS, timeout=0.05)
        going = asyncio.create_task(client.get(MAPS))
        await asyncio.sleep(0.02)
        cluster.thaw()
        assert (await going).status_code == 200


async def test_a_watch_goes_on_after_the_server_was_frozen(
    cluster: FakeCluster, client: httpx.AsyncClient
) -> None:
    async with client.stream("GET", MAPS, params={"watch": "1"}) as answer:
        lines = answer.aiter_lines()
        cluster.freeze()
        cluster.add(manifests.configmap("state"))
        following = asyncio.ensure_future(anext(lines))
        await asyncio.sleep(0.03)
        assert not following.done()
        cluster.thaw()
        assert json.loads(await following)["type"] == "ADDED"


@pytest.mark.parametrize(("after", "found"), [(False, {}), (True, {"a": "1"})])
async def test_a_write_is_cut_off_before_or_after_it_took_effect(
    cluster: FakeCluster, client: httpx.AsyncClient, after: bool, found: Json
) -> None:
    cluster.add(manifests.configmap("state"))
    rule = cluster.faults.cut(after=after)
    with pytest.raises(httpx.RemoteProtocolError):
        await put(client, "1")
    assert rule.met == 1
    assert (cluster.get(CONFIGMAPS, "state").get("data") or {}) == found
    assert (await put(client, "2")).status_code == 200
    assert len(cluster.faults.writes("test")) == 1 + after


async def test_a_write_is_held_until_the_test_lets_it_go(
    cluster: FakeCluster, client: httpx.AsyncClient
) -> None:
    cluster.add(manifests.configmap("state"))
    rule, go_on = cluster.faults.hold(writes)
    going = asyncio.create_task(put(client, "1"))
    await rule.first.wait()
    assert cluster.get(CONFIGMAPS, "state")["data"] == {}
    go_on.set()
    assert (await going).status_code == 200


async def test_a_client_is_stopped_at_any_write(
    cluster: FakeCluster, client: httpx.AsyncClient
) -> None:
    cluster.add(manifests.configmap("state"))
    rule, go_on = cluster.faults.hold(nth(3, "test"), after=True)
    for value in ("1", "2"):
        assert (await put(client, value)).status_code == 200
    await client.get(MAPS)
    going = asyncio.create_task(put(client, "3"))
    await rule.first.wait()
    assert cluster.get(CONFIGMAPS, "state")["data"] == {"a": "3"}
    assert not going.done()
    go_on.set()
    await going


async def test_a_request_is_refused_as_asked(
    cluster: FakeCluster, client: httpx.AsyncClient
) -> None:
    cluster.faults.refuse(lambda call: call.verb == "list", answers.too_large(1))
    assert (await client.get(MAPS)).status_code == 413
    assert (await client.get(MAPS)).status_code == 200


# Rights


async def test_tokens(cluster: FakeCluster) -> None:
    async with client_of(cluster, "wrong") as client:
        refused = await client.get(MAPS)
    assert (refused.status_code, refused.json()["message"]) == (401, "Unauthorized")


async def allowed(client: httpx.AsyncClient, **attributes: str) -> tuple[bool, str]:
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    status = (await client.post(path, json=body)).json()["status"]
    return status["allowed"], status.get("reason", "")


async def test_rights_and_the_words_of_their_refusal() -> None:
    async with (
        FakeCluster(tls=False, rbac=True) as cluster,
        client_of(cluster, cluster.account("default", "bot")) as client,
    ):
        user = "system:serviceaccount:default:bot"
        [_, binding] = manifests.role("roll", [], account="bot")
        cluster.add(binding, manifests.statefulset())
        refused = await client.get("/api/v1/namespaces/default/pods")
        assert (refused.status_code, refused.json()["message"]) == (
            403,
            f'pods is forbidden: User "{user}" cannot list resource "pods" in API group "" in the '
            'namespace "default": RBAC: role.rbac.authorization.k8s.io "roll" not found',
        )
        rules = [
            manifests.rule(["list"], "", ["pods"]),
            manifests.rule(["get", "list", "patch"], "apps", ["statefulsets"], ["web"]),
            manifests.rule(["create", "patch"], "", ["configmaps"], ["state"]),
        ]
        cluster.add(manifests.role("roll", rules, account="bot")[0])
        assert (await client.get("/api/v1/namespaces/default/pods")).status_code == 200
        evicted = await client.post("/api/v1/namespaces/default/pods/web-2/eviction", json={})
        assert evicted.json()["message"].startswith(
            f'pods "web-2" is forbidden: User "{user}" cannot create resource "pods/eviction" in '
            'API group "" in the namespace "default"'
        )
        asked = {"verb": "patch", "group": "apps", "resource": "statefulsets"}
        is_allowed, reason = await allowed(client, **asked, namespace="default", name="web")
        assert is_allowed
        assert 'RoleBinding "roll/default"' in reason
        assert not (await allowed(client, **asked, namespace="default"))[0]
        sets = "/apis/apps/v1/namespaces/default/statefulsets"
        assert (await client.get(sets)).status_code == 403
        named = {"fieldSelector": "metadata.name=web"}
        assert (await client.get(sets, params=named)).status_code == 200
        assert (await client.post(MAPS, json=manifests.configmap("state"))).status_code == 403
        applied = {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1"}}
        headers = {"content-type": "application/apply-patch+yaml"}
        for name, status in (("state", 201), ("other", 403)):
            made = await client.patch(
                f"{MAPS}/{name}",
                content=json.dumps(applied),
                headers=headers,
                params={"fieldManager": "poolroll"},
            )
            assert made.status_code == status


async def test_a_log_of_all_requests(cluster: FakeCluster, client: httpx.AsyncClient) -> None:
    cluster.add(manifests.configmap("state"))
    await put(client, "1")
    await client.get(MAPS)
    write, read = cluster.faults.log
    assert (write.verb, write.name, write.status, write.manager, write.agent) == (
        "patch",
        "state",
        200,
        "test",
        "test/1",
    )
    assert (write.body(), read.verb) == ({"data": {"a": "1"}}, "list")
    assert cluster.all(PODS) == []


async def test_a_kubeconfig(tmp_path: Path) -> None:
    async with FakeCluster() as cluster:
        text = cluster.kubeconfig(tmp_path, context="prod", namespace="shop").read_text("utf-8")
    assert f'server: "{cluster.url}"' in text
    assert "current-context: prod" in text
    assert "namespace: shop" in text
