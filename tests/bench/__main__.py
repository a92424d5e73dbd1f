"""The benches and their limits. Each figure is the median of three; exit code 1 past a limit."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Final

from adapters.demo.load import Load
from controller.core import events as e
from tests.bench.runs import bench_world, measured, step_seconds

TIMES: Final = 3
MEMBERS: Final = 8
INTER: Final = 0.2
RISE: Final = 2
SOAK: Final = 1.0
STICKY: Final = 0.3


async def overhead() -> float:
    """(a) A whole rollout against its floor: upgrade commands (with the app's boot), the wait
    for sticky clients, `rise × inter` of the health check, and the soak."""
    async with bench_world(
        MEMBERS, server_options=f"check inter {INTER * 1000:.0f}ms rise {RISE}"
    ) as world:
        upgrade = {"command": [*world.upgrade_argv("v2", takes_ms=50), "--wait"]}
        file = world.rollout_file(
            upgrade={**upgrade, "unless": None}, soak=f"{SOAK:g}s", drain={"sticky": "300ms"}
        )
        run = await measured(world, file, rate=100)
    assert run.exit_code == 0, "the rollout of bench (a) did not end well"
    floor = step_seconds(run) + MEMBERS * (STICKY + RISE * INTER + SOAK)
    print(f"    {run.seconds:.2f} s against a floor of {floor:.2f} s")
    return run.seconds / floor


async def users() -> tuple[float, float]:
    """(b) Failed requests during a rollout, and p99 latency against the same time without one."""
    async with bench_world(4) as world:
        upgrade = {"command": [*world.upgrade_argv("v2", takes_ms=50), "--wait"]}
        file = world.rollout_file(upgrade={**upgrade, "unless": None}, soak="1s")
        run = await measured(world, file, rate=200)
        async with Load(world.frontends, rate=200, sticky_share=0.3) as quiet:
            await asyncio.sleep(run.seconds)
    assert run.exit_code == 0, "the rollout of bench (b) did not end well"
    print(
        f"    {run.tally.failed} of {run.tally.total} failed; p99 {run.tally.p99 * 1000:.1f} ms "
        f"during, {quiet.tally.p99 * 1000:.1f} ms without"
    )
    return run.tally.failed, run.tally.p99 / quiet.tally.p99


async def bad_version() -> tuple[float, float]:
    """(c) From the first bad response of a bad member to its leaving rotation: seconds, and
    requests that failed, at 200 requests a second and a sample every 200 ms."""
    gate = {
        "name": "errors",
        "haproxy": {"measure": "error_ratio", "scope": "member"},
        "max": "1%",
        "every": "200ms",
    }
    async with bench_world(4) as world:
        upgrade = {"command": [*world.upgrade_argv("v2", {"fail_every": 10}), "--wait"]}
        file = world.rollout_file(upgrade={**upgrade, "unless": None}, soak="10s", gates=[gate])
        run = await measured(world, file, rate=200)
    assert run.exit_code == 4, "the bad version of bench (c) was not halted by the gate"
    first = run.began + run.tally.failures[0].at
    out = next(one.at for one in run.of(e.MemberSet) if one.event.setting is e.Setting.REMOVE)
    print(f"    out {out - first:.2f} s after the first bad response; {run.tally.failed} failed")
    return out - first, run.tally.failed


async def thrice(bench: Callable[[], Awaitable[tuple[float, ...]]]) -> tuple[float, ...]:
    results = [await bench() for _ in range(TIMES)]
    return tuple(median(values) for values in zip(*results, strict=True))


async def main() -> int:
    async def overhead_alone() -> tuple[float]:
        return (await overhead(),)

    within = []
    print("(a) whole rollout of 8 members against its floor")
    (ratio,) = await thrice(overhead_alone)
    within.append(_line("    ratio to the floor", ratio, 1.10))
    print("(b) users during a rollout against users without one")
    failed, latency = await thrice(users)
    within.append(_line("    failed requests", failed, 0))
    within.append(_line("    p99 ratio", latency, 1.5))
    print("(c) a bad version, from its first bad response to its leaving rotation")
    seconds, lost = await thrice(bad_version)
    within.append(_line("    seconds", seconds, 2))
    within.append(_line("    failed requests", lost, 15))
    return 0 if all(within) else 1


def _line(what: str, value: float, limit: float) -> bool:
    verdict = "within" if value <= limit else "PAST"
    print(f"{what}: {value:.2f} ({verdict} {limit:g})")
    return value <= limit


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
