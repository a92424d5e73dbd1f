"""An upgrade as a Job: what is made, and how it ended."""

from datetime import timedelta
from typing import Any

from adapters.kubernetes.client.api import Json
from adapters.kubernetes.nodes.job import JOB_LABEL, KEY, end_of, manifest, name_of, waits_for
from controller.tasks import JobResult
from tests.support.tables import table

TEMPLATE = {"spec": {"containers": [{"name": "up", "image": "up:1"}]}}


def test_the_same_key_is_the_same_job() -> None:
    name = name_of("kernel-1/n1/upgrade-1-0", "n1")
    assert name == name_of("kernel-1/n1/upgrade-1-0", "n1")
    assert name != name_of("kernel-1/n1/upgrade-1-1", "n1")
    assert name.startswith("poolroll-n1-")
    long = name_of("key", f"{'very-long-' * 12}.example.com")
    assert len(long) <= 63
    assert long == long.lower().strip("-")


def test_it_is_pinned_to_its_node_and_runs_once() -> None:
    made = manifest("k/n1/upgrade-1-0", "n1", TEMPLATE, timedelta(minutes=5))
    spec, pod = made["spec"], made["spec"]["template"]
    assert spec["backoffLimit"] == 0
    assert spec["activeDeadlineSeconds"] == 300
    assert pod["spec"]["nodeName"] == "n1"
    assert pod["spec"]["restartPolicy"] == "Never"
    assert pod["spec"]["tolerations"] == [{"operator": "Exists"}]
    assert pod["metadata"]["labels"] == {JOB_LABEL: made["metadata"]["name"]}
    assert made["metadata"]["annotations"] == {KEY: "k/n1/upgrade-1-0"}
    assert "nodeName" not in TEMPLATE["spec"], "the template is the file's"


def test_what_the_file_says_stays() -> None:
    own: Json = {
        "metadata": {"labels": {"app": "up"}},
        "spec": {
            "restartPolicy": "OnFailure",
            "tolerations": [],
            "containers": [{"name": "up", "terminationMessagePolicy": "File"}],
        },
    }
    made = manifest("k", "n1", own, timedelta(seconds=1))
    pod = made["spec"]["template"]
    assert made["spec"]["backoffLimit"] == 6
    assert pod["spec"]["tolerations"] == []
    assert pod["spec"]["containers"][0]["terminationMessagePolicy"] == "File"
    assert pod["metadata"]["labels"]["app"] == "up"


def a_job(kind: str = "", reason: str = "", status: str = "True") -> Json:
    condition = {"type": kind, "status": status, "reason": reason}
    return {"status": {"conditions": [condition] if kind else []}}


def a_run(code: int | None = None, said: str = "", at: str = "1", **state: Any) -> Json:
    state = {"terminated": {"exitCode": code, "message": said}} if code is not None else state
    return {
        "metadata": {"creationTimestamp": at},
        "status": {"containerStatuses": [{"name": "up", "state": state}]},
    }


@table(
    "job pods result",
    {
        "just made": ({}, [], None),
        "running": (a_job(), [a_run(running={})], None),
        "failing": (a_job("FailureTarget"), [a_run(1)], None),
        "not failed": (a_job("Failed", status="False"), [a_run(1)], None),
        "done": (a_job("Complete"), [a_run(0, "done\n")], JobResult(exit_code=0, output="done")),
        "failed": (
            a_job("Failed", "BackoffLimitExceeded"),
            [a_run(7, "no disk\n")],
            JobResult(exit_code=7, output="no disk\nthe Job failed: BackoffLimitExceeded"),
        ),
        "failed again": (
            a_job("Failed", "BackoffLimitExceeded"),
            [a_run(3, at="2"), a_run(7, at="1")],
            JobResult(exit_code=3, output="the Job failed: BackoffLimitExceeded"),
        ),
        "too long": (
            a_job("Failed", "DeadlineExceeded"),
            [],
            JobResult(timed_out=True, output="never pulled\nthe Job failed: DeadlineExceeded"),
        ),
        "its pod is gone": (
            a_job("Failed", "BackoffLimitExceeded"),
            [],
            JobResult(lost=True, output="never pulled\nthe Job failed: BackoffLimitExceeded"),
        ),
    },
)
def test_how_it_ended(job: Json, pods: list[Json], result: JobResult | None) -> None:
    """The exit code of its container, and what it said last; without a code, how it ended is not
    known."""
    assert end_of(job, pods, "" if pods else "never pulled") == result


@table(
    "state said",
    {
        "nothing": ({}, ""),
        "it begins": ({"waiting": {"reason": "ContainerCreating"}}, ""),
        "no image": (
            {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}},
            "ImagePullBackOff: not found",
        ),
        "no words": ({"waiting": {"reason": "CrashLoopBackOff"}}, "CrashLoopBackOff"),
    },
)
def test_why_it_does_not_begin(state: Json, said: str) -> None:
    assert waits_for([a_run(**state)]) == said
