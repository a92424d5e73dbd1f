"""Gates on the members themselves: what is counted since a member's return."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.kubernetes.client.faults import Unreachable
from adapters.kubernetes.evidence import OwnEvidence
from controller.core.gates.evidence import Missing
from controller.core.pool import Instant
from controller.errors import MetricsRefused

SECOND = timedelta(seconds=1)
START = datetime(2026, 1, 1, tzinfo=UTC)


class StillClock:
    def __init__(self) -> None:
        self.passed = timedelta(0)

    def now(self) -> Instant:
        return timedelta(hours=1) + self.passed

    def wall(self) -> datetime:
        return START + self.passed

    async def sleep(self, duration: timedelta) -> None:
        self.passed += duration


class OnePod:
    """Its status is what a test says."""

    def __init__(self, clock: StillClock) -> None:
        self.clock = clock
        self.uid = "u1"
        self.ready, self.since = True, "2025-12-31T23:00:00Z"
        self.restarts, self.last = 0, dict[str, Any]()
        self.state: dict[str, Any] = {"running": {}}
        self.is_there = True
        self.meta: dict[str, Any] = {}
        self.error: Exception | None = None
        self.then: dict[str, Any] | None = None

    async def sitting(self, member: str) -> dict[str, Any] | None:
        assert member == "web-0"
        if self.error is not None:
            raise self.error
        return self.shown() if self.is_there else None

    def returned(self, member: str) -> dict[str, Any] | None:
        return self.then

    def shown(self) -> dict[str, Any]:
        container = {
            "name": "web",
            "restartCount": self.restarts,
            "state": self.state,
            "lastState": self.last,
        }
        ready = {"type": "Ready", "status": str(self.ready), "lastTransitionTime": self.since}
        return {
            "metadata": {"uid": self.uid, **self.meta},
            "status": {"conditions": [ready], "containerStatuses": [container]},
        }

    def ends(self, reason: str = "Error", *, ago: timedelta = timedelta(0)) -> None:
        """The container, and it is started again."""
        self.restarts += 1
        at = (self.clock.wall() - ago).isoformat()
        self.last = {"terminated": {"reason": reason, "finishedAt": at}}


class Bench:
    """Asks as a gate does, once a second from the return on."""

    def __init__(self) -> None:
        self.clock = StillClock()
        self.pod = OnePod(self.clock)
        self.source = OwnEvidence("prod/shop", self.pod, self.clock)
        self.returned = self.clock.passed

    async def value(self, measure: str) -> float | None:
        window = int((self.clock.passed - self.returned).total_seconds()) or 1
        return (await self.source.read(f"{measure} web-0 {window}s")).value

    async def later(self, seconds: float = 1.0) -> None:
        await self.clock.sleep(timedelta(seconds=seconds))


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_restarts_since_the_return(bench: Bench) -> None:
    """Those of before do not count, each of after does."""
    bench.pod.ends()
    await bench.later()
    assert await bench.value("restarts") == 0
    await bench.later()
    bench.pod.ends()
    bench.pod.ends()
    assert await bench.value("restarts") == 2
    assert await bench.value("oom") == 0


async def test_out_of_memory(bench: Bench) -> None:
    """Counted once, whether the container still lies there or was started again."""
    bench.pod.ends("OOMKilled")
    assert await bench.value("oom") == 0
    bench.pod.state = {"terminated": {"reason": "OOMKilled"}}
    await bench.later()
    assert await bench.value("oom") == 1
    bench.pod.state = {"waiting": {"reason": "CrashLoopBackOff"}}
    bench.pod.ends("OOMKilled")
    await bench.later()
    assert await bench.value("oom") == 1
    bench.pod.ends("OOMKilled")
    assert await bench.value("oom") == 2


async def test_unready(bench: Bench) -> None:
    """A fall counts once, also one that was over before anybody looked."""
    assert await bench.value("unready") == 0
    bench.pod.ready = False
    assert await bench.value("unready") == 1
    assert await bench.value("unready") == 1
    bench.pod.ready, bench.pod.since = True, "2026-01-01T00:00:01Z"
    assert await bench.value("unready") == 1
    bench.pod.since = "2026-01-01T00:00:09Z"
    assert await bench.value("unready") == 2


async def test_not_ready_at_the_first_look(bench: Bench) -> None:
    bench.pod.ready = False
    assert await bench.value("unready") == 1


async def test_every_return_counts_anew(bench: Bench) -> None:
    """And so does another pod in the same place."""
    assert await bench.value("restarts") == 0
    bench.pod.ends()
    await bench.later(9)
    assert await bench.value("restarts") == 1
    bench.returned = bench.clock.passed
    assert await bench.value("restarts") == 0
    bench.pod.ends()
    assert await bench.value("restarts") == 1
    bench.pod.uid, bench.pod.restarts = "u2", 1
    assert await bench.value("restarts") == 0


async def test_a_process_that_goes_on_with_it(bench: Bench) -> None:
    """What ended since the return, as far as clocks that differ leave no doubt."""
    await bench.later(120)
    bench.pod.ends("OOMKilled", ago=timedelta(seconds=60))
    assert await bench.value("restarts") == 1
    assert await bench.value("oom") == 1
    other = Bench()
    await other.later(120)
    other.pod.ends("OOMKilled", ago=timedelta(seconds=100))
    assert await other.value("restarts") == 0
    assert await other.value("oom") == 0


async def test_before_anything_was_touched(bench: Bench) -> None:
    """Nothing that happened counts: there was no return."""
    bench.pod.ends(ago=timedelta(seconds=10))
    assert (await bench.source.read("restarts web-0 604800s")).value == 0


async def test_no_pod_is_no_evidence(bench: Bench) -> None:
    """Neither is a cluster that does not answer."""
    bench.pod.is_there = False
    reading = await bench.source.read("restarts web-0 1s")
    assert (reading.value, reading.missing) == (None, Missing.NO_DATA)
    bench.pod.error = Unreachable("shop", "no such host")
    reading = await bench.source.read("restarts web-0 1s")
    assert (reading.value, reading.missing) == (None, Missing.UNREACHABLE)
    assert "no such host" in reading.words


async def test_a_pod_that_is_being_deleted_is_no_evidence(bench: Bench) -> None:
    """That it stops serving is somebody's wish, and no fault of its own."""
    bench.pod.meta["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    bench.pod.ready = False
    reading = await bench.source.read("unready web-0 1s")
    assert (reading.value, reading.missing) == (None, Missing.NO_DATA)


async def test_a_sample_counts_at_once(bench: Bench) -> None:
    """Nothing is scraped."""
    fresh = await bench.source.freshness_of("restarts web-0 1s")
    assert fresh is not None
    assert (fresh.age, fresh.interval) == (timedelta(0), timedelta(0))
    assert (await bench.source.read("time()")).at == bench.clock.wall()
    with pytest.raises(MetricsRefused, match="nothing is measured as that"):
        await bench.source.read("cpu web-0 1s")


@pytest.mark.parametrize(("reason", "measure"), [("Error", "restarts"), ("OOMKilled", "oom")])
async def test_between_the_return_and_the_first_look(
    bench: Bench, reason: str, measure: str
) -> None:
    """It counts, by what the pod said of itself when it was put back; what was before does not."""
    bench.pod.ends(reason)
    bench.pod.then = bench.pod.shown()
    await bench.later(0.2)
    assert await bench.value(measure) == 0
    bench = Bench()
    bench.pod.ends(reason)
    bench.pod.then = bench.pod.shown()
    await bench.later(0.2)
    bench.pod.ends(reason)
    await bench.later(0.2)
    assert await bench.value(measure) == 1


async def test_another_pod_than_the_one_that_was_put_back(bench: Bench) -> None:
    """What that one said is nothing to go by."""
    bench.pod.then = bench.pod.shown()
    bench.pod.uid, bench.pod.restarts = "u2", 3
    await bench.later()
    assert await bench.value("restarts") == 0


async def test_unready_before_the_first_look(bench: Bench) -> None:
    """Ready again by then: the time of its condition tells."""
    bench.pod.then = bench.pod.shown()
    bench.pod.since = "2026-01-01T00:00:00Z"
    await bench.later()
    assert await bench.value("unready") == 1
