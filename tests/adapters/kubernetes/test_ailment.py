"""What a halt says became of the containers of a pod."""

from typing import Any

import pytest

from adapters.kubernetes.ailment import ailment_of

Json = dict[str, Any]


def a_container(count: int = 0, name: str = "web", **states: Json) -> Json:
    return {"name": name, "restartCount": count, **states}


OOM = {"terminated": {"reason": "OOMKilled", "exitCode": 137}}
CRASH = {"terminated": {"exitCode": 1}}
DONE = {"terminated": {"reason": "Completed", "exitCode": 0}}


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({}, ""),
        ({"containerStatuses": [a_container(state={"running": {}})]}, ""),
        (
            {"containerStatuses": [a_container(1, state={"running": {}}, lastState=OOM)]},
            "container web: OOMKilled, exit code 137, restarted 1 time",
        ),
        (
            {"containerStatuses": [a_container(state=CRASH)]},
            "container web, exit code 1",
        ),
        (
            {"containerStatuses": [a_container(2, state={"waiting": {}}, lastState=DONE)]},
            "container web: Completed, exit code 0, restarted 2 times",
        ),
        ({"containerStatuses": [a_container(3)]}, "container web, restarted 3 times"),
        ({"initContainerStatuses": [a_container(name="prepare", state=DONE)]}, ""),
        ({"reason": "Evicted"}, "Evicted"),
        (
            {"containerStatuses": [a_container(state=OOM), a_container(1, name="proxy")]},
            "container web: OOMKilled, exit code 137; container proxy, restarted 1 time",
        ),
    ],
)
def test_ailment(status: Json, said: str) -> None:
    """How each ended, and how often it was started again; nothing of those that are well."""
    assert ailment_of({"status": status}) == said
