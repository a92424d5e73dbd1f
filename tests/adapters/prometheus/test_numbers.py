"""What is made of several series, of warnings, and of the times of samples."""

from datetime import timedelta

import pytest

from controller.core.gates.evidence import Missing, Reading, Reduce
from tests.adapters.prometheus.stub import at, result, source, stub, told, vector

HISTOGRAM = {"count": "3", "sum": "1.5", "buckets": [[0, "0.5", "1", "3"]]}


@pytest.mark.parametrize("reduce", list(Reduce))
@pytest.mark.parametrize(
    ("values", "missing", "where"),
    [
        (("1", "NaN"), Missing.NOT_A_NUMBER, ' in {instance="web2"}'),
        (("+Inf", "1"), Missing.INFINITE, ' in {instance="web1"}'),
        (("NaN", HISTOGRAM, "+Inf"), Missing.HISTOGRAM, ' in {instance="web2"}'),
    ],
)
async def test_reducers_swallow_nothing(
    reduce: Reduce, values: tuple[object, ...], missing: Missing, where: str
) -> None:
    """One series without a number makes the whole missing, and is named."""
    async with stub(lambda _: vector(*values)) as one, source(at(one.url)) as asker:
        reading = await asker.read("q", reduce=reduce)
    assert (reading.value, reading.missing, reading.series) == (None, missing, len(values))
    assert reading.words.endswith(where)


@pytest.mark.parametrize("reduce", [Reduce.SUM, Reduce.AVG])
async def test_a_sum_beyond_all_numbers(reduce: Reduce) -> None:
    """Finite values whose sum is not: missing, not infinity."""
    async with stub(lambda _: vector("1e308", "1e308")) as one, source(at(one.url)) as asker:
        reading = await asker.read("q", reduce=reduce)
    assert (reading.value, reading.missing) == (None, Missing.INFINITE)
    assert reading.words == "the series together are larger than any number"


async def test_hints_are_no_warnings() -> None:
    """`infos`, and engine hints among `warnings`, leave the number as it is."""
    hint = "PromQL info: metric might not be a counter"
    reply = vector("2", infos=["anything"], warnings=[hint, "3 more info annotations omitted"])
    async with stub(lambda _: reply) as one, source(at(one.url)) as asker:
        reading = await asker.read("q")
    assert (reading.value, reading.missing) == (2.0, None)


async def test_freshness_and_alerts_that_are_partial() -> None:
    """Warnings make every kind of evidence missing."""
    series = {"metric": {}, "values": [[1, "1"], [2, "1"]]}
    replies = {
        "time()": vector("5"),
        "up[5m]": result("matrix", [series], warnings=["w"]),
        "": told({"status": "success", "data": {"alerts": []}, "warnings": ["w"]}),
    }
    async with (
        stub(lambda asked: replies[asked.form.get("query", "")]) as one,
        source(at(one.url)) as asker,
    ):
        found = await asker.freshness("up")
        alerts = await asker.alerts()
    assert (found.age, found.missing) == (None, Missing.PARTIAL)
    assert found.words == "it warns that the answer may lack data: w"
    assert isinstance(alerts, Reading)
    assert alerts.missing is Missing.PARTIAL


async def test_interval_is_looked_for_in_a_longer_range() -> None:
    """One sample in five minutes is no interval; an hour's samples give it, by the median, of the
    series that comes most seldom; all is asked at one moment of the server's clock."""
    seldom = {"metric": {"n": "1"}, "values": [[at, "1"] for at in (7800, 8400, 9000, 9600)]}
    often: dict[str, object] = {
        "metric": {"n": "2"},
        "histograms": [[at, {}] for at in (9700, 9800, 9850, 9950)],
    }
    replies = {
        "time()": result("scalar", [10_000, "1e4"]),
        "m[5m]": result("matrix", [{"metric": {}, "values": [[9990, "1"]]}]),
        "m[1h]": result("matrix", [seldom, often]),
    }
    async with (
        stub(lambda asked: replies[asked.form["query"]]) as one,
        source(at(one.url)) as asker,
    ):
        found = await asker.freshness("m")
    assert [asked.form.get("time") for asked in one.asked] == [None, "10000.000", "10000.000"]
    assert (found.age, found.interval) == (timedelta(seconds=400), timedelta(seconds=600))
    assert (found.missing, found.series) == (None, 2)


async def test_a_server_without_a_time() -> None:
    """An age cannot be had from a server that does not tell its time."""
    async with stub(lambda _: vector()) as one, source(at(one.url)) as asker:
        found = await asker.freshness("up")
    assert (found.age, found.missing) == (None, Missing.FAILED)
    assert found.words == f"{one.url}: its answer is not one of the Prometheus API: no time"
