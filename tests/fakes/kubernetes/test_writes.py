"""Writes over HTTP: preconditions, patches, owners of fields, sizes, and the texts of refusals."""

import json
from typing import Any

import httpx
import pytest

from tests.support.kubernetes import manifests
from tests.support.kubernetes.cluster import FakeCluster
from tests.support.kubernetes.kinds import STATEFULSETS, Json

SETS = "/apis/apps/v1/namespaces/default/statefulsets"
PODS = "/api/v1/namespaces/default/pods"
MAPS = "/api/v1/namespaces/default/configmaps"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
STYLES = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}


async def patch(
    client: httpx.AsyncClient, path: str, body: Any, style: str = "merge", **query: str
) -> httpx.Response:
    return await client.patch(
        path,
        content=json.dumps(body),
        headers={"content-type": STYLES[style]},
        params={"fieldManager": "poolroll", **query},
    )


async def test_a_stale_resource_version_is_a_conflict(
    cluster: FakeCluster, client: httpx.AsyncClient
) -> None:
    [made] = cluster.add(manifests.configmap("state", {"a": "1"}))
    version = made["metadata"]["resourceVersion"]
    body = {"metadata": {"resourceVersion": version}, "data": {"b": "2"}}
    assert (await patch(client, f"{MAPS}/state", body)).json()["data"] == {"a": "1", "b": "2"}
    refused = await patch(client, f"{MAPS}/state", body)
    assert (refused.status_code, refused.json()["reason"]) == (409, "Conflict")
    assert "the object has been modified" in refused.json()["message"]


