"""Servers that do not take every question, and answers in a form that was not asked for."""

import gzip
import zlib

import pytest

from controller.core.gates.evidence import Missing, Reading
from controller.errors import MetricsRefused
from tests.adapters.prometheus.stub import Asked, Told, at, failure, source, stub, told, vector


@pytest.mark.parametrize("status", [403, 405, 501])
async def test_where_post_is_refused_it_is_a_get(status: int) -> None:
    """The same question by GET, and from then on by GET at once."""

    def reads_only(asked: Asked) -> Told:
        return vector("1") if asked.method == "GET" else Told(status, b"no", "text/plain")

    async with stub(reads_only) as one, source(at(one.url)) as asker:
        assert (await asker.read('x{a="ü+&"}')).value == 1.0
        assert (await asker.read("y")).value == 1.0
    assert [asked.method for asked in one.asked] == ["POST", "GET", "GET"]
    assert {asked.path for asked in one.asked} == {"/api/v1/query"}
    forms = [{**asked.form, "timeout": ""} for asked in one.asked]
    assert forms[0] == forms[1]
    assert forms[1]["query"] == 'x{a="ü+&"}'


@pytest.mark.parametrize("status", [403, 405])
async def test_where_both_are_refused_it_is_said(status: int) -> None:
    """A GET that is refused as well is the answer, and is not tried again."""
    async with stub(lambda _: Told(status)) as one, source(at(one.url)) as asker:
        reading = await asker.read("q")
        await asker.read("q")
    assert reading.missing is Missing.FAILED
    assert f"({status})" in reading.words
    assert [asked.method for asked in one.asked] == ["POST", "GET"] * 2


async def test_unknown_parameters_are_left_out() -> None:
    """One after the other, as a 400 names them, and from then on at once."""

    def strict(asked: Asked) -> Told:
        unknown = [name for name in asked.form if name not in ("query", "time")]
        if unknown:
            text = f'Invalid JSON payload received. Unknown name "{unknown[0]}": not found.'
            return failure(400, "bad_data", text)
        return vector("1")

    async with stub(strict) as one, source(at(one.url)) as asker:
        assert (await asker.read("q")).value == 1.0
        assert (await asker.read("q")).value == 1.0
    assert len(one.asked) == 5
    assert one.asked[-1].form == {"query": "q"}


@pytest.mark.parametrize("body", [b"dedup is unknown", b'["dedup"]'])
async def test_a_query_that_is_wrong_stays_wrong(body: bytes) -> None:
    """A 400 about the query that only looks as if it named a parameter is asked twice, and
    changes nothing for later questions."""

    def typo(asked: Asked) -> Told:
        return Told(400, body)

    async with stub(typo) as one, source(at(one.url)) as asker:
        for _ in range(2):
            assert (await asker.read("q")).missing is Missing.FAILED
        one.teller = lambda _: failure(400, "bad_data", "parse error: unexpected dedup_total")
        with pytest.raises(MetricsRefused, match="dedup_total"):
            await asker.read("q")
    assert ["dedup" in asked.form for asked in one.asked] == [True, False, True, False, True]


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("X-Gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda body: zlib.compress(body, wbits=-15)),
        ("identity", lambda body: body),
    ],
)
async def test_compressed_answers(coding: str, pack: "type[bytes]") -> None:
    """Read as they are meant, although they were not asked for."""
    reply = Told(200, pack(vector("3").body), headers={"Content-Encoding": coding})
    async with stub(lambda _: reply) as one, source(at(one.url)) as asker:
        assert (await asker.read("q")).value == 3.0
    assert one.asked[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("coding", "body", "words"),
    [
        ("br", b"x", "its answer is compressed in a way that was not asked for (br)"),
        ("gzip", b"x", "its compressed answer cannot be unpacked"),
        ("deflate", b"x", "its compressed answer cannot be unpacked"),
        ("gzip", gzip.compress(b"{}" * 100)[:-20], "its compressed answer cannot be unpacked"),
        ("gzip", gzip.compress(b" " * (4 << 20) + b" "), "its answer is larger than 4 MiB"),
    ],
    ids=range(5),
)
async def test_answers_that_cannot_be_unpacked(coding: str, body: bytes, words: str) -> None:
    """No number, in words; a small reply that would unpack to a huge one is bounded."""
    reply = Told(200, body, headers={"Content-Encoding": coding})
    async with stub(lambda _: reply) as one, source(at(one.url), is_hasty=True) as asker:
        reading = await asker.read("q")
    assert reading.missing is Missing.FAILED
    assert words in reading.words


async def test_a_redirect_to_a_page_is_the_cause() -> None:
    """A login page behind a redirect of the same origin is named."""

    def moved(asked: Asked) -> Told:
        if asked.path == "/login":
            return Told(200, b"<html>", "text/html")
        return Told(302, headers={"Location": "/login?token=hush"})

    async with stub(moved) as one, source(at(one.url)) as asker:
        reading = await asker.read("q")
    place = f"{one.url}/login"
    expected = f"{one.url}: it redirects to {place}, where the answer is not JSON (text/html)"
    assert reading.words == expected


async def test_rules_and_values_as_they_are_told() -> None:
    """Only alerting rules; without labels, health or error; no values as `null`; a long list."""
    alerting = {"type": "alerting", "name": "A", "query": "x", "health": "odd", "lastError": "e\n"}
    rules = [{"type": "recording", "name": "r"}, alerting]
    pad = " " * (5 << 20)
    replies = {
        "/api/v1/rules": {"groups": [{"rules": rules}], "pad": pad},
        "/api/v1/label/team/values": None,
    }

    def listed(asked: Asked) -> Told:
        return told({"status": "success", "data": replies[asked.path]})

    async with stub(listed) as one, source(at(one.url)) as asker:
        found = await asker.rules()
        assert not isinstance(found, Reading), found.words
        (rule,) = found
        assert (rule.name, rule.labels, rule.health, rule.error) == ("A", {}, "ok", "e")
        assert await asker.values("team") == ()
    assert one.asked[0].form == {"type": "alert", "exclude_alerts": "true"}


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"groups": [{}]},
        {"groups": [{"rules": [{"type": "alerting"}]}]},
        {"groups": [{"rules": [{"type": "alerting", "name": "A", "labels": [1]}]}]},
        {"groups": [{"rules": [7]}]},
    ],
)
async def test_lists_that_are_none(data: object) -> None:
    """Whatever is not as documented is missing evidence, not an empty list."""
    reply = told({"status": "success", "data": data})
    async with stub(lambda _: reply) as one, source(at(one.url)) as asker:
        rules, values = await asker.rules(), await asker.values("team")
    assert isinstance(rules, Reading)
    assert isinstance(values, Reading)
    assert (rules.missing, values.missing) == (Missing.FAILED, Missing.FAILED)
