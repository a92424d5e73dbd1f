"""A run is never on a Node that it upgrades: the opposite of a label selector, as node affinity."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.support.chart.helm import ChartError, helm
from tests.support.chart.rendered import objects, pod_spec
from tests.support.chart.values import NODES, PODS, entry, values
from tests.support.kubernetes.selectors import labels_matching

WEEKLY = 'schedule: "0 10 * * 2"'
LABELS: tuple[Mapping[str, str], ...] = (
    {},
    {"role": "web"},
    {"role": "app"},
    {"role": "web", "zone": "a"},
    {"role": "web", "zone": "b"},
    {"zone": "a"},
    {"a.example/role": ""},
)


def may_run(values_: str, labels: Mapping[str, str]) -> bool:
    """As the scheduler reads the affinity: any of the terms, all of its expressions."""
    affinity = pod_spec(objects(values_)).get("affinity", {}).get("nodeAffinity")
    if affinity is None:
        return True
    terms = affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    return any(all(_fits(one, labels) for one in term["matchExpressions"]) for term in terms)


def is_one(selector: str, labels: Mapping[str, str]) -> bool:
    return labels_matching(selector)({"metadata": {"labels": labels}})


def _fits(one: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    by: Mapping[str, Callable[[], bool]] = {
        "In": lambda: labels.get(one["key"]) in one["values"],
        "NotIn": lambda: labels.get(one["key"]) not in one["values"],
        "Exists": lambda: one["key"] in labels,
        "DoesNotExist": lambda: operator.not_(one["key"] in labels),
    }
    return by[one["operator"]]()


@pytest.mark.parametrize(
    "selector",
    [
        "role=web",
        "role==web",
        "role!=web",
        "role",
        "!role",
        "role in (web, app)",
        "role notin (web,app)",
        "role=web,zone=a",
        "role in (web,app),zone notin (b), !a.example/role",
        "a.example/role=",
    ],
)
def test_on_no_node_of_the_pool(selector: str) -> None:
    file = NODES.replace('"role=web"', f'"{selector}"')
    given = values(entry("nodes", file, WEEKLY))
    for labels in LABELS:
        assert may_run(given, labels) is not is_one(selector, labels), labels


def test_where_it_may() -> None:
    """A pool that includes the run's own Node, and pods, are free; what is given stays."""
    own = NODES.replace('"role=web"', '"role=web", own_last: true')
    assert may_run(values(entry("nodes", own, WEEKLY)), {"role": "web"})
    assert may_run(values(entry("web", PODS, WEEKLY)), {"role": "web"})
    given = "affinity: {podAffinity: {preferredDuringSchedulingIgnoredDuringExecution: []}}"
    spec = pod_spec(objects(values(entry("nodes", NODES, WEEKLY, given))))
    assert spec["affinity"].keys() == {"nodeAffinity", "podAffinity"}


def test_what_cannot_be_turned_round() -> None:
    file = NODES.replace('"role=web"', '"cores>5"')
    with pytest.raises(ChartError, match="cannot be turned into its opposite"):
        helm().render(values(entry("nodes", file, WEEKLY)))
    with pytest.raises(ChartError, match="use nodeSelector"):
        helm().render(values(entry("nodes", NODES, WEEKLY, "affinity: {nodeAffinity: {}}")))
