"""The benches and their limits, each done three times; exit code 1 past a limit."""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from statistics import median, quantiles
from typing import Final

from controller.core.decide.drain import SETTLED
from tests.bench.bad import EVIDENT, KINDS, PLAIN, bad_figures, bad_run, compared_figure
from tests.bench.costs import crowd, help_ratio, plan_seconds, waiting_cost
from tests.bench.figures import Figure, table
from tests.bench.journal import journal_figures
from tests.bench.kubernetes import pool_figures
from tests.bench.runs import Run, bench_world, measured, step_seconds

TIMES: Final = 3
MEMBERS: Final = 8
INTER: Final = 0.2
RISE: Final = 2
SOAK: Final = 1.0
STICKY: Final = 0.3
ANSWER: Final = "/slow?ms=20"
"""What users of bench (b) ask for: an application that takes its time, as most do."""


async def overhead() -> float:
    """(a) A whole rollout against its floor: upgrade commands (with the app's boot), the wait
    for sticky clients, `rise × inter` of the health check, the soak, and once the second in which
    the first member out shows that its clients keep away: users pay for less, not operators."""
    async with bench_world(
        MEMBERS, server_options=f"check inter {INTER * 1000:.0f}ms rise {RISE}"
    ) as world:
        upgrade = {"command": [*world.upgrade_argv("v2", takes_ms=50), "--wait"]}
        file = world.rollout_file(
            upgrade={**upgrade, "unless": None}, soak=f"{SOAK:g}s", drain={"sticky": "300ms"}
        )
        run = await measured(world, file, rate=100)
    assert run.exit_code == 0, "the rollout of bench (a) did not end well"
    waits = MEMBERS * (STICKY + RISE * INTER + SOAK) + SETTLED.total_seconds()
    floor = step_seconds(run) + waits
    print(f"    {run.seconds:.2f} s against a floor of {floor:.2f} s", flush=True)
    return run.seconds / floor


async def users() -> Run:
    """(b) A rollout under users, and (d) what it costs itself."""
    async with bench_world(4) as world:
        upgrade = {"command": [*world.upgrade_argv("v2", takes_ms=50), "--wait"]}
        file = world.rollout_file(upgrade={**upgrade, "unless": None}, soak="1s")
        run = await measured(world, file, rate=200, quiet=4, path=ANSWER)
    assert run.exit_code == 0, "the rollout of bench (b) did not end well"
    print(
        f"    {run.tally.failed} of {run.tally.total} failed; p99 {p99(run.during) * 1000:.1f} ms "
        f"during, {p99(run.around) * 1000:.1f} ms around; {run.used.peak:.1f} MiB",
        flush=True,
    )
    return run


def p99(latencies: list[float]) -> float:
    return quantiles(latencies, n=100)[98]


def user_figures(runs: list[Run]) -> list[Figure]:
    during = [one for run in runs for one in run.during]
    around = [one for run in runs for one in run.around]
    costs = [run.used.cpu / run.seconds for run in runs]
    peaks = [run.used.peak for run in runs]
    return [
        Figure("(b) failed requests, of all runs", sum(run.tally.failed for run in runs), 0),
        Figure(
            "(b) p99 during / around it, of all runs",
            p99(during) / p99(around),
            1.5,
            each=[p99(run.during) / p99(run.around) for run in runs],
        ),
        Figure("(d) processor seconds per second", median(costs), 0.5, each=costs),
        Figure("(d) peak memory, at the most", max(peaks), 60, "MiB", peaks),
    ]


async def crowds() -> list[Figure]:
    """(f) A pool of 1,000 servers against one of 10."""
    async with crowd(10) as few:
        small = await waiting_cost(few)
    async with crowd(1000) as many:
        planning = await plan_seconds(many)
        large = await waiting_cost(many)
    print(f"    waiting: {small * 100:.1f} % of a core with 10, {large * 100:.1f} % with 1,000")
    return [
        Figure("(f) plan for 1,000 servers", planning, 5, "s"),
        Figure("(f) waiting with 1,000 / with 10", large / max(small, 0.001), 25),
    ]


async def rollouts() -> list[Figure]:
    print("(a) whole rollout of 8 members against its floor")
    ratios = [await overhead() for _ in range(TIMES)]
    return [Figure("(a) rollout / its floor", median(ratios), 1.10, each=ratios)]


async def served() -> list[Figure]:
    print("(b) users during a rollout, and (d) what it costs")
    return user_figures([await users() for _ in range(TIMES)])


async def bad() -> list[Figure]:
    print("(c) bad versions, until they have left rotation")
    figures = []
    for kind in KINDS:
        figures += bad_figures(kind, [await bad_run(kind) for _ in range(TIMES)])
    return figures


async def prometheus() -> list[Figure]:
    print("(c) bad versions that a gate on Prometheus sees alone, scraped every second")
    plain, evident = [[await bad_run(kind) for _ in range(TIMES)] for kind in (PLAIN, EVIDENT)]
    figures = [*bad_figures(PLAIN, plain), *bad_figures(EVIDENT, evident)]
    return [*figures, compared_figure(plain, evident)]


async def help_text() -> list[Figure]:
    print("(e) poolroll --help against an empty Python")
    return [Figure("(e) --help / python -c pass", help_ratio(), 6)]


async def many() -> list[Figure]:
    print("(f) a pool of 1,000 servers")
    return await crowds()


async def kubernetes() -> list[Figure]:
    print("(g) a pool of pods, beside 5,000 others too")
    return await pool_figures(TIMES)


async def journal() -> list[Figure]:
    print("(h) a journal of years")
    return journal_figures(TIMES)


PARTS: Final[Mapping[str, Callable[[], Awaitable[list[Figure]]]]] = {
    "rollout": rollouts,
    "users": served,
    "bad": bad,
    "prometheus": prometheus,
    "help": help_text,
    "crowd": many,
    "kubernetes": kubernetes,
    "journal": journal,
}


async def main(names: Sequence[str]) -> int:
    begun = time.monotonic()
    figures = [figure for name in names for figure in await PARTS[name]()]
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print("\n".join(("", *table(sorted(figures, key=lambda one: one.what[:3])), "")))
    print(f"{time.monotonic() - begun:.0f} s; load of this machine (1, 5, 15 minutes): {load}")
    return 0 if all(one.is_within for one in figures) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("part", nargs="*", help=f"one of {', '.join(PARTS)}; none: all of them")
    parts = parser.parse_args().part or list(PARTS)
    if unknown := [one for one in parts if one not in PARTS]:
        parser.error(f"no such part: {', '.join(unknown)}")
    sys.exit(asyncio.run(main(parts)))
