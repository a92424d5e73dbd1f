"""An eviction or a deletion answers with a Status, whose status is a word."""

import pytest

from adapters.kubernetes.client.faults import ApiError
from adapters.kubernetes.client.paths import PODS
from adapters.kubernetes.client.shape import shaped
from adapters.kubernetes.client.wire.call import Call

EVICT = Call("prod", "create", PODS, "shop", "web-0", "eviction")
SUCCESS = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


def test_it_is_taken_for_what_it_is() -> None:
    shaped(EVICT, SUCCESS)


@pytest.mark.parametrize("answer", [{**SUCCESS, "kind": "Pod"}, {**SUCCESS, "status": {}}])
def test_nothing_else_is(answer: dict[str, object]) -> None:
    """The word is no status of an object, and the other way round."""
    with pytest.raises(ApiError, match="status is not of its type"):
        shaped(EVICT, answer)
