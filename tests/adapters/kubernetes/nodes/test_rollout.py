"""Whole rollouts over three Nodes with pods of two workloads, a DaemonSet and a budget."""

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.kubernetes.client.paths import BUDGETS, NODES, PODS
from adapters.kubernetes.nodes.marks import EXCLUDE_LABEL
from adapters.kubernetes.nodes.rights import needed
from controller.core.events import Cause
from controller.core.outcome import Outcome
from controller.core.settings import Amount, OnFailure, Selection
from controller.core.steps import RunStep
from tests.adapters.kubernetes.nodes.rollout import (
    NODE_POOL,
    POLICIES,
    ROLLOUT,
    Ground,
    Played,
    killed,
    play,
)
from tests.adapters.kubernetes.nodes.samples import POOL, a_pod
from tests.adapters.kubernetes.nodes.world import World

ONE = Selection(include=("n1",))
NODE_NAMES = ("n1", "n2", "n3")


def watched(world: World) -> dict[str, int]:
    """The fewest that there ever were."""
    fewest = {"nodes": 3, "web": 3}

    def look() -> None:
        fewest["nodes"] = min(fewest["nodes"], world.serving)
        fewest["web"] = min(fewest["web"], world.healthy("web"))

    world.watch.append(look)
    return fewest


def as_found(world: World, *names: str) -> None:
    """Nothing of ours is left on them."""
    for name in names:
        node = world.node(name)
        assert node["spec"] == {}, name
        assert node["metadata"]["annotations"] == {}, name
        assert node["metadata"]["labels"] == POOL, name


def halted(played: Played, *words: str) -> None:
    assert played.end.outcome is Outcome.HALTED
    for word in words:
        assert word in played.end.why


def test_all_nodes_one_after_the_other() -> None:
    """Emptied before the reboot, proven after it; the budget is kept, and all is as it was."""
    ground = Ground()
    world = ground.world
    fewest = watched(world)
    full: list[str] = []
    world.at_reboot = lambda name: full.extend(world.on(name))
    played = play(ground)
    assert played.end.outcome is Outcome.DONE
    assert world.boots == ["n1", "n2", "n3"]
    assert fewest == {"nodes": 2, "web": 2}
    assert full == []
    as_found(world, *NODE_NAMES)
    assert world.healthy("db") == 3
    first = world.writes.index("patch n1 cordon cordoned")
    assert world.writes.index("evict web-0") > first
    assert world.writes.index("patch n1 before") < world.writes.index("patch n1 uncordon")


@pytest.mark.parametrize("step", ["reboot", "job"])
def test_no_right_is_used_that_the_plan_does_not_ask_for_and_none_asked_for_in_vain(
    step: str,
) -> None:
    template = '{"spec": {"containers": [{"name": "up"}]}}'
    ground = Ground(selection=ONE, steps=("note_boot_id", step, "node_is_back"), template=template)
    assert play(ground).end.outcome is Outcome.DONE
    rights = needed("ops", job=step == "job")
    assert ground.world.used == {(right.verb, right.path) for right in rights}


def test_two_at_a_time() -> None:
    """The budget slows the second drain down, and is kept."""
    ground = Ground(policies=replace(POLICIES, max_unavailable=Amount(2)))
    fewest = watched(ground.world)
    played = play(ground)
    assert played.end.outcome is Outcome.DONE
    assert sorted(ground.world.boots) == ["n1", "n2", "n3"]
    assert fewest == {"nodes": 1, "web": 2}
    as_found(ground.world, *NODE_NAMES)


def test_the_node_that_poolroll_runs_on_is_the_last() -> None:
    ground = Ground(pool=replace(NODE_POOL, own_last=True), own_node="n1")
    played = play(ground)
    assert played.end.outcome is Outcome.DONE
    assert ground.world.boots == ["n2", "n3", "n1"]


def test_a_boot_id_that_does_not_change_is_a_halt() -> None:
    """The Node stays cordoned, and no other one is touched."""
    ground = Ground()
    ground.world.reboots_fail = True
    played = play(ground)
    halted(played, "node_is_back", "ended with exit code 1")
    assert played.phases == {"n1": "failed", "n2": "waiting", "n3": "waiting"}
    assert "it was not rebooted" in played.told
    assert ground.world.node("n1")["spec"] == {"unschedulable": True}
    as_found(ground.world, "n2", "n3")


