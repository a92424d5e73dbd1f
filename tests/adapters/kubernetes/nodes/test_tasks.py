"""What a pool of Nodes performs itself: notes, Jobs, proofs and questions."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.kubernetes.client.paths import JOBS, PODS
from adapters.kubernetes.nodes.cluster import Nodes
from adapters.kubernetes.nodes.tasks import NodeTasks
from controller.core.outcome import Outcome
from controller.core.pool import LineKey, Occupant, Seat
from controller.pools.kubernetes import Cluster, NodePool
from controller.tasks import Command, JobResult, PoolTask, TaskJob
from tests.adapters.kubernetes.nodes.rollout import NODE_POOL, Ground, killed, play, three_nodes
from tests.adapters.kubernetes.nodes.test_rollout import ONE, as_found
from tests.adapters.kubernetes.nodes.world import MemoryApi, World
from tests.support.tables import table
from tests.support.virtual import LoopClock, run_virtually

SHORT = timedelta(seconds=20)
TEMPLATE = json.dumps({"spec": {"containers": [{"name": "up", "image": "up:1"}]}})
KEY = "kernel-1/n1/upgrade-1-0"


def task(name: str, **args: str) -> PoolTask:
    return PoolTask(name, SHORT, {"node": "n1", "course": "upgrade", **args})


def seats(uid: str = "uid-n1") -> tuple[Seat, ...]:
    return (Seat(LineKey("prod", "role=web"), Occupant(uid, "10.0.0.1", 0)),)


def a_job(name: str, **args: str) -> TaskJob:
    return TaskJob(KEY, task(name, **args), seats())


JOB = a_job("job", template=TEMPLATE)


def run(
    world: World, act: Callable[[NodeTasks], Awaitable[JobResult]], pool: NodePool = NODE_POOL
) -> JobResult:
    async def main() -> JobResult:
        return await act(NodeTasks(Nodes(MemoryApi(world), "role=web"), pool, LoopClock()))

    return run_virtually(main())


def test_a_job_that_ends_well() -> None:
    world = three_nodes()
    result = run(world, lambda tasks: tasks.run(JOB))
    assert (result.exit_code, result.output) == (0, "said last")
    made = next(iter(world.objects[JOBS].values()))
    assert made["metadata"]["namespace"] == "ops"
    assert made["spec"]["template"]["spec"]["nodeName"] == "n1"


def test_a_job_that_fails_tells_its_exit_code_and_last_lines() -> None:
    world = three_nodes()
    world.job_ends_with = 9
    result = run(world, lambda tasks: tasks.run(JOB))
    assert (result.exit_code, result.output) == (9, "said last\nthe Job failed: x")


def test_the_same_key_is_the_same_execution() -> None:
    """After a crash too: what is there is joined."""
    world = three_nodes()
    first = run(world, lambda tasks: tasks.run(JOB))
    again = run(world, lambda tasks: tasks.run(replace(JOB, joins=True)))
    assert (again.exit_code, again.output) == (first.exit_code, first.output)
    assert world.boots == ["n1"]


def test_an_execution_that_never_began_is_lost() -> None:
    """Where it may only be joined, nothing begins."""
    world = three_nodes()
    assert run(world, lambda tasks: tasks.run(replace(JOB, joins=True))).lost
    assert world.objects[JOBS] == {}


def test_a_job_that_is_deleted_is_lost() -> None:
    world = three_nodes()
    world.at(1, world.objects[JOBS].clear)
    assert run(world, lambda tasks: tasks.run(JOB)).lost


def test_a_job_is_waited_for_while_the_api_is_away() -> None:
    world = three_nodes()
    world.at(1, lambda: setattr(world, "is_away", True))
    world.at(61, lambda: setattr(world, "is_away", False))
    assert run(world, lambda tasks: tasks.run(JOB)).exit_code == 0


def test_a_job_that_nobody_ends_is_not_waited_for_for_ever() -> None:
    """Its controller is away: the Job is named, for it may run still."""
    world = three_nodes()
    world.run_job = lambda _: None  # type: ignore[method-assign, assignment]
    result = run(world, lambda tasks: tasks.run(JOB))
    assert result.timed_out
    assert result.survivors == (f"Job ops/{next(iter(world.objects[JOBS])).partition('/')[2]}",)
    assert result.seconds >= 80


def test_a_job_is_not_made_for_another_node() -> None:
    world = three_nodes()
    result = run(world, lambda tasks: tasks.run(replace(JOB, seats=seats("another"))))
    assert result.fault is not None
    assert "n1 is another Node now" in result.fault
    assert world.objects[JOBS] == {}


def test_a_rollout_by_jobs() -> None:
    """The Job's own pod is not in the way of the steps that follow."""
    ground = Ground(selection=ONE, steps=("note_boot_id", "job", "node_is_back"), template=TEMPLATE)
    played = play(ground)
    assert played.end.outcome is Outcome.DONE
    assert ground.world.boots == ["n1"]
    as_found(ground.world, "n1")


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_while_a_job_is_made(when: str) -> None:
    """It runs once, whichever process made it."""
    ground = Ground(selection=ONE, steps=("note_boot_id", "job", "node_is_back"), template=TEMPLATE)
    assert killed(ground, 6, when)
    assert len(ground.world.objects[JOBS]) == (when == "after")
    played = play(ground, at=timedelta(seconds=60), is_new=False)
    assert played.end.outcome is Outcome.DONE
    assert ground.world.boots == ["n1"]
    as_found(ground.world, "n1")


