"""HTTP probes on real sockets."""

import asyncio
import errno
import logging
import time
from datetime import timedelta
from unittest.mock import Mock

import pytest

from adapters.clock import SystemClock
from adapters.probes import OutsideValidator
from adapters.probes.http import HttpAsker
from controller.tasks import HttpProbe, JobResult, Validation
from tests.adapters.probes.support import ScriptedCommands, answering, bound, probed, serving
from tests.support.waiting import until


def _url(port: int, rest: str = "/health") -> str:
    return f"http://127.0.0.1:{port}{rest}"


@pytest.mark.parametrize("contains", [None, "v2", "v2 – ready"])
async def test_passes(contains: str | None) -> None:
    """The expected status, and the expected text in the body, pass."""
    async with serving(answering("app v2 – ready")) as port:
        result = await probed(HttpProbe(_url(port), contains=contains))
    assert (result.passed, result.detail) == (True, f"http {_url(port)}: passed")


@pytest.mark.parametrize(
    ("text", "status", "seen"),
    [
        ("down", "503 Service Unavailable", "status 503, not 200"),
        ("v2", "302 Found\r\nLocation: /elsewhere", "status 302, not 200"),
        ("v2", "204 No Content", "status 204, not 200"),
        ("", "200 OK", "the body is empty: it lacks 'v2'"),
        ("v1 ready", "200 OK", "the body lacks 'v2'; it begins with 'v1 ready'"),
        ("v1\r\n\x07", "200 OK", r"the body lacks 'v2'; it begins with 'v1\r\n\x07'"),
        ("y" * 200, "200 OK", f"it begins with '{'y' * 60}…'"),
        ("y" * (1 << 21), "200 OK", "the first MiB of the body lacks 'v2'"),
    ],
)
async def test_fails(text: str, status: str, seen: str) -> None:
    """Each way an answer may be wrong, in words; no redirect is followed."""
    async with serving(answering(text, status)) as port:
        result = await probed(HttpProbe(_url(port), contains="v2"))
    assert not result.passed
    assert result.detail.startswith(f"http {_url(port)}: ")
    assert seen in result.detail
    assert result.detail.endswith(" (tried for 10s)")


async def test_another_status_may_be_wanted() -> None:
    """The status given is the one that passes, an error's too."""
    async with serving(answering("", "401 Unauthorized")) as port:
        assert (await probed(HttpProbe(_url(port), status=401))).passed
        assert not (await probed(HttpProbe(_url(port)))).passed


async def test_refused_then_up() -> None:
    """A member that is not up yet is tried until it is."""
    place = bound()
    port = place.getsockname()[1]
    refused = await probed(HttpProbe(_url(port)))
    assert refused.detail == f"http {_url(port)}: connection refused (tried for 10s)"
    validator = OutsideValidator(ScriptedCommands([JobResult()]), SystemClock())
    every = timedelta(milliseconds=10)
    task = asyncio.ensure_future(
        validator.validate([Validation(HttpProbe(_url(port)), every=every)])
    )
    done, _ = await asyncio.wait([task], timeout=0.1)
    assert not done
    async with serving(answering(""), place=place):
        assert (await task).passed


