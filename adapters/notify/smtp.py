"""One mail handed to one server, by the SMTP client of the standard library. It blocks.

Facts: SMTP is RFC 5321, STARTTLS RFC 3207 (the client forgets what the server said before), AUTH
RFC 4954. A code of 4xx may pass by itself, one of 5xx does not (RFC 5321, section 4.2.1).
"""

import smtplib
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final

from adapters.notify.message import cut
from adapters.notify.network import met
from controller.legible import legible_line
from controller.records import Undelivered

PATIENCE: Final = 10.0
"""Seconds for each answer; some servers let a stranger wait on purpose."""
MOST_SAID: Final = 200
MOST_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Server:
    host: str
    port: int
    tls: str = "none"
    """`starttls`, `implicit` or `none`."""
    user: str | None = None
    password: str | None = field(default=None, repr=False)


class _Refused(Exception):
    """What the server answered instead."""

    def __init__(self, what: str, code: int, said: bytes = b"") -> None:
        self.missed = Undelivered(f"{what} ({_told(code, said)})", retryable=code < 500)


class _Impossible(Exception):
    """Nothing that time mends."""


class Talk:
    """One conversation. `give_up` ends it from another thread."""

    def __init__(self, server: Server, context: ssl.SSLContext | None) -> None:
        self._server = server
        self._context = context
        self._smtp: smtplib.SMTP | None = None
        self._is_given_up = False
        self.answer = ""
        """What the server said when it took the mail."""

    def send(self, sender: str, to: Sequence[str], mail: bytes) -> Undelivered | None:
        """None: the server has taken it, and answers for it from now on. Raises nothing."""
        try:
            smtp = self._connected()
            try:
                return self._handed_over(smtp, sender, to, mail)
            finally:
                _leave(smtp)
        except _Refused as refused:
            return refused.missed
        except _Impossible as fault:
            return Undelivered(str(fault), retryable=False)
        except smtplib.SMTPServerDisconnected:
            return Undelivered("the mail server broke the connection", retryable=True)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            return self._failed(error)

    def give_up(self) -> None:
        """Whatever it waits for: the connection ends now, and nothing is sent any more."""
        self._is_given_up = True
        sock = self._smtp.sock if self._smtp is not None else None
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _connected(self) -> smtplib.SMTP:
        at = self._server
        if at.tls == "implicit":
            made: smtplib.SMTP = smtplib.SMTP_SSL(
                local_hostname="localhost", timeout=PATIENCE, context=self._context
            )
        else:
            made = smtplib.SMTP(local_hostname="localhost", timeout=PATIENCE)
        # Its constructor would set this, and connect at once: then nobody could give it up.
        made._host = at.host  # type: ignore[attr-defined]
        self._smtp = made
        try:
            code, said = made.connect(at.host, at.port)
            if code < 200:
                raise _Impossible(f"{at.host}:{at.port}: what answers there is no mail server")
            if code != 220:
                raise _Refused("the mail server turns us away", code, said)
            made.local_hostname = _literal(made)
            self._greet(made)
        except BaseException:
            made.close()
            raise
        return made

    def _greet(self, smtp: smtplib.SMTP) -> None:
        at = self._server
        smtp.ehlo_or_helo_if_needed()
        if at.tls == "starttls":
            if not smtp.has_extn("starttls"):
                raise _Impossible(
                    "the mail server offers no STARTTLS; `tls: none` does without, where nobody "
                    "can listen on the way"
                )
            smtp.starttls(context=self._context)
            smtp.ehlo_or_helo_if_needed()
        if at.user is not None:
            self._log_in(smtp, at.user, at.password or "")

    def _log_in(self, smtp: smtplib.SMTP, user: str, password: str) -> None:
        """What the server says then is not shown: it may quote the login."""
        try:
            smtp.login(user, password)
        except smtplib.SMTPAuthenticationError as refused:
            raise _Refused("the mail server refused the login", refused.smtp_code) from None
        except smtplib.SMTPNotSupportedError:
            raise _Impossible("the mail server offers no login here") from None
        except UnicodeError:
            raise _Impossible("user or password is not plain ASCII") from None
        except smtplib.SMTPServerDisconnected:
            raise
        except smtplib.SMTPException:
            raise _Impossible("the mail server knows no way to log in that we know") from None

    def _handed_over(
        self, smtp: smtplib.SMTP, sender: str, to: Sequence[str], mail: bytes
    ) -> Undelivered | None:
        code, said = smtp.mail(sender)
        if code != 250:
            raise _Refused(f"refused from {sender}", code, said)
        answers = {one: smtp.rcpt(one) for one in to}
        refused = {one: answer for one, answer in answers.items() if answer[0] not in (250, 251)}
        if len(refused) == len(to):
            one, (code, said) = next(iter(refused.items()))
            raise _Refused(f"refused for {_all(tuple(refused)) or one}", code, said)
        if self._is_given_up:
            raise smtplib.SMTPServerDisconnected
        code, said = smtp.data(mail)
        if code != 250:
            raise _Refused("the mail was refused", code, said)
        self.answer = _told(code, said)
        if not refused:
            return None
        code, said = next(iter(refused.values()))
        what = f"refused for {_all(tuple(refused))} ({_told(code, said)}); the others got it"
        return Undelivered(what, retryable=False)

    def _failed(self, error: Exception) -> Undelivered:
        if isinstance(error, smtplib.SMTPResponseException):
            code, said = error.smtp_code, error.smtp_error
            raw = said if isinstance(said, bytes) else said.encode("utf-8", "replace")
            return _Refused("the mail server refused", code, raw).missed
        if isinstance(error, TimeoutError):
            return Undelivered("no answer from the mail server in time", retryable=True)
        is_lasting = isinstance(error, ssl.SSLCertVerificationError | ValueError)
        why = met(error) or (
            "the connection failed" if isinstance(error, OSError) else "its answer is not SMTP"
        )
        return Undelivered(f"{self._server.host}:{self._server.port}: {why}", not is_lasting)


def _leave(smtp: smtplib.SMTP) -> None:
    """Politely, but its answer is not waited for: what it took, it has."""
    with suppress(smtplib.SMTPException, OSError):
        smtp.putcmd("quit")
    smtp.close()


def _all(refused: Sequence[str]) -> str:
    more = len(refused) - MOST_NAMED
    named = ", ".join(refused[:MOST_NAMED])
    return f"{named} and {more} more" if more > 0 else named


def _told(code: int, said: bytes) -> str:
    text = legible_line(" ".join(said.decode("utf-8", "replace").split()))
    return cut(f"{code} {text}".strip(), MOST_SAID)


def _literal(smtp: smtplib.SMTP) -> str:
    """Our address: what needs no name service, and what servers take for a name (RFC 5321, section
    4.1.3)."""
    sock = smtp.sock
    own = ip_address(str(sock.getsockname()[0]).partition("%")[0]) if sock is not None else None
    if own is None:
        return "localhost"
    return f"[IPv6:{own}]" if own.version == 6 else f"[{own}]"
