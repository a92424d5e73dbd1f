"""Webhooks against real receivers on loopback."""

import asyncio
import hashlib
import hmac
from datetime import timedelta

import pytest

from adapters.clock import SystemClock
from adapters.notify.webhook import WebhookNotifier
from tests.adapters.notify.receiver import HANGS, notice, receiver


def webhook(url: str, **options: str | dict[str, str]) -> WebhookNotifier:
    return WebhookNotifier("notify[0].webhook", ("halted",), url, SystemClock(), **options)  # type: ignore[arg-type]


async def test_post_is_signed_and_named() -> None:
    """Body, signature, delivery, own headers, as the docs promise them."""
    async with receiver() as there:
        hook = webhook(there.url, secret="s3cret", headers={"Authorization": "Bearer t"})
        assert await hook.deliver(notice(), "d1") is None
        await hook.aclose()
    (got,) = there.got
    assert (got.method, got.path) == ("POST", "/hook/s3cret-path")
    assert got.headers["authorization"] == "Bearer t"
    assert got.headers["content-type"] == "application/json"
    assert got.headers["x-poolroll-event"] == "halted"
    assert got.headers["x-poolroll-delivery"] == got.json["delivery"] == "d1"
    seconds = got.headers["x-poolroll-timestamp"]
    message = f"{seconds}.halted.d1.".encode() + got.body
    proof = hmac.new(b"s3cret", message, hashlib.sha256).hexdigest()
    assert got.headers["x-poolroll-signature"] == f"sha256={proof}"


async def test_slack_style_posts_text() -> None:
    """The body of format slack has the text and nothing else."""
    async with receiver() as there:
        hook = webhook(there.url, style="slack")
        assert await hook.deliver(notice(text="done"), "d1") is None
        await hook.aclose()
    assert there.got[0].json == {"text": "rollout web: halted\n```\ndone\n```"}
    assert "x-poolroll-signature" not in there.got[0].headers


async def test_get_sends_no_body() -> None:
    """A heartbeat by GET tells nothing but that we live."""
    async with receiver() as there:
        hook = webhook(there.url, method="GET")
        assert await hook.deliver(notice(), "d1") is None
        await hook.aclose()
    assert (there.got[0].method, there.got[0].body) == ("GET", b"")


@pytest.mark.parametrize(
    ("status", "retryable"),
    [(302, False), (400, False), (404, False), (408, True), (429, True), (500, True), (503, True)],
)
async def test_other_answers_are_told(status: int, retryable: bool) -> None:
    """What is not 2xx is not delivered; what may pass by itself may be tried again."""
    async with receiver(lambda _: status) as there:
        hook = webhook(there.url)
        missed = await hook.deliver(notice(), "d1")
        await hook.aclose()
    assert missed is not None
    assert (missed.why, missed.retryable) == (f"answered with status {status}", retryable)


async def test_two_notices_at_once_share_one_client() -> None:
    """Deliveries side by side do not disturb each other, and both arrive."""
    async with receiver() as there:
        hook = webhook(there.url)
        both = await asyncio.gather(
            hook.deliver(notice("started"), "d1"), hook.deliver(notice("halted"), "d2")
        )
        await hook.aclose()
    assert not any(both)
    assert sorted(there.events()) == ["halted", "started"]


async def test_cancelling_a_hung_request_ends_it() -> None:
    """Whoever is out of patience is not held up, and the connection is closed."""
    async with receiver(lambda _: HANGS) as there:
        hook = webhook(there.url)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await hook.deliver(notice(), "d1")
        await hook.aclose()


async def _refused() -> str:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return f"http://user:s3cret@127.0.0.1:{port}/s3cret"


@pytest.mark.parametrize(
    ("url", "why", "retryable"),
    [
        ("", "connection refused", True),
        ("http://s3cret.invalid/s3cret", "the name cannot be resolved", True),
        ("ftp://127.0.0.1/s3cret", "the address is neither http nor https", False),
        ("http://127.0.0.1:s3cret/", "the address is not valid", False),
    ],
)
async def test_what_it_meets_is_told_without_the_address(
    url: str, why: str, retryable: bool
) -> None:
    """Each fault has words of its own, and none repeats the address, which is a secret (S12)."""
    hook = webhook(url or await _refused(), secret="s3cret", headers={"X-Key": "s3cret"})
    missed = await hook.deliver(notice(), "d1")
    await hook.aclose()
    assert missed is not None
    assert (missed.why, missed.retryable) == (why, retryable)
    assert "s3cret" not in repr(missed) + repr(hook)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("10", 10.0),
        ("0", 0.0),
        ("99999999999", 86_400.0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
    ],
)
async def test_retry_after(value: str, seconds: float | None) -> None:
    """When a receiver says when to come back, that is told with the answer."""
    async with receiver(lambda _: 429, head=f"Retry-After: {value}\r\n") as there:
        hook = webhook(there.url)
        missed = await hook.deliver(notice(), "d1")
        await hook.aclose()
    assert missed is not None
    assert missed.after == (None if seconds is None else timedelta(seconds=seconds))


async def test_a_redirect_is_named() -> None:
    """It is the cause, and often a slip in the address."""
    async with receiver(lambda _: 301, head="Location: https://elsewhere/s3cret\r\n") as there:
        hook = webhook(there.url)
        missed = await hook.deliver(notice(), "d1")
        await hook.aclose()
    assert missed is not None
    assert missed.why == "answered with status 301, a redirect, which is not followed"
