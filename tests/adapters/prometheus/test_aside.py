"""Large answers are worked on beside the event loop, and none is worked on without end."""

import json
import threading

import pytest

from adapters.prometheus.aside import SMALL, aside, parsed
from adapters.prometheus.faults import Unanswered
from adapters.prometheus.replies import Reply, answer_of

LARGE = json.dumps({"a": ["x" * SMALL, 1, 2.5, -3e2, {"b": None}]}).encode()


async def test_only_large_ones_go_to_a_thread() -> None:
    """A small answer costs less than the way to a thread."""
    here = threading.current_thread()
    assert await aside(threading.current_thread, SMALL) is here
    assert await aside(threading.current_thread, SMALL + 1) is not here


def test_a_large_one_means_the_same() -> None:
    """However it is parsed."""
    assert parsed(LARGE) == json.loads(LARGE)
    assert parsed(b"[1]") == [1]


@pytest.mark.parametrize(
    "body", [b"[" + b"[]," * 300_001 + b"1]", b"[" + b"1," * 2_000_001 + b"1]"]
)
def test_too_many_values(body: bytes) -> None:
    """They are no answer, before anything is made of them."""
    with pytest.raises(ValueError, match="too many values"):
        parsed(body)
    with pytest.raises(Unanswered, match="not JSON"):
        answer_of(Reply(200, "text/json", body))


def test_a_number_without_end() -> None:
    """It is no number of theirs."""
    with pytest.raises(Unanswered):
        answer_of(Reply(200, "", b'{"status": "success", "data": ' + b"9" * 70_000 + b"}"))
