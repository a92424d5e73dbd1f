"""The benches and their limits. Each figure is the median of three; exit code 1 past a limit."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Final

from adapters.clock import SystemClock
from adapters.demo.load import Load
from adapters.demo.prometheus import PrometheusProcess
from adapters.prometheus import PrometheusSource
from controller.core import events as e
from controller.core.metrics import MetricsServer
from tests.bench.costs import crowd, help_ratio, plan_seconds, rollout_cost, waiting_cost
from tests.bench.runs import Run, bench_world, measured, step_seconds
from tests.e2e.metered import MEMBER, counted, errors
from tests.support.waiting import until

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


GATE: Final = {
    "name": "errors",
    "haproxy": {"measure": "error_ratio", "scope": "member"},
    "max": "1%",
    "every": "200ms",
}


async def bad_version(fail_every: int = 10) -> tuple[float, float, float]:
    """(c) From the first bad response of a bad member to its leaving rotation: seconds, requests
    that failed, and the stake that `plan` told before as a multiple of those; at 200 requests a
    second and a sample every 200 ms."""
    async with bench_world(4) as world:
        upgrade = {"command": [*world.upgrade_argv("v2", {"fail_every": fail_every}), "--wait"]}
        file = world.rollout_file(upgrade={**upgrade, "unless": None}, soak="10s", gates=[GATE])
        run = await measured(world, file, rate=200, plans=True)
    bound = run.stake[1 / fail_every]
    assert bound is not None, "the stake of bench (c) has no bound"
    seconds = left_after(run)
    print(f"    out after {seconds:.2f} s; {run.tally.failed} failed, and the stake was {bound}")
    assert run.tally.failed <= bound, "more requests failed than the plan said were at stake"
    return seconds, run.tally.failed, bound / run.tally.failed


async def every_request() -> tuple[float, float, float]:
    return await bad_version(1)


async def bad_version_scraped() -> tuple[float, float]:
    """(c) The same by a gate on a Prometheus that scrapes every 500 ms."""
    interval = "500ms"
    async with bench_world(4, exporter=True) as world:
        home = world.folder / "prometheus"
        home.mkdir()
        targets = {"haproxy": [f"127.0.0.1:{port}" for port in world.exporters]}
        async with PrometheusProcess(home, targets, interval=interval) as prometheus:
            gate = {
                "name": "scraped",
                "prometheus": {
                    "url": prometheus.url,
                    "evidence": 'up{job="haproxy"}',
                    "errors": errors(MEMBER),
                    "requests": counted(MEMBER),
                },
                "max": "1%",
                "every": "200ms",
            }
            upgrade = {"command": [*world.upgrade_argv("v2", {"fail_every": 10}), "--wait"]}
            file = world.rollout_file(upgrade={**upgrade, "unless": None}, soak="20s", gates=[gate])
            await _until_scraped(prometheus.url)
            run = await measured(world, file, rate=200)
    seconds = left_after(run)
    print(f"    out after {seconds:.2f} s; {run.tally.failed} failed")
    return seconds, run.tally.failed


async def _until_scraped(url: str) -> None:
    source = PrometheusSource(MetricsServer(url), SystemClock())

    async def is_known() -> bool:
        found = await source.read('min(count_over_time(up{job="haproxy"}[1m]))')
        return (found.value or 0) >= 3

    try:
        await until(is_known, 30, "scrapes of HAProxy", every=0.1)
    finally:
        await source.aclose()


def left_after(run: Run) -> float:
    """Seconds from the first bad response to leaving rotation."""
    assert run.exit_code == 4, "the bad version of bench (c) was not halted by the gate"
    first = run.began + run.tally.failures[0].at
    out = next(one.at for one in run.of(e.MemberSet) if one.event.setting is e.Setting.REMOVE)
    return out - first


async def crowds() -> list[bool]:
    """(f) A pool of 1,000 servers against one of 10."""
    async with crowd(10) as few:
        small = await waiting_cost(few)
    async with crowd(1000) as many:
        planning = await plan_seconds(many)
        large = await waiting_cost(many)
    print(f"    waiting: {small * 100:.1f} % of a core with 10, {large * 100:.1f} % with 1,000")
    return [
        _line("    seconds for a plan of 1,000", planning, 5),
        _line("    waiting, as a multiple for 100 times the pool", large / max(small, 0.001), 25),
    ]


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
    print("(c) a bad version that fails a tenth, until it has left rotation")
    seconds, lost, over = await thrice(bad_version)
    within.append(_line("    seconds", seconds, 2))
    within.append(_line("    failed requests", lost, 15))
    within.append(_line("    stake, as a multiple of what happened", over, 3))
    print("(c) one that fails every request")
    seconds, lost, over = await thrice(every_request)
    within.append(_line("    seconds", seconds, 2))
    within.append(_line("    stake, as a multiple of what happened", over, 3))
    print("(c) one that fails a tenth, judged by a Prometheus that scrapes every 500 ms")
    seconds, lost = await thrice(bad_version_scraped)
    within.append(_line("    seconds", seconds, 5))
    within.append(_line("    failed requests", lost, 30))
    print("(d) poolroll run itself")
    cpu, peak = await thrice(rollout_cost)
    within.append(_line("    processor seconds per second", cpu, 0.5))
    within.append(_line("    peak memory, MiB", peak, 60))
    print("(e) poolroll --help against an empty Python")
    within.append(_line("    ratio", help_ratio(), 6))
    print("(f) a pool of 1,000 servers")
    within += await crowds()
    return 0 if all(within) else 1


def _line(what: str, value: float, limit: float) -> bool:
    verdict = "within" if value <= limit else "PAST"
    print(f"{what}: {value:.2f} ({verdict} {limit:g})")
    return value <= limit


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
