"""How questions are put: what is sent, what is tried again, what is bounded."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from controller.core.gates.evidence import Missing, Reading
from controller.errors import MetricsRefused
from controller.metrics_servers import MetricsServer, Secret
from tests.adapters.prometheus.stub import Asked, Teller, Told, at, failure, source, stub, vector

NOT_READY = Told(503)


def in_turn(*replies: Told) -> Teller:
    """One after the other, the last for ever."""
    left = list(replies)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


async def test_what_is_sent() -> None:
    """A POST with the query, no time, a timeout below ours, whole responses wanted; the tenant's
    header and the bearer token; no proxy, whatever the environment says."""
    async with stub(lambda _: vector("1")) as one:
        server = replace(
            at(f"{one.url}/prom/"),
            bearer=Secret(inline="t0ken"),
            headers={"X-Scope-OrgID": Secret(inline="team-a")},
        )
        async with source(server) as asker:
            assert (await asker.read('sum(rate(x{a="ü+&"}[1m]))')).value == 1.0
    (asked,) = one.asked
    assert (asked.method, asked.path) == ("POST", "/prom/api/v1/query")
    assert asked.headers["authorization"] == "Bearer t0ken"
    assert asked.headers["x-scope-orgid"] == "team-a"
    form = dict(asked.form)
    assert 5000 < int(form.pop("timeout").removesuffix("ms")) <= 9000
    assert form == {
        "query": 'sum(rate(x{a="ü+&"}[1m]))',
        "partial_response": "false",
        "dedup": "true",
    }


async def test_no_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evidence comes from the server in the file, not from where the environment points."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    async with stub(lambda _: vector("1")) as one, source(at(one.url)) as asker:
        assert (await asker.read("q")).value == 1.0


async def test_a_moment_is_sent_in_utc() -> None:
    """Whatever its timezone, to the millisecond."""
    moment = datetime(2024, 1, 1, 2, 0, 0, 250_000, timezone(timedelta(hours=2)))
    async with stub(lambda _: vector("1")) as one, source(at(one.url)) as asker:
        await asker.read("q", at=moment)
        await asker.freshness("up", at=moment)
    expected = f"{datetime(2024, 1, 1, tzinfo=UTC).timestamp():.0f}.250"
    assert {asked.form["time"] for asked in one.asked} == {expected}


@pytest.mark.parametrize(
    "reply",
    [
        NOT_READY,
        Told(0),
        Told(502, b"<html>", "text/html"),
        failure(500, "internal", "x"),
        failure(429, "limit", "x"),
        failure(422, "execution", "expanding series: x"),
    ],
)
async def test_what_passes_is_tried_again(reply: Told) -> None:
    """Faults that pass are not seen when the next try is answered."""
    async with stub(in_turn(reply, reply, vector("1"))) as one, source(at(one.url)) as asker:
        assert (await asker.read("q")).value == 1.0
    assert len(one.asked) == 3


@pytest.mark.parametrize(
    "reply",
    [
        Told(401),
        Told(404),
        Told(200, b"<html>"),
        Told(302, headers={"Location": "http://127.0.0.2/"}),
        failure(400, "bad_data", "typo"),
        failure(422, "execution", "many-to-many matching not allowed"),
    ],
)
async def test_what_does_not_pass_is_asked_once(reply: Told) -> None:
    """Wrong credentials, paths, redirects and queries do not get better by asking."""
    async with stub(lambda _: reply) as one, source(at(one.url)) as asker:
        if reply.status in (400, 422):
            with pytest.raises(MetricsRefused, match="it refuses the query: "):
                await asker.read("q")
        else:
            assert (await asker.read("q")).missing is Missing.FAILED
    assert len(one.asked) == 1


async def test_tries_are_bounded() -> None:
    """Four tries, then it is for the gate to wait; one alone when no time is left for more."""
    for seconds, tries in ((10.0, 4), (0.09, 1)):
        async with stub(lambda _: NOT_READY) as one, source(at(one.url, seconds)) as asker:
            assert (await asker.read("q")).value is None
        assert len(one.asked) <= tries


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_within_the_origin(status: int) -> None:
    """The same question is put again at the new path, with all that lets it in."""

    def moved(asked: Asked) -> Told:
        if asked.path.startswith("/new"):
            return vector("7")
        return Told(status, headers={"Location": f"/new{asked.path}"})

    async with stub(moved) as one:
        server = replace(at(one.url), bearer=Secret(inline="t0ken"))
        async with source(server) as asker:
            assert (await asker.read("q")).value == 7.0
    assert [asked.method for asked in one.asked] == ["POST", "POST"]
    assert one.asked[1].form["query"] == "q"
    assert one.asked[1].headers["authorization"] == "Bearer t0ken"


async def test_redirects_are_bounded() -> None:
    """A loop ends after three."""
    loop = Told(307, headers={"Location": "/again"})
    async with stub(lambda _: loop) as one, source(at(one.url)) as asker:
        reading = await asker.read("q")
    assert reading.words == f"{one.url}: it redirects more than 3 times in a row"
    assert len(one.asked) == 4


@pytest.mark.parametrize(
    "location",
    ["http://127.0.0.2:{port}/", "https://127.0.0.1:{port}/", "http://u:pw@127.0.0.1:{port}/"],
)
async def test_no_secret_goes_elsewhere(location: str) -> None:
    """Another host, scheme or user is not followed."""

    def moved(_: Asked) -> Told:
        return Told(307, headers={"Location": location.format(port=one.port)})

    async with stub(moved) as one, source(at(one.url)) as asker:
        reading = await asker.read("q")
    assert reading.missing is Missing.FAILED
    assert "it redirects (307) to http" in reading.words
    assert "pw@" not in reading.words
    assert len(one.asked) == 1


async def test_a_location_that_is_no_url() -> None:
    """Junk in a header is a fault of the server."""
    junk = Told(302, headers={"Location": "http://[::1"})
    async with stub(lambda _: junk) as one, source(at(one.url)) as asker:
        reading = await asker.read("q")
    assert (reading.value, reading.missing) == (None, Missing.UNREACHABLE)
    assert reading.words.endswith("its answer is cut off, or not valid HTTP: restarting?")


def _sizes() -> Iterator[tuple[int, Missing | None]]:
    yield 4 * 1024 * 1024, None
    yield 4 * 1024 * 1024 + 1, Missing.FAILED


@pytest.mark.parametrize(("size", "missing"), list(_sizes()))
async def test_replies_are_bounded(size: int, missing: Missing | None) -> None:
    """Four MiB are read, a byte more is too much."""
    body = vector("1").body.ljust(size)
    async with stub(lambda _: Told(200, body)) as one, source(at(one.url)) as asker:
        reading = await asker.read("q")
    assert reading.missing is missing
    if missing is not None:
        assert reading.words.endswith("larger than 4 MiB: the query matches too much")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://127.0.0.1/", "its URL must begin with http:// or https:// and a host"),
        ("prometheus:9090", "its URL must begin with http:// or https:// and a host"),
        ("http://me:hush-hush@127.0.0.1:9/", "its URL must be plain: credentials belong in"),
        ("http://127.0.0.1:9/?token=hush-hush", "its URL must be plain: credentials belong in"),
        ("http://127.0.0.1:99999/", "its URL has an invalid port"),
        ("http://[::1", "its URL, or one that it redirects to, is not valid"),
        ("", "its URL must begin with http:// or https:// and a host"),
    ],
)
async def test_a_url_that_cannot_be_asked(url: str, words: str) -> None:
    """A wrong URL is a missing number with the mend, and no secret in it is shown."""
    async with source(MetricsServer(url)) as asker:
        reading = await asker.read("q")
        assert "hush" not in asker.name
    assert (reading.value, reading.missing) == (None, Missing.FAILED)
    assert words in reading.words
    assert "hush" not in reading.words


async def test_a_query_that_is_no_text() -> None:
    """What the command line could not decode is refused."""
    async with stub(lambda _: vector("1")) as one, source(at(one.url)) as asker:
        with pytest.raises(MetricsRefused, match="it is not text"):
            await asker.read("\udcff")
    assert one.asked == []


async def test_questions_of_one_sample_end_together() -> None:
    """What is left of the first one's time is all that the next ones have; a later sample has its
    own time."""

    def silent(asked: Asked) -> Told | None:
        return vector("1") if asked.form.get("query") == "warm-up" else None

    async with stub(silent) as one, source(at(one.url)) as patient:
        assert (await patient.read("warm-up")).value == 1.0
        async with source(at(one.url, 0.3)) as asker:
            sample = asker.for_one_sample()
            for query in ("first", "second"):
                assert (await sample.read(query)).missing is Missing.TIMEOUT
            assert (await sample.freshness("third")).missing is Missing.TIMEOUT
            assert isinstance(alerts := await sample.alerts(), Reading)
            assert alerts.missing is Missing.TIMEOUT
            await asker.for_one_sample().read("later")
    assert [each.form.get("query") for each in one.asked] == ["warm-up", "first", "later"]
