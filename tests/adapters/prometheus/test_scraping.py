"""What a real Prometheus says about a target that it scrapes, and about one that is gone."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf, nan

import pytest
import pytest_asyncio

from adapters.prometheus import PrometheusSource
from controller.core.gates.evidence import Missing, Reading, Reduce
from controller.errors import MetricsRefused
from tests.adapters.prometheus.stub import at, source
from tests.support.exporter import Exporter
from tests.support.prometheus import RealPrometheus
from tests.support.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGE = {
    'http_requests_total{code="2xx"}': 100.0,
    'http_requests_total{code="5xx"}': 4.0,
    "idle_errors": 0.0,
    "idle_requests": 0.0,
    "unset": nan,
    "endless": inf,
    "steady": 1.0,
    "shared": 1.0,
}


@dataclass
class Site:
    """One Prometheus with one target, which the module's tests share and leave as it was."""

    exporter: Exporter
    beside: Exporter
    """The target of another job, which is never gone."""
    source: PrometheusSource

    async def scraped(self) -> None:
        """Returns when the page that is set now can be queried."""
        await until(lambda: self.exporter.scrapes > 2, within=60, what="three scrapes")

    async def until_missing(
        self, query: str, missing: Missing | None, reduce: Reduce | None = None
    ) -> Reading:
        """A scrape that takes a busy machine longer than its 250 ms leaves a hole meanwhile."""

        async def reading() -> Reading | None:
            found = await self.source.read(query, reduce=reduce)
            return found if found.missing is missing else None

        found = await until(reading, within=60, what=f"{query}: {missing}", every=0.05)
        assert found is not None
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    folder = tmp_path_factory.mktemp("prometheus")
    async with Exporter() as exporter, Exporter() as beside:
        exporter.set(PAGE)
        beside.set({"shared": 2.0})
        targets = {"app": [exporter.target], "beside": [beside.target]}
        prometheus = RealPrometheus(folder, targets, interval="250ms")
        async with prometheus, source(at(prometheus.url)) as one:
            site = Site(exporter, beside, one)
            await site.scraped()
            yield site


async def test_a_ratio(site: Site) -> None:
    """A sum over a sum is one number, of the moment that the server says."""
    query = 'sum(http_requests_total{code="5xx"}) / sum(http_requests_total)'
    reading = await site.source.read(query)
    assert reading.missing is None
    assert reading.value == pytest.approx(4 / 104)
    assert reading.at is not None
    assert abs(reading.at - datetime.now(UTC)) < timedelta(seconds=30)


async def test_a_scalar(site: Site) -> None:
    """A bare number is read like a vector of one."""
    reading = await site.source.read("6 * 7")
    assert (reading.value, reading.series) == (42.0, 1)


@pytest.mark.parametrize("query", ["unset", "idle_errors / idle_requests", "0 / 0"])
async def test_not_a_number(site: Site, query: str) -> None:
    """NaN, stored or computed, is no number, and the words speak of traffic."""
    reading = await site.until_missing(query, Missing.NOT_A_NUMBER)
    assert reading.value is None
    assert reading.words == "the value is NaN, most likely 0 divided by 0: no traffic"


@pytest.mark.parametrize("query", ["endless", "-endless", "steady / idle_requests", "1 / 0"])
async def test_infinite(site: Site, query: str) -> None:
    """±Inf, stored or computed, is no number."""
    reading = await site.until_missing(query, Missing.INFINITE)
    assert reading.value is None
    assert reading.words == "the value is infinite, most likely a division by zero"


async def test_nothing_matches(site: Site) -> None:
    """An error counter that was never born is empty, not zero."""
    reading = await site.source.read('sum(rate(http_requests_total{code="6xx"}[5s]))')
    assert (reading.value, reading.missing, reading.series) == (None, Missing.NO_DATA, 0)


async def test_many_series_are_named(site: Site) -> None:
    """The operator sees which label tells them apart."""
    reading = await site.source.read("http_requests_total")
    assert reading.missing is Missing.TOO_MANY
    assert 'code="2xx"' in reading.words
    assert 'code="5xx"' in reading.words


@pytest.mark.parametrize("reduce", list(Reduce))
async def test_a_reducer_swallows_no_missing_number(site: Site, reduce: Reduce) -> None:
    """One NaN or Inf among the series makes the whole missing, whatever the reducer."""
    reading = await site.until_missing('{__name__=~"steady|unset"}', Missing.NOT_A_NUMBER, reduce)
    assert reading.value is None
    assert '__name__="unset"' in reading.words
    reading = await site.until_missing('{__name__=~"steady|endless"}', Missing.INFINITE, reduce)
    assert reading.value is None
    assert '__name__="endless"' in reading.words


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("sum(rate(steady[5s])", "it refuses the query: "),
        ('up{job=~"("}', "it refuses the query: "),
        ('label_replace(steady, "a", "$1", "job", "(")', "it refuses the query: "),
        ("", "it refuses the query: "),
        ("steady[5s]", "it answers with a range, and a gate needs one number"),
        ('"text"', "it answers with a string, and a gate needs one number"),
    ],
)
async def test_a_question_that_has_no_answer(site: Site, query: str, why: str) -> None:
    """A typo, a wrong regex (400 and 422), a range and a string are refused, query shown."""
    with pytest.raises(MetricsRefused) as caught:
        await site.source.read(query)
    assert why in str(caught.value)
    assert str(caught.value).endswith(f"; the query is: {query}")
    assert "\n" not in str(caught.value)


