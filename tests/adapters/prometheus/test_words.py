"""Each way in which evidence can be missing, and the exact words for it."""

import socket

import pytest

from controller.core.gates.evidence import Missing
from tests.adapters.prometheus.stub import Told, at, failure, source, stub, told, vector

HISTOGRAM = {"count": "3", "sum": "1.5", "buckets": [[0, "0.5", "1", "3"]]}
PROXY = Told(502, b"<html>Bad Gateway</html>", "text/html; charset=utf-8")
LOGIN = Told(200, b"<html>Sign in</html>", "text/html")
TABLE: list[tuple[str, Told | None, Missing, str]] = [
    (
        "empty",
        vector(),
        Missing.NO_DATA,
        "no series matches: the metric or a label does not exist, or its target is gone; an empty "
        "answer is not zero",
    ),
    (
        "nan",
        vector("NaN"),
        Missing.NOT_A_NUMBER,
        "the value is NaN, most likely 0 divided by 0: no traffic",
    ),
    (
        "infinite",
        vector("-Inf"),
        Missing.INFINITE,
        "the value is infinite, most likely a division by zero",
    ),
    (
        "histogram",
        vector(HISTOGRAM),
        Missing.HISTOGRAM,
        "the value is a native histogram, and a gate needs one number (histogram_quantile?)",
    ),
    (
        "many",
        vector("1", "2", "3", HISTOGRAM),
        Missing.TOO_MANY,
        "4 series, and a gate needs one number: aggregate them in the query, or set `reduce`: "
        '{instance="web1"}; {instance="web2"}; {instance="web3"}; …',
    ),
    (
        "partial",
        vector("1", warnings=["store-2: no\nanswer", "store-3: gone"]),
        Missing.PARTIAL,
        "it warns that the answer may lack data: store-2: no answer (and 1 more)",
    ),
    (
        "engine warning",
        vector("1", warnings=["PromQL warning: encountered a mix of histograms and floats"]),
        Missing.PARTIAL,
        "it warns that the answer may lack data: PromQL warning: encountered a mix of histograms "
        "and floats",
    ),
    (
        "cut",
        Told(0),
        Missing.UNREACHABLE,
        "{name}: its answer is cut off, or not valid HTTP: restarting?",
    ),
    ("silent", None, Missing.TIMEOUT, "{name}: no answer within 1s: overloaded, or frozen?"),
    (
        "gave up",
        failure(503, "timeout", "query timed out in expression evaluation"),
        Missing.TIMEOUT,
        "{name}: it gave up on the query: query timed out in expression evaluation",
    ),
    (
        "503",
        Told(503, b"Service Unavailable", "text/plain"),
        Missing.FAILED,
        "{name}: it is not ready (503): starting, or overloaded?",
    ),
    (
        "500",
        failure(500, "internal", "disk\nfull"),
        Missing.FAILED,
        "{name}: it failed (500): disk full",
    ),
    (
        "502",
        PROXY,
        Missing.FAILED,
        "{name}: it failed (502, text/html): a proxy in front of it got no answer",
    ),
    (
        "login",
        LOGIN,
        Missing.FAILED,
        "{name}: its answer is not JSON (text/html): a login page, or not a Prometheus?",
    ),
    (
        "403",
        Told(403, b"no", "text/plain"),
        Missing.FAILED,
        "{name}: access denied (403): credentials lack permission",
    ),
    (
        "no tenant",
        failure(401, "auth", "no org id"),
        Missing.FAILED,
        "{name}: access denied (401): credentials missing or wrong: no org id",
    ),
    ("418", Told(418), Missing.FAILED, "{name}: it failed (418) without a reason"),
    (
        "store gone",
        failure(422, "execution", "expanding series: proxy: rpc error: code = Unavailable"),
        Missing.FAILED,
        "{name}: it failed (422): expanding series: proxy: rpc error: code = Unavailable",
    ),
    (
        "another api",
        told({"data": []}),
        Missing.FAILED,
        "{name}: its answer is not one of the Prometheus API: status 200 without `status` and "
        "`data`",
    ),
    (
        "redirect",
        Told(302, headers={"Location": "https://sso.example.com/login?token=abcd"}),
        Missing.FAILED,
        "{name}: it redirects (302) to https://sso.example.com/login: a login page, or moved?",
    ),
]


@pytest.mark.parametrize(
    ("reply", "missing", "words"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
async def test_words(reply: Told | None, missing: Missing, words: str) -> None:
    """No number, the reason, and the words."""
    seconds = 10.0 if reply else 1.0
    async with stub(lambda _: reply) as one, source(at(one.url, seconds), is_hasty=True) as asker:
        reading = await asker.read("q")
        name = one.url
    assert (reading.query, reading.value, reading.missing) == ("q", None, missing)
    assert reading.words == words.replace("{name}", name)


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("no-such-host.invalid", "its host name is not found: "),
        ("127.0.0.1:{refusing}", "it refuses the connection: nothing listens there, is it run"),
    ],
)
async def test_no_way_there(host: str, words: str) -> None:
    """A name that is unknown and a port that is shut are told apart."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        url = f"http://{host.format(refusing=place.getsockname()[1])}"
        async with source(at(url, 3), is_hasty=True) as asker:
            reading = await asker.read("q")
    assert (reading.value, reading.missing) == (None, Missing.UNREACHABLE)
    assert reading.words.startswith(f"{url}: {words}")


async def test_no_connection_in_time() -> None:
    """A place that takes no more connections: nothing is known, not even that it lives."""
    with socket.socket() as place, socket.socket() as first, socket.socket() as second:
        place.bind(("127.0.0.1", 0))
        place.listen(0)
        for filler in (first, second):  # the queue holds one more than its length (listen(2))
            filler.setblocking(False)
            filler.connect_ex(place.getsockname())
        url = f"http://127.0.0.1:{place.getsockname()[1]}"
        async with source(at(url, 1)) as asker:
            reading = await asker.read("q")
    assert (reading.value, reading.missing) == (None, Missing.UNREACHABLE)
    assert reading.words == f"{url}: no connection within 1s: its address does not answer"


async def test_tls_that_never_begins() -> None:
    """A place that takes connections and never speaks, asked over TLS."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        place.listen()
        url = f"https://127.0.0.1:{place.getsockname()[1]}"
        async with source(at(url, 2)) as asker:
            reading = await asker.read("q")
    assert reading.missing is Missing.TIMEOUT
    assert reading.words == (
        f"{url}: no answer within 2s: it took the connection and does not start TLS"
    )
