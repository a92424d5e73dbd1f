"""What becomes of one thing that is fetched: it is told, however it ends."""

import asyncio
from datetime import timedelta
from typing import Any

from controller.core.events import Collected
from controller.core.steps import Collect, Course
from controller.errors import ConfigurationError, Fault
from controller.runner.collecting import KEPT, bounded, collected
from controller.runner.unbegun import broken_off
from controller.tasks import Command, JobResult, Work
from tests.runner.test_questions import Answers
from tests.support.tables import table

STEP = Collect("web2", Course.UPGRADE, 0, "web2")
RPM = Command(("rpm", "-qa"), timedelta(seconds=60))


def fetched(result: JobResult) -> Collected:
    work = Work((), (), collects=(RPM,))
    return asyncio.run(collected(STEP, lambda _: work, Answers([result])))


@table(
    "result detail",
    {
        "well": ({"exit_code": 0, "output": "bash\n"}, "ended with exit code 0"),
        "ill": ({"exit_code": 1, "output": "bash\n"}, "ended with exit code 1"),
        "too late": ({"timed_out": True, "output": "bash\n"}, "did not end in time (1m)"),
        "not at all": ({"fault": "no such program"}, "could not be asked: no such program"),
        "cut off": ({"lost": True}, "was cut off"),
        "in its own way": ({"failure": "its host restarted"}, "its host restarted"),
    },
)
def test_however_it_ends(result: dict[str, Any], detail: str) -> None:
    event = fetched(JobResult(seconds=2.0, **result))
    output = result.get("output", "")
    assert event == Collected("web2", 0, "web2", "`rpm -qa`", detail, output, 2.0)


def test_bounded() -> None:
    """The beginning and the end of a long one."""
    text = "a" * KEPT + "z" * 10
    found = bounded(text)
    assert found.startswith("a" * (KEPT // 4) + "\n[... 10 characters left out ...]\n")
    assert found.endswith("z" * 10)
    assert bounded("a" * KEPT) == "a" * KEPT


def test_a_template_without_a_value() -> None:
    def unfilled(_: Collect) -> Work:
        raise ConfigurationError("web.yaml", (Fault(1, 1, "collect[0]", "no value"),))

    event = asyncio.run(collected(STEP, unfilled, Answers([])))
    assert (event.name, event.detail, event.output) == ("thing 1", "no value", "")


def test_broken_off() -> None:
    """A bug, or no end within the limit: it counts as fetched, with nothing."""
    assert broken_off(STEP, "no end") == Collected("web2", 0, "web2", "collect", "no end", "")
