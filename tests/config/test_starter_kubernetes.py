"""The file that `init kubernetes` fills: `check` takes it, whatever was found."""

from dataclasses import replace

import pytest

from controller.config import parse
from controller.config.starting.kubernetes.filled import filled
from controller.pools.kubernetes import Cluster, PodFacts, PodPool

FOUND = PodFacts(
    cluster=Cluster("prod", namespace="shop"),
    where="prod",
    service="web",
    workload="statefulset/web",
    containers=(("web", "registry.example.net:5000/web:2.4.0"), ("log", "log@sha256:0a")),
    pods=(("web-0", True), ("web-1", True)),
    port=8080,
    is_checked=True,
    is_prepared=True,
    budgets=("web",),
)


def pool_of(found: PodFacts) -> PodPool:
    pool = parse(filled(found), "web.yaml").settings.pool
    assert isinstance(pool, PodPool)
    return pool


def test_what_was_found_stands_there() -> None:
    pool = pool_of(FOUND)
    assert pool.cluster == FOUND.cluster
    assert (pool.service, pool.workload) == ("web", "statefulset/web")
    container = {"name": "web", "image": "registry.example.net:5000/web:2.4.0"}
    assert pool.template == {"spec": {"containers": [container]}}
    assert parse(filled(FOUND), "web.yaml").settings.warnings == ()


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (replace(FOUND, workload=""), "NO SINGLE WORKLOAD OWNS THESE PODS"),
        (replace(FOUND, containers=()), "left out: as somebody else has it"),
        (replace(FOUND, pods=(("web-0", False),)), "OF THESE, 1 ARE NOT READY"),
        (replace(FOUND, pods=()), "Pods now: none"),
        (replace(FOUND, port=0), "The Service names its port by a name"),
        (replace(FOUND, is_checked=False), "NO READINESS PROBE"),
        (replace(FOUND, is_prepared=False), "the Service's selector is narrowed"),
        (replace(FOUND, is_prepared=False, manager="Flux"), "Flux keeps this Service"),
        (replace(FOUND, others=("api", "db")), "Other Services here: api, db"),
        (replace(FOUND, workload="deployment/web"), "one more serves than now"),
        (replace(FOUND, cluster=Cluster("a:b/c", "/k x", "shop")), 'context: "a:b/c"'),
        (replace(FOUND, containers=(("web", "web"),)), 'version: "0.0.0"'),
    ],
)
def test_what_to_know_of_it_is_said(found: PodFacts, says: str) -> None:
    """And the file is right all the same."""
    assert says in filled(found)
    pool_of(found)
