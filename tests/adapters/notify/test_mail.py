"""Mail handed to real servers on loopback."""

import asyncio
import ssl
from pathlib import Path

import pytest
import trustme

from adapters.notify.mail import MailNotifier
from adapters.notify.smtp import Server
from adapters.trust import NoAuthorities
from controller.records import Undelivered
from tests.adapters.notify.mail_server import PASSWORD, USER, MailServer, mail_server
from tests.adapters.notify.receiver import notice
from tests.support.waiting import until

TO = ("ops@example.net", "kim@example.net")


def mailer(there: MailServer | int, *, ca: str | None = None, **server: str) -> MailNotifier:
    port = there if isinstance(there, int) else there.port
    place = Server("127.0.0.1", port, **server)
    return MailNotifier(
        "notify[0].mail", ("halted",), place, to=TO, sender="poolroll@example.net", ca=ca
    )


@pytest.fixture(scope="module")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


async def test_one_mail_to_all(tmp_path: Path) -> None:
    """From and to whom it was said; with what is told, the words of the halt as its text."""
    async with mail_server() as there:
        one = mailer(there)
        assert await one.deliver(notice("halted", "SEEN  ü", ".", "NEXT  x"), "d1") is None
        await one.aclose()
    (got,) = there.got
    assert (got.sender, got.to, got.is_encrypted) == ("poolroll@example.net", TO, False)
    head = got.message
    assert head["To"] == ", ".join(TO)
    assert head["Subject"] == "poolroll web: HALTED"
    assert head["Message-ID"] == "<d1@example.net>"
    assert head["Auto-Submitted"] == "auto-generated"
    assert got.text.splitlines()[:5] == ["rollout web: HALTED", "", "SEEN  ü", ".", "NEXT  x"]
    assert got.raw.isascii()
    assert there.greeted_by == ["[127.0.0.1]"]
    assert one.answer == "250 queued as 1"


@pytest.mark.parametrize("is_implicit", [False, True])
async def test_encrypted_and_with_a_login(tls: ssl.SSLContext, ca: str, is_implicit: bool) -> None:
    """By STARTTLS or from the first byte on; the password is not shown by what holds it."""
    way = "implicit" if is_implicit else "starttls"
    async with mail_server(tls=tls, is_implicit=is_implicit, wants_login=True) as there:
        one = mailer(there, ca=ca, tls=way, user=USER, password=PASSWORD)
        assert await one.deliver(notice(), "d1") is None
    assert ([got.is_encrypted for got in there.got], there.logins) == ([True], [True])
    assert PASSWORD not in repr(vars(one))


async def test_nothing_is_sent_unencrypted(tls: ssl.SSLContext, ca: str) -> None:
    """Where the server offers no STARTTLS, or has a certificate that nobody trusts, the mail stays
    here, and another try would be no better."""
    async with mail_server() as there:
        missed = await mailer(there, tls="starttls", ca=ca).deliver(notice(), "d1")
    assert missed is not None
    assert missed.why.startswith("the mail server offers no STARTTLS; `tls: none` does without")
    assert not missed.retryable
    for is_implicit in (False, True):
        async with mail_server(tls=tls, is_implicit=is_implicit) as there:
            way = "implicit" if is_implicit else "starttls"
            missed = await mailer(there, tls=way).deliver(notice(), "d1")
        assert missed == Undelivered(
            f"127.0.0.1:{there.port}: the certificate is not valid: unable to get local issuer "
            "certificate",
            retryable=False,
        )
        assert not there.got


async def test_a_login_that_is_refused(tls: ssl.SSLContext, ca: str) -> None:
    """Told with the code alone: what the server says may quote the login (S12)."""
    async with mail_server(tls=tls, wants_login=True) as there:
        one = mailer(there, ca=ca, tls="starttls", user=USER, password="s3cret-wrong")
        missed = await one.deliver(notice(), "d1")
    assert missed == Undelivered("the mail server refused the login (535)", retryable=False)
    async with mail_server(offers_login=False) as there:
        missed = await mailer(there, user=USER, password=PASSWORD).deliver(notice(), "d1")
    assert missed == Undelivered("the mail server offers no login here", retryable=False)


@pytest.mark.parametrize(
    ("answers", "why", "retryable"),
    [
        (
            {"ops@example.net": "550 5.1.1 no such user", "kim@example.net": "550 nor here"},
            "refused for ops@example.net, kim@example.net (550 5.1.1 no such user)",
            False,
        ),
        (
            {"kim@example.net": "550 no such user"},
            "refused for kim@example.net (550 no such user); the others got it",
            False,
        ),
        (
            {"ops@example.net": "451 greylisted", "kim@example.net": "451 greylisted"},
            "refused for ops@example.net, kim@example.net (451 greylisted)",
            True,
        ),
        ({"DATA": "552 too big\x1b[31m"}, "the mail was refused (552 too big)", False),
        ({"DATA": "421 going down"}, "the mail was refused (421 going down)", True),
    ],
)
async def test_what_a_server_refuses(answers: dict[str, str], why: str, retryable: bool) -> None:
    """With its words made legible; what may pass by itself is tried again, and what one recipient
    has got is not sent to it twice."""
    async with mail_server(answers=answers) as there:
        missed = await mailer(there).deliver(notice(), "d1")
    assert missed == Undelivered(why, retryable)


async def test_no_mail_server_there() -> None:
    """Something else answers, nothing does, or it breaks off."""

    async def answering(said: bytes) -> Undelivered | None:
        async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(said)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port: int = server.sockets[0].getsockname()[1]
        async with server:
            missed = await mailer(port).deliver(notice(), "d1")
        again = await mailer(port).deliver(notice(), "d1")
        assert again == Undelivered(f"127.0.0.1:{port}: connection refused", retryable=True)
        return missed

    assert await answering(b"554 not for you\r\n") == Undelivered(
        "the mail server turns us away (554 not for you)", retryable=False
    )
    broke = Undelivered("the mail server broke the connection", retryable=True)
    assert await answering(b"") == broke
    other = await answering(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert other is not None
    assert (other.why.partition(": ")[2], other.retryable) == (
        "what answers there is no mail server",
        False,
    )


async def test_giving_up_ends_the_conversation() -> None:
    """A server that never greets: whoever is out of patience is not held up, and the connection is
    closed at once."""
    gone = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        gone.set()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        trying = asyncio.create_task(
            mailer(server.sockets[0].getsockname()[1]).deliver(notice(), "d1")
        )
        await until(lambda: not trying.done(), what="it to begin")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await trying
        async with asyncio.timeout(60):
            await gone.wait()


def test_authorities_that_are_not_there(tmp_path: Path) -> None:
    """Told before the start; not where nothing is encrypted."""
    missing = str(tmp_path / "none.pem")
    with pytest.raises(NoAuthorities, match=r"none\.pem cannot be used: no such file"):
        mailer(25, tls="starttls", ca=missing)
    mailer(25)
