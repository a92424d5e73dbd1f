"""Rollouts over pods whose processes are killed between two writes, whatever the workload.

Each process that follows completes what was begun, and puts back all that was moved; with
`selector` no user ever meets a pod that nothing has proven (S4). Every place of every workload
takes minutes: a few of them stand here, and `again` kills every process of a rollout in turn.
"""

from pathlib import Path

import pytest

from controller.core.settings import OnFailure
from controller.pools.kubernetes import Rotation
from tests.adapters.kubernetes.pods_killed import WORKLOADS, Case, played

LABEL, SELECTOR = Rotation.LABEL, Rotation.SELECTOR
BACK = OnFailure.ROLLBACK_ALL
OFTEN: dict[str, dict[Rotation, tuple[int, ...]]] = {
    "statefulset": {LABEL: (2, 3), SELECTOR: (1, 2)},
    "statefulset, OnDelete": {LABEL: (1,), SELECTOR: (2,)},
    "daemonset": {LABEL: (2, 1), SELECTOR: (2, 3)},
    "deployment": {LABEL: (1,), SELECTOR: (2,)},
}
"""At which of its writes each process is killed, in turn. (An eviction and the partition after it
are two writes: one that is always killed between them evicts again and again.)"""


@pytest.mark.parametrize("rotation", [LABEL, SELECTOR])
@pytest.mark.parametrize("workload", OFTEN)
def test_killed_again_and_again(workload: str, rotation: Rotation, tmp_path: Path) -> None:
    """It completes, and all is as it was found but for the version."""
    seen = played(Case(workload, rotation), tmp_path, *OFTEN[workload][rotation], again=True)
    assert seen.faults == []
    assert seen.killed > 4


@pytest.mark.parametrize("workload", WORKLOADS)
def test_killed_on_the_way_back(workload: str, tmp_path: Path) -> None:
    """The second pod of the new version is bad: whoever comes next takes all of them back, those
    that came meanwhile too, and puts back all that was moved."""
    case = Case(workload, SELECTOR, good=1, on_failure=BACK)
    seen = played(case, tmp_path, 2, 3, again=True)
    assert seen.faults == []
    assert seen.killed > 4


SOME = [
    *[("statefulset", LABEL, None, place) for place in (1, 4, 6, 9, 12)],
    *[("statefulset, OnDelete", SELECTOR, None, place) for place in (3, 11)],
    *[("daemonset", LABEL, None, place) for place in (4, 9)],
    *[("deployment", LABEL, None, place) for place in (2, 5, 10)],
    *[("deployment", LABEL, 1, place) for place in (6, 9, 12)],
    *[("statefulset", SELECTOR, 0, place) for place in (6, 7)],
]


@pytest.mark.parametrize(("workload", "rotation", "good", "place"), SOME)
def test_killed_once(
    workload: str, rotation: Rotation, good: int | None, place: int, tmp_path: Path
) -> None:
    """Right before that write, or when it had taken effect and nobody was told: on the way there,
    at a halt, and on the way back."""
    case = Case(workload, rotation, good, BACK if good else OnFailure.HALT)
    assert played(case, tmp_path, place, is_done=place % 2 == 0).faults == []
