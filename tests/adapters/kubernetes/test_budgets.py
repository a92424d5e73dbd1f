"""Disruption budgets: which pod has which, and what they can allow."""

from typing import Any

from adapters.kubernetes.budgets import (
    as_query,
    covering,
    never_allows,
    selects,
    standing,
    two_budgets,
)
from adapters.kubernetes.client.api import Json
from tests.adapters.kubernetes.nodes.samples import a_budget, a_pod
from tests.support.tables import table


def expression(operator: str, *values: str) -> Json:
    return {"matchExpressions": [{"key": "app", "operator": operator, "values": list(values)}]}


@table(
    "selector matches query",
    {
        "a label": ({"matchLabels": {"app": "web"}}, True, "app=web"),
        "another value": ({"matchLabels": {"app": "db"}}, False, "app=db"),
        "two labels": ({"matchLabels": {"app": "web", "a": "b"}}, False, "app=web,a=b"),
        "everything": ({}, True, ""),
        "one of": (expression("In", "db", "web"), True, "app in (db,web)"),
        "none of": (expression("NotIn", "db", "web"), False, "app notin (db,web)"),
        "there": (expression("Exists"), True, "app"),
        "not there": (expression("DoesNotExist"), False, "!app"),
    },
)
def test_selectors(selector: Json, matches: bool, query: str) -> None:
    assert selects(selector, {"app": "web"}) is matches
    assert as_query(selector) == query


def test_no_selector_matches_nothing() -> None:
    assert not selects(None, {"app": "web"})


def test_budgets_of_another_namespace_say_nothing() -> None:
    budgets = [a_budget(), a_budget("db", app="db")]
    assert covering(a_pod(), budgets) == budgets[:1]
    assert covering(a_pod(namespace="bank"), budgets) == []


def test_two_budgets_are_one_too_many() -> None:
    """The eviction API answers 500 to that, whatever they allow."""
    assert two_budgets(a_pod(), [a_budget()]) == ""
    assert "shop/web-0 has more than one PodDisruptionBudget (all, web)" in two_budgets(
        a_pod(), [a_budget(), a_budget("all")]
    )


def failed() -> Json:
    budget = a_budget()
    condition = {"type": "DisruptionAllowed", "status": "False", "reason": "SyncFailed"}
    budget["status"]["conditions"] = [condition | {"message": "no scale subresource"}]
    return budget


def behind(**changes: Any) -> Json:
    budget = a_budget(**changes)
    budget["metadata"]["generation"] = 2
    return budget


@table(
    "budget why",
    {
        "allows one": (a_budget(), ""),
        "allows none for now": (a_budget(healthy=2), ""),
        "of nobody": (a_budget(of=0, needs=1), ""),
        "needs all": (a_budget(needs=3), "it needs 3 healthy pods, and there are 3"),
        "needs all, and is not counted yet": (behind(needs=3), ""),
        "no disruption": (a_budget(maxUnavailable=0), "its maxUnavailable is 0"),
        "none per cent": (a_budget(maxUnavailable="0%"), "its maxUnavailable is 0"),
        "of a DaemonSet": (failed(), "its pods cannot be counted (no scale subresource)"),
    },
)
def test_budgets_that_never_allow(budget: Json, why: str) -> None:
    said = never_allows(budget)
    assert why in said
    assert bool(said) == bool(why)


def test_who_else_is_unhealthy() -> None:
    pods = [a_pod(f"web-{number}", ready=number == 0) for number in range(6)]
    said = standing(a_budget(healthy=1), pods[:2])
    assert said == "budget shop/web needs 2 healthy pods and has 1; web-1 is not Ready"
    many = standing(a_budget(healthy=1), pods)
    assert many.endswith("web-1, web-2, web-3 and 2 more are not Ready")
    assert standing(a_budget(healthy=1), []).endswith("has 1")