async def test_a_write_that_changes_nothing_keeps_the_version(
    cluster: FakeCluster, client: httpx.AsyncClient
) -> None:
    [made] = cluster.add(manifests.configmap("state", {"a": "1"}))
    same = await patch(client, f"{MAPS}/state", {"data": {"a": "1"}})
    assert same.json()["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


async def test_a_patch_is_pinned_by_uid(cluster: FakeCluster, client: httpx.AsyncClient) -> None:
    cluster.add(manifests.pod("lone"))
    body = {"metadata": {"uid": "another", "labels": {"a": "b"}}}
    refused = await patch(client, f"{PODS}/lone", body)
    assert refused.status_code == 422
    assert "field is immutable" in refused.json()["message"]


async def test_a_json_patch_whose_test_fails_says_no_reason(
    cluster: FakeCluster, client: httpx.AsyncClient
) -> None:
    cluster.add(manifests.configmap("state", {"a": "1"}))
    asked = [{"op": "test", "path": "/data/a", "value": "2"}]
    refused = await patch(client, f"{MAPS}/state", asked, "json")
    said = "the server rejected our request due to an error in our request"
    assert (refused.status_code, refused.json()["message"]) == (422, said)
    asked = [{"op": "replace", "path": "/data/a", "value": "3"}]
    assert (await patch(client, f"{MAPS}/state", asked, "json")).json()["data"] == {"a": "3"}


async def test_containers_merge_by_name_in_a_strategic_patch(
    cluster: FakeCluster, client: httpx.AsyncClient
) -> None:
    cluster.add(manifests.statefulset(replicas=0))
    template: Json = {"spec": {"containers": [{"name": "web", "image": "app:v2"}]}}
    body = {"spec": {"template": template}}
    done = (await patch(client, f"{SETS}/web", body, "strategic")).json()
    [container] = done["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "app:v2"
    assert container["readinessProbe"]["httpGet"]["path"] == "/ready"
    assert done["metadata"]["generation"] == 2
    whole = (await patch(client, f"{SETS}/web", body)).json()
    assert "readinessProbe" not in whole["spec"]["template"]["spec"]["containers"][0]


async def test_a_dry_run_changes_nothing(cluster: FakeCluster, client: httpx.AsyncClient) -> None:
    cluster.add(manifests.statefulset(replicas=0))
    done = await patch(client, f"{SETS}/web", {"spec": {"replicas": 2}}, dryRun="All")
    assert done.json()["spec"]["replicas"] == 2
    assert (await client.get(f"{SETS}/web")).json()["spec"]["replicas"] == 0
    assert cluster.faults.writes() == []


async def test_status_writes_leave_the_generation(
    cluster: FakeCluster, client: httpx.AsyncClient
) -> None:
    cluster.add(manifests.statefulset(replicas=0))
    body = {"spec": {"replicas": 9}, "status": {"replicas": 5}}
    done = (await patch(client, f"{SETS}/web/status", body)).json()
    assert (done["metadata"]["generation"], done["spec"]["replicas"]) == (1, 0)
    assert done["status"]["replicas"] == 5


async def test_scale(cluster: FakeCluster, client: httpx.AsyncClient) -> None:
    cluster.add(manifests.statefulset(replicas=0))
    done = (await patch(client, f"{SETS}/web/scale", {"spec": {"replicas": 2}})).json()
    assert (done["kind"], done["spec"]["replicas"]) == ("Scale", 2)
    assert (await client.get(f"{SETS}/web")).json()["spec"]["replicas"] == 2


async def test_only_some_fields_of_a_statefulset_may_change(
    cluster: FakeCluster, client: httpx.AsyncClient
) -> None:
    cluster.add(manifests.statefulset(replicas=0))
    refused = await patch(client, f"{SETS}/web", {"spec": {"podManagementPolicy": "Parallel"}})
    assert refused.status_code == 422
    assert "updates to statefulset spec for fields other than" in refused.json()["message"]


async def test_what_is_not_there_or_there_already(
    cluster: FakeCluster, client: httpx.AsyncClient
) -> None:
    missing = await client.get(f"{PODS}/web-9")
    assert (missing.status_code, missing.json()["message"]) == (404, 'pods "web-9" not found')
    cluster.add(manifests.configmap("state"))
    twice = await client.post(MAPS, json=manifests.configmap("state"))
    assert (twice.status_code, twice.json()["reason"]) == (409, "AlreadyExists")
    assert (await client.get("/apis/example.com/v1/things")).status_code == 404


@pytest.mark.parametrize(
    ("size", "status", "text"),
    [
        (1_048_576, 201, ""),
        (1_048_577, 422, "may not be more than 1048576 bytes"),
        (3 * 1_048_576, 413, "limit is 3145728"),
    ],
)
async def test_sizes_of_configmaps(
    client: httpx.AsyncClient, size: int, status: int, text: str
) -> None:
    answer = await client.post(MAPS, json=manifests.configmap("state", {"a": "x" * size}))
    assert answer.status_code == status
    assert text in answer.json().get("message", "")


async def test_annotations_are_limited(cluster: FakeCluster, client: httpx.AsyncClient) -> None:
    cluster.add(manifests.configmap("state"))
    refused = await patch(
        client, f"{MAPS}/state", {"metadata": {"annotations": {"a": "x" * 262_144}}}
    )
    assert (refused.status_code, "262144" in refused.json()["message"]) == (422, True)


async def test_fields_that_nobody_knows_are_dropped_without_a_word(
    cluster: FakeCluster, client: httpx.AsyncClient
) -> None:
    cluster.add(manifests.statefulset(replicas=0))
    body = {"spec": {"replica": 3}}
    done = await patch(client, f"{SETS}/web", body)
    assert done.status_code == 200
    assert "replica" not in done.json()["spec"]
    refused = await patch(client, f"{SETS}/web", body, fieldValidation="Strict")
    assert refused.status_code == 422
    assert refused.json()["message"].startswith(' "" is invalid: patch: Invalid value: "{')
    assert refused.json()["message"].endswith(
        ': strict decoding error: unknown field "spec.replica"'
    )
    made = manifests.configmap("a") | {"dat": {}}
    refused = await client.post(MAPS, json=made, params={"fieldValidation": "Strict"})
    assert refused.status_code == 400
    assert refused.json()["message"] == (
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: '
        'strict decoding error: unknown field "dat"'
    )


async def test_unknown_fields_of_a_template(
    cluster: FakeCluster, client: httpx.AsyncClient
) -> None:
    cluster.add(manifests.statefulset(replicas=0))
    slip = {"containers": [{"name": "web", "imagee": "app:v2"}], "node": "a"}
    body = {"spec": {"template": {"spec": slip}}}
    done = await patch(client, f"{SETS}/web", body, style="strategic")
    assert done.status_code == 200
    assert done.json()["spec"] == cluster.get(STATEFULSETS, "web")["spec"]
    refused = await patch(client, f"{SETS}/web", body, style="strategic", fieldValidation="Strict")
    assert refused.status_code == 422
    for field in ("containers[0].imagee", "node"):
        assert f'unknown field "spec.template.spec.{field}"' in refused.json()["message"]


@pytest.mark.parametrize(
    ("meta", "status"),
    [
        ({"labels": {"a": "x" * 63}}, 200),
        ({"labels": {"a": "x" * 64}}, 422),
        ({"labels": {"a": "not this"}}, 422),
        ({"labels": {"a": 1}}, 422),
        ({"annotations": {"a": "{any text}"}}, 200),
        ({"annotations": {"a/b/c": ""}}, 422),
        ({"annotations": {"a": {}}}, 422),
    ],
)
async def test_labels_and_annotations(
    cluster: FakeCluster, client: httpx.AsyncClient, meta: Json, status: int
) -> None:
    cluster.add(manifests.configmap("state"))
    assert (await patch(client, f"{MAPS}/state", {"metadata": meta})).status_code == status


# Whose field it is


async def test_a_patch_makes_its_manager_the_owner(
    cluster: FakeCluster, client: httpx.AsyncClient
) -> None:
    cluster.add(manifests.statefulset(replicas=0))
    rolling = {"updateStrategy": {"rollingUpdate": {"partition": manifests.HUGE}}}
    done = (await patch(client, f"{SETS}/web", {"spec": rolling}, "strategic")).json()
    owners = {
        entry["manager"]
        for entry in done["metadata"]["managedFields"]
        if "f:partition" in json.dumps(entry["fieldsV1"])
    }
    assert owners == {"poolroll"}
    theirs = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "spec": {"updateStrategy": {"rollingUpdate": {"partition": 0}}},
    }
    refused = await patch(client, f"{SETS}/web", theirs, "apply", fieldManager="gitops")
    assert refused.status_code == 409
    [cause] = refused.json()["details"]["causes"]
    assert cause == {
        "reason": "FieldManagerConflict",
        "message": 'conflict with "poolroll" using apps/v1',
        "field": ".spec.updateStrategy.rollingUpdate.partition",
    }
    forced = await patch(
        client, f"{SETS}/web", theirs, "apply", fieldManager="gitops", force="true"
    )
    assert forced.json()["spec"]["updateStrategy"]["rollingUpdate"]["partition"] == 0


async def test_an_apply_pinned_to_what_is_gone_makes_nothing(client: httpx.AsyncClient) -> None:
    body = manifests.configmap("state") | {"metadata": {"name": "state", "uid": "gone"}}
    assert (await patch(client, f"{MAPS}/state", body, "apply")).status_code == 409
    assert (await client.get(f"{MAPS}/state")).status_code == 404


async def test_an_apply_owns_what_it_names_and_no_defaults(client: httpx.AsyncClient) -> None:
    mine = manifests.statefulset(replicas=0)
    assert (await patch(client, f"{SETS}/web", mine, "apply")).status_code == 201
    theirs = {"apiVersion": "apps/v1", "kind": "StatefulSet", "spec": {"revisionHistoryLimit": 3}}
    done = await patch(client, f"{SETS}/web", theirs, "apply", fieldManager="gitops")
    assert done.status_code == 200
    theirs["spec"] = {"revisionHistoryLimit": 3, "replicas": 1}
    refused = await patch(client, f"{SETS}/web", theirs, "apply", fieldManager="gitops")
    assert 'conflict with "poolroll": .spec.replicas' in refused.json()["message"]


async def test_the_user_agent_is_the_manager_that_is_not_named(
    cluster: FakeCluster, client: httpx.AsyncClient
) -> None:
    cluster.add(manifests.configmap("state"))
    done = await client.patch(
        f"{MAPS}/state",
        content='{"data": {"a": "1"}}',
        headers={"content-type": STYLES["merge"], "user-agent": "somebody/1.0 (linux)"},
    )
    assert done.json()["metadata"]["managedFields"][-1]["manager"] == "somebody"


async def test_a_field_applied_once_and_then_left_out_goes(client: httpx.AsyncClient) -> None:
    """Partition absent is 0: everything rolls."""
    held = manifests.statefulset(replicas=0)
    held["spec"]["updateStrategy"] = {"rollingUpdate": {"partition": 5}}
    first = await patch(client, f"{SETS}/web", held, "apply")
    assert first.status_code == 201
    later = await patch(client, f"{SETS}/web", manifests.statefulset(replicas=0), "apply")
    assert later.status_code == 200
    assert later.json()["spec"]["updateStrategy"]["rollingUpdate"]["partition"] == 0


# Leases


def lease(**spec: Any) -> Json:
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "web"},
        "spec": spec,
    }