async def test_the_past(site: Site) -> None:
    """At a moment before the first scrape there is nothing, and the moment is told."""
    then = datetime(2024, 1, 1, tzinfo=UTC)
    reading = await site.source.read("steady", at=then)
    assert (reading.missing, reading.at) == (Missing.NO_DATA, then)
    assert (await site.source.read("steady")).value == 1.0


async def test_freshness_while_scraped(site: Site) -> None:
    """Age is below a few intervals, the interval is the scrape's, every series counts."""
    found = await site.source.freshness('http_requests_total{job="app"}')
    assert (found.missing, found.series) == (None, 2)
    assert found.age is not None
    assert found.interval is not None
    assert timedelta(0) <= found.age < timedelta(seconds=20)
    assert timedelta(milliseconds=150) < found.interval < timedelta(milliseconds=500)


async def test_freshness_of_a_query(site: Site) -> None:
    """Of the series that a query reads; of one whose series do not exist, whatever it makes of
    that; of no series, or in a dialect, it is not known."""
    ratio = 'sum(rate(http_requests_total{code="5xx"}[1m])) / sum(rate(http_requests_total[1m]))'
    found = await site.source.freshness_of(ratio)
    assert found is not None
    assert (found.missing, found.is_derived, found.series) == (None, True, 2)
    assert found.age is not None
    assert found.interval is not None
    assert timedelta(0) <= found.age < timedelta(seconds=20)
    assert timedelta(milliseconds=150) < found.interval < timedelta(milliseconds=500)
    typo = 'sum(rate(htp_requests_total{code="5xx"}[1m])) or vector(0)'
    absent = await site.source.freshness_of(typo)
    assert absent is not None
    assert (absent.missing, absent.age, absent.is_derived) == (Missing.NO_DATA, None, True)
    assert 'no series matches htp_requests_total{code="5xx"}: a typing error' in absent.words
    for query in ("vector(0)", "rate(http_requests_total[$__interval])"):
        assert await site.source.freshness_of(query) is None


async def test_the_target_is_gone(site: Site) -> None:
    """Its series end at once, `up` is 0, which is no evidence however fresh, and the age of any
    other grows; when it is back, the numbers are too."""
    await site.exporter.stop()
    try:
        await site.until_missing("steady", Missing.NO_DATA)
        assert (await site.source.read('up{job="app"}')).value == 0.0
        down = await site.source.freshness('up{job="app"}')
        assert (down.missing, down.series) == (Missing.STALE, 1)
        assert down.words.startswith(f'up{{instance="{site.exporter.target}", job="app"}} is 0: ')
        before = (await site.source.freshness("steady")).age
        assert before is not None

        async def is_older() -> bool:
            age = (await site.source.freshness("steady")).age
            return age is not None and age > before + timedelta(seconds=1)

        await until(is_older, what="the evidence to age", every=0.05)
        await assert_hidden(site, timedelta(0))
    finally:
        await site.exporter.start()
    await site.until_missing("steady", None)


async def assert_hidden(site: Site, since: timedelta) -> None:
    """What both targets show is still fresh, but not all of it is there any more."""
    query = "sum(rate(shared[1m]))"
    anybody = await site.source.freshness_of(query)
    everybody = await site.source.freshness_of(query, since=since)
    assert anybody is not None
    assert everybody is not None
    assert (anybody.missing, everybody.missing) == (None, Missing.STALE)
    target = f'{{instance="{site.exporter.target}", job="app"}}'
    assert everybody.words.startswith(f"the target {target} showed what the query reads, and is ")


async def test_a_target_that_shows_it_no_more(site: Site) -> None:
    """It is scraped and fresh, as is the other: what one of them no longer shows is missing, where
    a member's return came before."""
    came = datetime.now(UTC)
    begun = came - timedelta(seconds=20)  # a question may take long on its way
    page = {name: value for name, value in PAGE.items() if name != "shared"}

    async def missing(since: timedelta) -> Missing | None:
        found = await site.source.freshness_of("sum(rate(shared[1m]))", since=since)
        assert found is not None
        return found.missing

    async def is_seen_to_be_gone() -> bool:
        return await missing(datetime.now(UTC) - begun) is Missing.STALE

    async def is_long_ago() -> bool:
        return await missing(timedelta(seconds=1)) is None

    await until(lambda: datetime.now(UTC) - came > timedelta(seconds=1.5), 5, "a second")
    assert await missing(datetime.now(UTC) - begun) is None
    site.exporter.set(page)
    try:
        await until(is_seen_to_be_gone, 20, "one target's series to end", every=0.05)
        await assert_hidden(site, datetime.now(UTC) - begun)
        await until(is_long_ago, 20, "its end to be before a return", every=0.05)
    finally:
        site.exporter.set(PAGE)
        await site.scraped()


async def test_the_worst_series_counts(site: Site) -> None:
    """A series that ended beside one that goes on: the age is that of the one that ended."""
    site.exporter.set({**PAGE, 'pair{n="1"}': 1.0, 'pair{n="2"}': 1.0})
    await site.scraped()
    site.exporter.set({**PAGE, 'pair{n="1"}': 1.0})
    try:

        async def is_behind() -> bool:
            both = (await site.source.freshness("pair")).age
            alive = (await site.source.freshness('pair{n="1"}')).age
            assert both is not None
            assert alive is not None
            return both > alive + timedelta(seconds=1)

        await until(is_behind, what="the worst series to be behind", every=0.05)
    finally:
        site.exporter.set(PAGE)