@pytest.mark.parametrize(
    ("reply", "seen"),
    [
        (b"", "the answer is not valid HTTP, or was cut off"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "the answer is not valid HTTP, or was cut off"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nv1", "was cut off"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=hex\r\n\r\nv1", "begins with 'v1'"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nv1", "begins with 'v1'"),
    ],
)
async def test_broken_answers(reply: bytes, seen: str) -> None:
    """What is no HTTP, cut off, or of a strange encoding is a failure in words."""
    async with serving(lambda _, writer: writer.write(reply)) as port:
        result = await probed(HttpProbe(_url(port), contains="v2"))
    assert not result.passed
    assert seen in result.detail


async def test_what_comes_before_an_answer() -> None:
    """Interim answers are passed over."""
    hints = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"
    answer = hints + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nv2"
    async with serving(lambda _, writer: writer.write(answer)) as port:
        assert (await probed(HttpProbe(_url(port), contains="v2"))).passed


async def test_another_protocol() -> None:
    """Whoever changes the protocol, as a probe of a WebSocket asks, has answered."""
    answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x01"
    headers = {"Connection": "Upgrade", "Upgrade": "websocket"}
    async with serving(lambda _, writer: writer.write(answer), holds=True) as port:
        assert (await probed(HttpProbe(_url(port), 101, headers=headers))).passed
        seen = await probed(HttpProbe(_url(port), 101, contains="v2", headers=headers))
    assert "the body is empty: it lacks 'v2'" in seen.detail


class _NotTaken:
    """The writing end of a connection that the server has closed."""

    transport = Mock()

    def write(self, data: bytes) -> None:
        assert data.startswith(b"GET / HTTP/1.1")

    async def drain(self) -> None:
        raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")

    async def wait_closed(self) -> None:
        """At once."""


async def test_an_answer_before_the_request_was_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server may answer and close without reading, like one that takes no more requests."""
    reader = asyncio.StreamReader()
    reader.feed_data(b"HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n")

    async def connected(*_: object) -> tuple[asyncio.StreamReader, _NotTaken]:
        return reader, _NotTaken()

    monkeypatch.setattr("adapters.probes.sending.connected", connected)
    assert await HttpAsker(HttpProbe("http://127.0.0.1/")).ask() == "status 503, not 200"
    _NotTaken.transport.abort.assert_called_once_with()


@pytest.mark.parametrize("contains", [None, "tick"])
async def test_endless_body_is_not_read_to_its_end(contains: str | None) -> None:
    """A stream that never ends passes once its text came, and without `contains` at once."""
    begin = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ntick\r\n"
    async with serving(lambda _, writer: writer.write(begin), holds=True) as port:
        assert (await probed(HttpProbe(_url(port), contains=contains))).passed


async def test_silent_member_is_cut_off() -> None:
    """A member that accepts and says nothing fails when the time is over, and can be left."""
    asked: list[str] = []
    validator = OutsideValidator(ScriptedCommands([JobResult()]), SystemClock())
    async with serving(lambda head, _: asked.append(head), holds=True) as port:
        probe = HttpProbe(_url(port))
        began = time.monotonic()
        result = await validator.validate([Validation(probe, timedelta(seconds=0.3))])
        assert result.detail.startswith(f"http {_url(port)}: no answer within 0.3s")
        assert time.monotonic() - began < 30
        before = len(asked)
        task = asyncio.ensure_future(validator.validate([Validation(probe)]))
        await until(lambda: len(asked) > before)
        task.cancel()
        await asyncio.wait([task], timeout=60)
        assert task.cancelled()


async def test_each_try_is_a_new_connection_and_one_client() -> None:
    """A try proves that the member accepts connections: none is kept from the try before."""
    peers: list[object] = []

    def handle(_: str, writer: asyncio.StreamWriter) -> None:
        peers.append(writer.get_extra_info("peername"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async with serving(handle) as port:
        validator = OutsideValidator(ScriptedCommands([JobResult()]), SystemClock())
        every = timedelta(milliseconds=1)
        await validator.validate([Validation(HttpProbe(_url(port)), every=every, consecutive=4)])
    assert len(set(peers)) == 4


async def test_request_is_as_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Headers and the query are sent as given; the environment's proxies are not asked."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    heads: list[str] = []

    def handle(head: str, writer: asyncio.StreamWriter) -> None:
        heads.append(head)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")

    async with serving(handle) as port:
        headers = {"Host": "web.example", "X-Probe": "1"}
        assert (await probed(HttpProbe(_url(port, "/h?a=1"), headers=headers))).passed
    (head,) = heads
    assert head.startswith("GET /h?a=1 HTTP/1.1\r\n")
    assert {"Host: web.example", "X-Probe: 1"} <= set(head.split("\r\n"))


async def test_secrets_are_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    """Userinfo, header values and secret query values are in no detail and no log, not even
    when the member echoes them."""
    caplog.set_level(logging.DEBUG)
    echo = answering("Bearer t0ken-1 says us3r:pa55 k3y-9")
    headers = {"Authorization": "Bearer t0ken-1"}
    async with serving(echo) as port:
        url = f"http://us3r:pa55@127.0.0.1:{port}/h?token=k3y-9&a=1#frag"
        for contains in ("v2", None):
            result = await probed(HttpProbe(url, contains=contains, headers=headers))
            shown = result.detail + caplog.text
            for secret in ("t0ken-1", "us3r", "pa55", "k3y-9"):
                assert secret not in shown
            assert f"http://***@127.0.0.1:{port}/h?token=***&a=1:" in result.detail


@pytest.mark.parametrize("value", ["s3cret\r\nX: y", "s3cret\0", "s3crét-€"])
async def test_bad_header_is_told_without_its_value(value: str) -> None:
    """A header that HTTP does not allow is a failure that does not quote it."""
    async with serving(answering("")) as port:
        result = await probed(HttpProbe(_url(port), headers={"X-Token": value}))
    assert "the request cannot be sent" in result.detail
    assert "s3cr" not in result.detail


async def test_header_that_promises_a_body() -> None:
    """No probe sends one."""
    async with serving(answering("")) as port:
        result = await probed(HttpProbe(_url(port), headers={"Content-Length": "5"}))
    assert "the request cannot be sent" in result.detail


@pytest.mark.parametrize(
    ("url", "seen"),
    [
        ("", "the URL is"),
        ("health", "the URL is"),
        ("ftp://127.0.0.1/", "the URL is neither http nor https"),
        ("http://127.0.0.1:99999/", "there is no such port"),
        ("http://[::1/", "the URL is not valid"),
        (f"http://{'a' * 64}.example/", "the name cannot be resolved"),
        ("http://us3r:pa/55@127.0.0.1/", "the URL is not valid"),
    ],
)
async def test_bad_urls(url: str, seen: str) -> None:
    """A URL that leads nowhere fails in words, and hides what may be a password."""
    result = await probed(HttpProbe(url))
    assert not result.passed
    assert seen in result.detail
    assert "us3r" not in result.detail
    assert "55" not in result.detail


async def test_a_redirect_is_the_cause() -> None:
    """It is named, with where it leads, but for its secrets (S12)."""
    head = "Location: https://u:s3cret@login.example.com/?token=s3cret2\r\n"
    async with serving(answering("", "301 Moved Permanently", head)) as port:
        result = await probed(HttpProbe(_url(port)))
    target = "https://***@login.example.com/?token=***"
    words = f"status 301, not 200: it redirects to '{target}', which is not followed"
    assert words in result.detail