def test_a_version_that_is_not_as_expected_is_a_halt() -> None:
    ground = Ground()
    ground.world.version = "v1.36.1"
    played = play(ground)
    halted(played, "node_is_back")
    assert "its kubelet_version is v1.36.1, and v1.36.2 is expected" in played.told


def test_what_pods_say_from_before_a_fast_reboot_is_not_believed() -> None:
    """The cluster never marked them as not Ready: the Node waits until they were started again."""
    ground = Ground(selection=ONE)
    ground.world.daemons_linger = True
    played = play(ground)
    assert played.end.outcome is Outcome.DONE
    restarted = [one for one in ground.world.pods if one["metadata"]["name"] == "log-n1"]
    assert restarted[0]["status"]["containerStatuses"][0]["restartCount"] == 1


def test_somebody_elses_cordon_is_left_as_found() -> None:
    """It is no capacity either."""
    ground = Ground()
    ground.world.node("n2")["spec"]["unschedulable"] = True
    fewest = watched(ground.world)
    played = play(ground)
    assert played.end.outcome is Outcome.DONE
    assert ground.world.boots == ["n1", "n3"]
    assert ground.world.node("n2")["spec"] == {"unschedulable": True}
    assert not any("n2" in one for one in ground.world.writes)
    assert fewest["nodes"] == 1


def test_a_node_that_is_not_ready_is_no_capacity() -> None:
    """The floor counts Nodes that are Ready and schedulable, whoever took the others."""
    ground = Ground(policies=replace(POLICIES, wait_for_capacity=timedelta(seconds=5)))

    def fails() -> None:
        ground.world.node("n3")["status"]["conditions"][0]["status"] = "Unknown"

    ground.world.at(9, fails)
    played = play(ground)
    halted(played, "without the next member 1 would serve")
    assert ground.world.boots == ["n1"]


def test_a_cordon_that_somebody_else_ends_is_a_halt() -> None:
    ground = Ground()
    ground.world.at(10, lambda: ground.world.node("n1")["spec"].pop("unschedulable"))
    played = play(ground)
    assert played.state.halt is not None
    assert played.state.halt.cause is Cause.FOREIGN
    assert "n1 is back" in played.told
    assert ground.world.boots == ["n1"]


def test_a_budget_that_stops_a_drain_is_named_and_the_node_goes_back() -> None:
    """At the drain's deadline; who else is unhealthy stands beside it."""
    ground = Ground()
    budget = next(iter(ground.world.objects[BUDGETS].values()))
    ground.world.at(1.5, lambda: budget["status"].update(desiredHealthy=3))
    played = play(ground)
    halted(
        played,
        "n1 is still in use after 2m: 1 pod has still to go: shop/web-0 (budget shop/web needs 3 "
        "healthy pods and has 3)",
    )
    assert played.phases["n1"] == "waiting"
    as_found(ground.world, *NODE_NAMES)
    assert ground.world.boots == []


def test_a_budget_is_waited_for() -> None:
    """A pod elsewhere is not Ready for a while: nothing is evicted meanwhile that needs it."""
    ground = Ground(selection=ONE)
    other = next(pod for pod in ground.world.pods if pod["metadata"]["name"] == "web-1")
    other["status"]["conditions"][0]["status"] = "False"
    ground.world.at(30, lambda: other["status"]["conditions"][0].update(status="True"))
    at: list[str] = []
    ground.world.watch.append(lambda: at.append(str(ground.world.healthy("web"))))
    played = play(ground)
    assert played.end.outcome is Outcome.DONE
    assert min(at) == "2"


def test_rollback_all_proves_each_way_back_by_a_boot_id_of_its_own() -> None:
    """The boot id of before is that of before the rollback's own steps."""
    ground = Ground(policies=replace(POLICIES, on_failure=OnFailure.ROLLBACK_ALL))

    def bad_from_now_on() -> None:
        ground.world.version = "v1.36.1"

    ground.world.at(16, bad_from_now_on)
    played = play(ground)
    halted(played)
    assert ground.world.boots == ["n1", "n2", "n2", "n1"]
    assert set(played.phases.values()) == {"done", "waiting"}
    as_found(ground.world, *NODE_NAMES)


