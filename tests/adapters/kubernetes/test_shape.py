"""Answers of the shape that the API's types have are let in, and no others."""

import pytest

from adapters.kubernetes.client.faults import NotTheApi
from adapters.kubernetes.client.paths import PODS
from adapters.kubernetes.client.shape import checked, shaped
from adapters.kubernetes.client.wire.call import Call

CALL = Call("it", "list", PODS, "default", "", "")
META = {"name": "web-0", "uid": "u1"}
GOOD = {
    "a pod": {"metadata": META, "status": {"podIP": None, "conditions": None}},
    "a revision": {"metadata": META, "data": {"spec": {"template": {}}}},
    "nothing else": {"metadata": META, "spec": None},
}
BAD = {
    "no name": {"metadata": {"uid": "u1"}},
    "no object": {"metadata": []},
    "a name of something else": {"metadata": {**META, "name": "-x;\x1b"}},
    "a label that is none": {"metadata": {**META, "labels": {"a": 1}}},
    "an owner without a kind": {"metadata": {**META, "ownerReferences": [{"name": "x"}]}},
    "a condition without a type": {"metadata": META, "status": {"conditions": [{}]}},
    "a list of nothing": {"metadata": META, "status": {"conditions": [None]}},
    "a text for a list": {"metadata": META, "status": {"conditions": "True"}},
    "a number without end": {"metadata": META, "spec": {"replicas": 2**64}},
    "a truth for a number": {"metadata": META, "spec": {"replicas": True}},
}


@pytest.mark.parametrize("found", GOOD.values(), ids=GOOD)
def test_let_in(found: dict[str, object]) -> None:
    """Null is nothing, and what is not read may be anything."""
    checked(CALL, found)


@pytest.mark.parametrize("found", BAD.values(), ids=BAD)
def test_kept_out(found: dict[str, object]) -> None:
    """In one clear line."""
    with pytest.raises(NotTheApi, match="none of the Kubernetes API"):
        checked(CALL, found)


def test_how_an_eviction_went() -> None:
    """Its answer is a word, where other answers have an object."""
    shaped(CALL, {"kind": "Status", "metadata": {}, "status": "Success"})
