"""The grammar of names in Kubernetes, and values that are equal by what they say."""

import pytest

from controller.pools.kubernetes import (
    Cluster,
    NodePool,
    PodPool,
    is_label,
    is_label_key,
    is_subdomain,
    parse_state,
    workload_fault,
)


@pytest.mark.parametrize("name", ["web", "a", "web-2", "0", "x" * 63])
def test_a_service_may_be_called(name: str) -> None:
    assert is_label(name)


@pytest.mark.parametrize("name", ["", "Web", "-web", "web-", "we.b", "web\n", "x" * 64])
def test_a_service_may_not_be_called(name: str) -> None:
    assert not is_label(name)


def test_a_workload_may_have_dots() -> None:
    assert is_subdomain("web.v1")
    assert not is_subdomain("web..v1")
    assert not is_subdomain("x" * 254)


@pytest.mark.parametrize("key", ["rotation", "poolroll.dev/rotation", "A.b_c-d"])
def test_keys_of_labels(key: str) -> None:
    assert is_label_key(key)


@pytest.mark.parametrize("key", ["", "/rotation", "a/b/c", "Poolroll.dev/x", "-a", "x" * 64])
def test_no_keys_of_labels(key: str) -> None:
    assert not is_label_key(key)


def test_a_workload_is_a_kind_and_a_name() -> None:
    assert workload_fault("statefulset/web") is None
    assert workload_fault("web") == "write statefulset/NAME, daemonset/NAME or deployment/NAME"
    assert workload_fault("cronjob/web") == workload_fault("web")
    assert "cannot name a workload" in (workload_fault("deployment/Web") or "")


def test_where_the_state_is() -> None:
    assert parse_state("/var/lib/poolroll") is None
    assert parse_state("kubernetes:shop") == Cluster(namespace="shop")
    assert parse_state("kubernetes:arn:aws:eks:x:cluster/prod/shop") == Cluster(
        "arn:aws:eks:x:cluster/prod", namespace="shop"
    )
    with pytest.raises(ValueError, match="names no namespace; write kubernetes:NAMESPACE"):
        parse_state("kubernetes:")


def test_pools_are_equal_by_what_they_say() -> None:
    cluster = Cluster("prod", namespace="shop")
    first = PodPool(cluster, "web", template={"spec": {}})
    assert first == PodPool(cluster, "web", template={"spec": {}})
    assert first != PodPool(cluster, "web", template={"spec": {"x": 1}})
    assert hash(first) == hash(PodPool(cluster, "web"))
    assert NodePool(cluster, "role=web") == NodePool(cluster, "role=web", expect={})