def test_a_rollback_whose_node_does_not_reboot_is_stuck() -> None:
    """The reboot of the upgrade before proves nothing about the way back."""
    ground = Ground(policies=replace(POLICIES, on_failure=OnFailure.ROLLBACK_MEMBER))
    ground.world.version = "v1.36.1"

    def no_more() -> None:
        ground.world.reboots_fail = ground.world.boots == ["n1"]

    ground.world.at(60, no_more)
    played = play(ground)
    assert played.phases["n1"] == "stuck"
    assert ground.world.boots == ["n1", "n1"]


@pytest.mark.parametrize("since", [1.2, 3.1, 5, 8, 14.2])
def test_the_api_is_away_for_half_a_minute(since: float) -> None:
    """In whichever phase: it holds, and goes on."""
    ground = Ground(selection=ONE, policies=replace(POLICIES, lost_after=timedelta(minutes=2)))
    ground.world.at(since, lambda: setattr(ground.world, "is_away", True))
    ground.world.at(since + 30, lambda: setattr(ground.world, "is_away", False))
    played = play(ground)
    assert played.end.outcome is Outcome.DONE
    assert ground.world.boots == ["n1"]
    as_found(ground.world, "n1")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(1, 7))
def test_killed_between_any_two_writes(number: int, when: str) -> None:
    """The next process goes on: one reboot, and nothing of ours is left. cordon, evictions, held,
    noted, uncordoned."""
    ground = Ground(selection=ONE)
    assert killed(ground, number, when)
    played = play(ground, at=timedelta(seconds=60), is_new=False)
    assert played.end.outcome is Outcome.DONE
    assert ground.world.boots == ["n1"]
    as_found(ground.world, *NODE_NAMES)
    assert ground.world.healthy("web") == 3


def test_that_there_are_no_more_writes() -> None:
    """Else the test above would miss some."""
    assert not killed(Ground(selection=ONE), 7, "before")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", [6, 7])
def test_killed_on_the_way_back(number: int, when: str) -> None:
    """Right before and after the note of the rollback, and before and after it is put back."""
    policies = replace(POLICIES, on_failure=OnFailure.ROLLBACK_MEMBER)
    ground = Ground(selection=ONE, policies=policies, long=timedelta(seconds=15))
    ground.world.version = "v1.36.1"
    assert killed(ground, number, when)
    played = play(ground, at=timedelta(seconds=120), is_new=False)
    halted(played, "node_is_back")
    assert played.phases == {"n1": "done"}
    assert ground.world.boots == ["n1", "n1"]
    as_found(ground.world, *NODE_NAMES)


def test_killed_while_the_node_reboots() -> None:
    """The boot id of before stands on the Node: the next process takes no former one for a new
    one."""
    ground = Ground(selection=ONE)
    ground.world.kill_at_reboot = True
    assert killed(ground, 99, "before")
    steps = len(ground.intended(RunStep, "n1"))
    played = play(ground, at=timedelta(seconds=60), is_new=False)
    assert played.end.outcome is Outcome.DONE
    assert ground.world.boots == ["n1"]
    assert steps == 2
    assert ROLLOUT


def test_pods_that_come_while_nobody_empties_the_node_leave_it_before_the_next_step() -> None:
    """The process that held the Node is gone: the next one takes it out once more."""
    ground = Ground(selection=ONE)
    assert killed(ground, 5, "after")
    ground.world.add(PODS, a_pod("late-0", "n1", owner="ReplicaSet/late"))
    played = play(ground, at=timedelta(seconds=60), is_new=False)
    assert played.end.outcome is Outcome.DONE
    assert "evict late-0" in ground.world.writes
    assert ground.world.boots == ["n1"]


def test_the_label_for_load_balancers_is_theirs_where_it_was_there() -> None:
    ground = Ground(selection=ONE)
    ground.world.node("n1")["metadata"]["labels"][EXCLUDE_LABEL] = ""
    played = play(ground)
    assert played.end.outcome is Outcome.DONE
    assert ground.world.node("n1")["metadata"]["labels"] == {**POOL, EXCLUDE_LABEL: ""}
    assert len(ground.world.objects[NODES]) == 3
