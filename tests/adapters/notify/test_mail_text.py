"""A notice as a mail."""

from dataclasses import replace
from email import message_from_bytes
from email.policy import default

from adapters.notify.mail_text import SUBJECT, as_mail
from controller.records import Notice
from tests.adapters.notify.receiver import notice


def mailed(one: Notice) -> bytes:
    return as_mail(one, "d1", ("ops@example.net",), "poolroll@example.net")


def test_no_text_breaks_out_of_a_header() -> None:
    """The name of a server, or what it says, adds no recipient and no header."""
    foreign = "web: x\r\nBcc: all@example.net\r\n\r\nbody\x00\u2028"
    made = message_from_bytes(mailed(notice(text=foreign)), policy=default)
    assert made["Bcc"] is None
    assert "Bcc: all@example.net" in made["Subject"]
    assert made["To"] == "ops@example.net"


def test_a_long_subject_is_cut() -> None:
    """It is one line on a phone."""
    made = message_from_bytes(mailed(notice(text="ü" * 5000)), policy=default)
    assert len(made["Subject"]) == SUBJECT


def test_lines_are_short_on_the_way() -> None:
    """No server refuses them (998 bytes, RFC 5321), and they arrive as they were."""
    long = "x" * 3000
    raw = mailed(notice("halted", long))
    assert max(map(len, raw.split(b"\r\n"))) < 998
    body = message_from_bytes(raw, policy=default).get_content()
    assert long in body


def test_mails_of_one_rollout_are_one_conversation() -> None:
    """They refer to the same one; a refusal belongs to none."""
    first, second = (message_from_bytes(mailed(notice(one))) for one in ("started", "halted"))
    assert first["References"] == second["References"] == "<web-1@example.net>"
    assert "References" not in message_from_bytes(mailed(replace(notice(), rollout="")))


def test_the_foot_says_what_it_is_of() -> None:
    """Event, time, id and exit code, for whoever sorts by them."""
    body = message_from_bytes(mailed(notice()), policy=default).get_content()
    assert body.splitlines()[-4:] == [
        "event     halted",
        "time      2024-01-02T03:04:05+00:00",
        "rollout   web-1",
        "exit code 4",
    ]