async def test_leases_by_put(client: httpx.AsyncClient) -> None:
    made = await client.put(f"{LEASES}/web", json=lease(holderIdentity="a"))
    assert made.status_code == 201
    body = lease(holderIdentity="b")
    assert (await client.put(f"{LEASES}/web", json=body)).status_code == 422
    body["metadata"]["resourceVersion"] = made.json()["metadata"]["resourceVersion"]
    assert (await client.put(f"{LEASES}/web", json=body)).status_code == 200
    assert (await client.put(f"{LEASES}/web", json=body)).status_code == 409
    assert (await client.delete(f"{LEASES}/web")).status_code == 200
    one = {**body, "metadata": {**body["metadata"], "uid": made.json()["metadata"]["uid"]}}
    assert (await client.put(f"{LEASES}/web", json=one)).status_code == 409
    assert (await client.put(f"{LEASES}/web", json=body)).status_code == 201


async def test_times_of_a_lease_need_microseconds(client: httpx.AsyncClient) -> None:
    for spec, status in (
        ({"renewTime": "2026-01-01T00:00:00Z"}, 400),
        ({"renewTime": "2026-01-01T00:00:00.000000Z"}, 201),
        ({"leaseDurationSeconds": 0}, 422),
    ):
        await client.delete(f"{LEASES}/web")
        assert (await client.post(LEASES, json=lease(**spec))).status_code == status


