"""A notice as a mail: headers that nothing foreign breaks out of, a body of plain text. Pure."""

from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from adapters.notify.message import cut, readable
from controller import __version__
from controller.records import Notice

SUBJECT: Final = 200
"""Characters of a subject: what comes after the first hundred few programs show."""
MOST_TEXT: Final = 100_000
_LINE: Final = 900
"""Bytes of a line that any server takes (RFC 5321, section 4.5.3.1.6: 998)."""


def as_mail(notice: Notice, delivery: str, to: Sequence[str], sender: str) -> bytes:
    """The whole message, plain ASCII on its way whatever it says.

    `Auto-Submitted` keeps absent people's programs from answering (RFC 3834). All mails of one
    rollout refer to the same one, so that programs show them as one conversation.
    """
    notice = readable(notice)
    domain = sender.partition("@")[2] or "localhost"
    mail = EmailMessage(policy=SMTP)
    mail["From"] = f"poolroll <{sender}>"
    mail["To"] = ", ".join(to)
    mail["Subject"] = cut(f"poolroll {_said(notice.text)}", SUBJECT)
    mail["Date"] = format_datetime(notice.wall)
    mail["Message-ID"] = f"<{delivery}@{domain}>"
    if notice.rollout:
        mail["References"] = f"<{notice.rollout}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Poolroll-Event"] = notice.event
    mail["X-Poolroll-Rollout"] = notice.name
    mail["User-Agent"] = f"poolroll/{__version__}"
    text = _body(notice)
    is_plain = text.isascii() and all(len(line) < _LINE for line in text.splitlines())
    mail.set_content(text, cte="7bit" if is_plain else "quoted-printable")
    return mail.as_bytes()


def _said(text: str) -> str:
    return text.removeprefix("rollout ")


def _body(notice: Notice) -> str:
    about = [f"event     {notice.event}", f"time      {notice.wall.isoformat(timespec='seconds')}"]
    if notice.rollout:
        about.append(f"rollout   {notice.rollout}")
    if notice.exit_code is not None:
        about.append(f"exit code {notice.exit_code}")
    return cut("\n".join([notice.text, "", *notice.lines, "", *about]), MOST_TEXT) + "\n"
