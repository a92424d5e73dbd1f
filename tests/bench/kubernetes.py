"""(g) Pools of pods. On a busy machine the fake cluster takes its share of the wall time: requests
and processor time are what to judge by then."""

from statistics import median
from typing import Final

from tests.bench.figures import Figure
from tests.bench.pods import PodRun, plan_cpu, pod_run, waiting

CROWD: Final = 5000
"""Other pods in the namespace."""
FEW: Final = 5
MANY: Final = 100


async def pool_figures(times: int) -> list[Figure]:
    runs = [await pod_run() for _ in range(times)]
    crowded = await pod_run(others=CROWD)
    planned, crowded_plan = await plan_cpu(0), await plan_cpu(CROWD)
    few, many = await waiting(FEW), await waiting(MANY)
    return [
        *_run_figures(runs),
        Figure("(g) peak memory, 5,000 other pods / none", crowded.peak / _peak(runs), 1.1),
        Figure("(g) plan, 5,000 other pods / none", crowded_plan / planned, 1.25),
        Figure("(g) requests a second, while waiting", few.requests, 16),
        Figure("(g) waiting with 100 pods / with 5", many.cpu / max(few.cpu, 0.001), 5),
    ]


def _run_figures(runs: list[PodRun]) -> list[Figure]:
    def middle(what: str, limit: float, each: list[float], unit: str = "") -> Figure:
        return Figure(f"(g) {what}", median(each), limit, unit, each)

    own = [one.own for one in runs]
    return [
        Figure("(g) own time, per pod, at its quickest", min(own), 0.2, "s", own),
        middle("processor time, per pod", 0.2, [one.cpu for one in runs], "s"),
        middle("writes, per pod", 8, [one.writes for one in runs]),
        middle("reads, per pod", 50, [one.reads for one in runs]),
    ]


def _peak(runs: list[PodRun]) -> float:
    return median(one.peak for one in runs)