def test_what_was_noted_before_the_steps_stays() -> None:
    """Asked again after a reboot, as after a crash, the note is still that of before."""
    world = three_nodes()
    first = run(world, lambda tasks: tasks.run(a_job("note_boot_id")))
    world.node("n1")["status"]["nodeInfo"]["bootID"] = "new"
    again = run(world, lambda tasks: tasks.run(a_job("note_boot_id")))
    assert (again.exit_code, again.output) == (first.exit_code, "boot id n1-boot-1")
    back = run(world, lambda tasks: tasks.run(a_job("note_boot_id", course="rollback")))
    assert back.output == "boot id new"


def test_the_way_back_is_not_held_to_the_versions_of_the_upgrade() -> None:
    world = three_nodes()
    pool = NodePool(Cluster(), "role=web", expect={"kubelet_version": "v9"})
    back = a_job("node_is_back", course="rollback")
    assert run(world, lambda tasks: tasks.run(back), pool).exit_code == 0
    result = run(world, lambda tasks: tasks.run(a_job("node_is_back")), pool)
    assert result.exit_code == 1
    assert result.output == ("n1 is not back: its kubelet_version is v1.36.1, and v9 is expected")
    assert result.seconds >= SHORT.total_seconds()


def test_time_in_which_the_api_is_away_is_not_the_nodes() -> None:
    world = three_nodes()
    ready = world.node("n1")["status"]["conditions"][0]
    ready["status"] = "False"
    world.at(5, lambda: setattr(world, "is_away", True))
    world.at(65, lambda: setattr(world, "is_away", False))
    world.at(70, lambda: ready.update(status="True"))
    result = run(
        world, lambda tasks: tasks.run(a_job("node_is_back")), replace(NODE_POOL, expect={})
    )
    assert result.exit_code == 0


def test_a_node_that_is_gone_is_not_back() -> None:
    world = three_nodes()
    gone = TaskJob(KEY, PoolTask("node_is_back", SHORT, {"node": "n9", "course": "upgrade"}))
    result = run(world, lambda tasks: tasks.run(gone))
    assert result.exit_code == 1
    assert "no Node n9 with labels role=web" in result.output


@table(
    "version code",
    {"as expected": ("v1.36.2", 0), "another": ("v1.36.1", 1)},
)
def test_is_it_current(version: str, code: int) -> None:
    world = three_nodes()
    world.node("n1")["status"]["nodeInfo"]["kubeletVersion"] = version
    assert run(world, lambda tasks: tasks.ask(task("node_is_current"))).exit_code == code


def test_a_node_that_is_not_ready_is_not_current() -> None:
    world = three_nodes()
    world.node("n1")["status"]["conditions"][0]["status"] = "False"
    result = run(
        world, lambda tasks: tasks.ask(task("node_is_current")), replace(NODE_POOL, expect={})
    )
    assert (result.exit_code, result.output) == (1, "it is not Ready")


def test_a_question_to_an_api_that_is_away() -> None:
    world = three_nodes()
    world.is_away = True
    result = run(world, lambda tasks: tasks.ask(task("node_is_current")))
    assert result.fault == "prod: it refuses the connection"


@table(
    "asked fault",
    {
        "a Job": (task("job", template=TEMPLATE), None),
        "a proof": (task("node_is_back"), None),
        "a Job without containers": (
            task("job", template="{}"),
            "the Job's pod template names no containers",
        ),
        "a Job of no JSON": (task("job"), "the Job's pod template names no containers"),
        "unknown": (task("dance"), "a pool of Nodes has no task 'dance'"),
        "a command": (Command(("x",), SHORT), "a pool of Nodes runs no commands"),
    },
)
def test_what_cannot_be_started(asked: PoolTask | Command, fault: str | None) -> None:
    tasks = NodeTasks(Nodes(MemoryApi(three_nodes()), ""), NODE_POOL, LoopClock())
    assert tasks.unstartable(asked) == fault


def test_what_is_no_step_and_what_is_no_question() -> None:
    world = three_nodes()
    ran = run(world, lambda tasks: tasks.run(a_job("node_is_current")))
    assert ran.fault == "it is a question, and no step"
    asked = run(world, lambda tasks: tasks.ask(task("job", template=TEMPLATE)))
    assert asked.fault == "it is a step, and no question"
    assert len(world.objects[PODS]) == 9
