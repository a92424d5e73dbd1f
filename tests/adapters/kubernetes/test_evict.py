"""Evictions: a dry run first, then the pod that is meant, and no other."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from adapters.kubernetes.client.api import Api, Json, Listing
from adapters.kubernetes.client.faults import (
    ApiError,
    Cause,
    Conflict,
    Forbidden,
    NotFound,
    Said,
    TooManyRequests,
)
from adapters.kubernetes.client.paths import BUDGETS, Resource
from adapters.kubernetes.evict import Eviction, evict, may_evict, refusal
from tests.adapters.kubernetes.nodes.samples import a_budget, a_pod

SAID = Said(
    429, "TooManyRequests", "Cannot evict pod", (Cause("DisruptionBudget", "needs 2, has 2"),)
)
REFUSED = TooManyRequests("prod", "evict Pod shop/web-0", SAID, "web")


class Evicting(Api):
    """Answers evictions in turn, and lists."""

    def __init__(self, *answers: ApiError | None, lists: Sequence[Json] | ApiError = ()) -> None:
        self.asked: list[tuple[str, str, str, bool]] = []
        self._answers = list(answers)
        self._lists = lists

    async def evict(self, pod: str, namespace: str, uid: str, *, dry_run: bool = False) -> None:
        self.asked.append((namespace, pod, uid, dry_run))
        if (answer := self._answers.pop(0)) is not None:
            raise answer

    async def list(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        trim: Any = None,
    ) -> Listing:
        if isinstance(self._lists, ApiError):
            raise self._lists
        if resource is BUDGETS:
            assert fields == "metadata.name=web"
            return Listing([one for one in self._lists if "minAvailable" in one["spec"]], "1")
        assert labels == "app=web"
        return Listing([one for one in self._lists if "nodeName" in one["spec"]], "1")


def test_a_dry_run_comes_first() -> None:
    api = Evicting(None, None)
    assert asyncio.run(evict(api, a_pod())) is Eviction.GRANTED
    assert api.asked == [
        ("shop", "web-0", "uid-web-0", True),
        ("shop", "web-0", "uid-web-0", False),
    ]


@pytest.mark.parametrize("error", [Conflict("prod", "another UID"), NotFound("prod", "gone")])
def test_a_pod_that_is_gone_is_not_evicted(error: ApiError) -> None:
    """An eviction that is refused for its UID would use up the budget for two minutes."""
    api = Evicting(error)
    assert asyncio.run(evict(api, a_pod())) is Eviction.GONE
    assert [dry for *_, dry in api.asked] == [True]


def test_a_pod_may_go_between_the_two() -> None:
    assert asyncio.run(evict(Evicting(None, NotFound("prod", "gone")), a_pod())) is Eviction.GONE


def test_a_budget_that_refuses_is_raised() -> None:
    with pytest.raises(TooManyRequests):
        asyncio.run(evict(Evicting(REFUSED), a_pod()))
    assert asyncio.run(may_evict(Evicting(None), a_pod())) is Eviction.GRANTED


def test_a_refusal_names_the_budget_and_who_is_unhealthy() -> None:
    pods = [a_pod("web-0", ready=False), a_pod("web-1", ready=False)]
    api = Evicting(lists=[a_budget(healthy=1), *pods])
    said = asyncio.run(refusal(api, a_pod(), REFUSED))
    assert said == "budget shop/web needs 2 healthy pods and has 1; web-1 is not Ready"


@pytest.mark.parametrize("lists", [Forbidden("prod", "no"), []], ids=["not readable", "gone"])
def test_a_budget_that_cannot_be_read(lists: Any) -> None:
    assert asyncio.run(refusal(Evicting(lists=lists), a_pod(), REFUSED)) == "needs 2, has 2"


@pytest.mark.parametrize(("message", "words"), [("too busy", "too busy"), ("", "evict: busy")])
def test_another_limit(message: str, words: str) -> None:
    error = TooManyRequests("prod", "evict: busy", Said(429, "", message))
    assert asyncio.run(refusal(Evicting(), a_pod(), error)) == words
