"""The selectors in a query, and what is asked of them."""

from datetime import timedelta

import pytest

from adapters.prometheus.selectors import selectors_in, with_labels
from controller.core.gates.evidence import Missing
from tests.adapters.prometheus.stub import Asked, Told, at, failure, result, source, stub, vector


@pytest.mark.parametrize(
    ("query", "selectors"),
    [
        ("up", ["up"]),
        ('sum by (job) (rate(a:b{c="d",e=~"f\\"|g"}[5m] offset 1m))', ['a:b{c="d", e=~"f\\"|g"}']),
        ("x / x", ["x"]),
        ("max_over_time(x[5m:1m]) + topk(scalar(y), z) or -w @ 5", ["x", "y", "z", "w"]),
        ('{"foo.bar", a!="ü", b!~"c"}', ['{__name__="foo.bar", a!="ü", b!~"c"}']),
        ('x{a="b" or c="d"}', ['x{a="b"}', 'x{c="d"}']),
        ("vector(0)", []),
        ("time() - 1", []),
        ("sum(", []),
        ("x[$__rate_interval]", []),
    ],
)
def test_selectors(query: str, selectors: list[str]) -> None:
    """Each once, plain; none of what cannot be read."""
    found = selectors_in(query)
    assert sorted(found) == sorted(selectors)


def test_one_of_the_series() -> None:
    """Its labels narrow the selector down."""
    assert with_labels("x", {}) == "x"
    assert with_labels("x", {"a": 'b"'}) == 'x{a="b\\""}'
    assert with_labels('x{a="b"}', {"c": "d"}) == 'x{a="b", c="d"}'


def answers(asked: Asked) -> Told:
    """Scraped once a minute; the newest sample is ten seconds old."""
    query = asked.form["query"]
    times = [[10_000 - 10 - 60 * n, "1"] for n in range(4, -1, -1)]
    if query == "time()":
        return result("scalar", [10_000, "1e4"])
    if query.startswith("bottomk(1, timestamp(gone"):
        return vector()
    if query.startswith("bottomk(1, timestamp("):
        return vector("9990")
    if query.startswith("bottomk(1, count_over_time(") and "[5m]" in query:
        return vector()
    if query.startswith("bottomk(1, count_over_time("):
        return vector("5")
    return result("matrix", [{"metric": {}, "values": times}])


async def test_single_series_are_asked() -> None:
    """The oldest for the age, the rarest for the interval, which is kept for a while."""
    async with stub(answers) as one, source(at(one.url)) as asker:
        for _ in range(2):
            found = await asker.freshness_of("sum(rate(x[1m])) + gone")
            assert found is not None
            assert (found.age, found.interval) == (timedelta(seconds=10), timedelta(seconds=60))
    asked = [each.form["query"] for each in one.asked]
    assert asked.count('x{instance="web1"}[1h]') == 1
    assert asked.count("bottomk(1, timestamp(x))") == 2


@pytest.mark.parametrize(
    ("reply", "missing"),
    [
        (failure(400, "bad_data", "unknown function bottomk"), None),
        (Told(404), Missing.FAILED),
        (vector("1", warnings=["a store is away"]), Missing.PARTIAL),
        (vector({}), Missing.NO_DATA),
    ],
)
async def test_what_cannot_be_told(reply: Told, missing: Missing | None) -> None:
    """A server that knows no such function tells no age; a fault is missing evidence."""

    def told(asked: Asked) -> Told:
        return answers(asked) if asked.form["query"] == "time()" else reply

    async with stub(told) as one, source(at(one.url)) as asker:
        found = await asker.freshness_of("x")
    assert (found is None) is (missing is None)
    assert found is None or (found.missing, found.age) == (missing, None)


async def test_a_single_sample_has_no_interval() -> None:
    """Its age is known all the same."""

    def once(asked: Asked) -> Told:
        counted = asked.form["query"].startswith("bottomk(1, count")
        return vector() if counted else answers(asked)

    async with stub(once) as one, source(at(one.url)) as asker:
        found = await asker.freshness_of("x")
    assert found is not None
    assert (found.age, found.interval, found.missing) == (timedelta(seconds=10), None, None)


@pytest.mark.parametrize(
    ("query", "asked_for", "not_for"),
    [
        ('a{s="1"} / b{s!="1"}', 'a{s="1"}', "b{"),
        ('a{code!~"2.."}', 'a{code!~"2.."}', "b{"),
    ],
    ids=["its peers may be down", "nothing else is read"],
)
async def test_lost_targets_are_asked_for(query: str, asked_for: str, not_for: str) -> None:
    """A server that knows no subqueries tells the age all the same."""

    def told(asked: Asked) -> Told:
        if asked.form["query"].startswith("topk"):
            return failure(400, "bad_data", "no subqueries here")
        return answers(asked)

    async with stub(told) as one, source(at(one.url)) as asker:
        found = await asker.freshness_of(query, since=timedelta(minutes=2))
    assert found is not None
    assert (found.missing, found.age) == (None, timedelta(seconds=10))
    (lost,) = [each.form["query"] for each in one.asked if each.form["query"][:4] == "topk"]
    assert f"max_over_time(timestamp({asked_for})[120s:6s]))" in lost
    assert f"count_over_time({asked_for}[5m]) or {asked_for} offset 1h" in lost
    assert not_for not in lost
