"""A real Prometheus that is frozen, killed, emptied, moved or kept busy."""

import time
from pathlib import Path

from controller.core.gates.evidence import Missing
from tests.adapters.prometheus.stub import at, source
from tests.support.prometheus import ENDLESS, RealPrometheus
from tests.support.waiting import until

RULE = {"record": "load", "expr": "vector(1)"}


async def test_frozen_and_thawed(tmp_path: Path) -> None:
    """A stopped process is told as no answer in time, by the deadline; afterwards all is well."""
    async with RealPrometheus(tmp_path, {}) as prometheus, source(at(prometheus.url, 0.5)) as one:

        async def answers() -> bool:
            return (await one.read("vector(1)")).value == 1.0

        await until(answers, what="an answer")
        prometheus.freeze()
        began = time.monotonic()
        reading = await one.read("vector(1)")
        assert time.monotonic() - began < 60
        assert (reading.value, reading.missing) == (None, Missing.TIMEOUT)
        assert reading.words == f"{prometheus.url}: no answer within 0.5s: overloaded, or frozen?"
        prometheus.thaw()
        await until(answers, what="an answer after the thaw")


async def test_killed_and_back(tmp_path: Path) -> None:
    """A refused connection is told as such, and the next question after the start is answered."""
    started = RealPrometheus(tmp_path, {})
    async with started as prometheus, source(at(prometheus.url), is_hasty=True) as one:
        assert (await one.read("vector(1)")).value == 1.0
        await prometheus.kill()
        reading = await one.read("vector(1)")
        assert (reading.value, reading.missing) == (None, Missing.UNREACHABLE)
        assert reading.words == (
            f"{prometheus.url}: it refuses the connection: nothing listens there, is it running?"
        )
        await prometheus.start()
        assert (await one.read("vector(1)")).value == 1.0


async def test_restarted_with_an_empty_head(tmp_path: Path) -> None:
    """The former samples are gone, and so is the number: no data, no age."""
    started = RealPrometheus(tmp_path, {}, interval="100ms", rules=[RULE])
    async with started as prometheus, source(at(prometheus.url)) as one:

        async def has_two() -> bool:
            return (await one.freshness("load")).interval is not None

        await until(has_two, what="two samples")
        await prometheus.kill()
        prometheus.set_rules()
        await prometheus.restart_empty()
        reading = await one.read("load")
        assert (reading.value, reading.missing) == (None, Missing.NO_DATA)
        assert (await one.freshness("load")).missing is Missing.NO_DATA


async def test_under_a_prefix(tmp_path: Path) -> None:
    """The path of the URL is kept, with or without a slash at its end; without it, 404 is told."""
    async with RealPrometheus(tmp_path, {}, prefix="/team/prom") as prometheus:
        for url in (prometheus.url, prometheus.url + "/"):
            async with source(at(url)) as one:
                assert (await one.read("vector(1)")).value == 1.0
                assert await one.alerts() == ()
        async with source(at(f"http://127.0.0.1:{prometheus.port}")) as one:
            reading = await one.read("vector(1)")
        assert reading.missing is Missing.FAILED
        assert reading.words.endswith("has no such path (404): is the path in its URL right?")


async def test_a_query_that_takes_too_long(tmp_path: Path) -> None:
    """A heavy query ends by its deadline, as no answer in time."""
    async with RealPrometheus(tmp_path, {}) as prometheus, source(at(prometheus.url, 0.3)) as one:
        began = time.monotonic()
        reading = await one.read(ENDLESS)
        assert time.monotonic() - began < 60
        assert (reading.value, reading.missing) == (None, Missing.TIMEOUT)


async def test_https_where_it_speaks_http(tmp_path: Path) -> None:
    """The mend is told: the URL's scheme."""
    async with RealPrometheus(tmp_path, {}) as prometheus:
        url = prometheus.url.replace("http", "https")
        async with source(at(url)) as one:
            reading = await one.read("vector(1)")
    assert (reading.value, reading.missing) == (None, Missing.UNREACHABLE)
    assert reading.words.startswith(f"{url}: TLS: it does not speak TLS, is its URL http://…?")