async def test_events_are_where_what_they_are_about_is(client: httpx.AsyncClient) -> None:
    """Of what is in no namespace: in `default`."""

    async def told(space: str, about: Json) -> int:
        event = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"generateName": "e-"},
            "involvedObject": about,
        }
        answer = await client.post(f"/api/v1/namespaces/{space}/events", json=event)
        return answer.status_code

    node, pod = {"kind": "Node", "name": "n"}, {"kind": "Pod", "name": "p", "namespace": "default"}
    assert [await told("default", one) for one in (node, pod)] == [201, 201]
    assert [await told("kube-system", one) for one in (node, pod)] == [422, 422]


async def test_a_container_has_an_image(cluster: FakeCluster, client: httpx.AsyncClient) -> None:
    """A name that is misspelt in a strategic patch is one container more."""
    cluster.add(manifests.statefulset(replicas=0))
    body = {"spec": {"template": {"spec": {"containers": [{"name": "wep"}]}}}}
    refused = await patch(client, f"{SETS}/web", body, "strategic")
    assert refused.status_code == 422
    assert "].image: Required value" in refused.json()["message"]


async def test_an_apply_names_its_manager(client: httpx.AsyncClient) -> None:
    body = json.dumps({"apiVersion": "v1", "kind": "ConfigMap"})
    headers = {"content-type": STYLES["apply"]}
    refused = await client.patch(f"{MAPS}/a", content=body, headers=headers)
    assert refused.status_code == 422
    assert "fieldManager: Required value" in refused.json()["message"]
