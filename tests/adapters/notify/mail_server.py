"""A real mail server on loopback (aiosmtpd) that keeps what it takes, or answers as it is told."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "poolroll", "s3cret-of-mail"


@dataclass(frozen=True, slots=True)
class Mail:
    sender: str
    to: tuple[str, ...]
    raw: bytes
    is_encrypted: bool

    @property
    def message(self) -> EmailMessage:
        made = message_from_bytes(self.raw, policy=default)
        assert isinstance(made, EmailMessage)
        return made

    @property
    def text(self) -> str:
        """As it was before lines were ended the way of mail."""
        return str(self.message.get_content()).replace("\r\n", "\n")


@dataclass
class MailServer:
    """Without slots: aiosmtpd looks at all attributes, and Python 3.11.2 cannot show those."""

    port: int = 0
    got: list[Mail] = field(default_factory=list)
    logins: list[bool] = field(default_factory=list)
    """Of each, whether it was right."""
    greeted_by: list[str] = field(default_factory=list)
    answers: Mapping[str, str] = field(default_factory=dict)
    """Recipient, or `DATA`, → what is answered instead of taking it."""

    def may(
        self, server: SMTP, session: Session, envelope: Envelope, how: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        is_right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        self.logins.append(is_right)
        return AuthResult(success=is_right, handled=is_right)

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, host: str, said: list[str]
    ) -> list[str]:
        self.greeted_by.append(host)
        session.host_name = host
        return said

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, to: str, options: list[str]
    ) -> str:
        if to in self.answers:
            return self.answers[to]
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if "DATA" in self.answers:
            return self.answers["DATA"]
        content = envelope.content
        assert isinstance(content, bytes)
        to = tuple(envelope.rcpt_tos)
        assert server.transport is not None
        is_encrypted = server.transport.get_extra_info("ssl_object") is not None
        self.got.append(Mail(envelope.mail_from or "", to, content, is_encrypted))
        return f"250 queued as {len(self.got)}"


@asynccontextmanager
async def mail_server(
    *,
    tls: ssl.SSLContext | None = None,
    is_implicit: bool = False,
    wants_login: bool = False,
    offers_login: bool = True,
    answers: Mapping[str, str] | None = None,
) -> AsyncIterator[MailServer]:
    """Listens until the block ends. `tls`: offered by STARTTLS, or, if `is_implicit`, from the
    first byte on."""
    here = MailServer(answers=answers or {})
    loop = asyncio.get_running_loop()

    def made() -> SMTP:
        return SMTP(
            here,
            tls_context=None if is_implicit else tls,
            require_starttls=tls is not None and not is_implicit,
            auth_required=wants_login and tls is not None and not is_implicit,
            auth_require_tls=not offers_login or (tls is not None and not is_implicit),
            authenticator=here.may,
            loop=loop,
        )

    server = await loop.create_server(made, "127.0.0.1", 0, ssl=tls if is_implicit else None)
    try:
        here.port = server.sockets[0].getsockname()[1]
        yield here
    finally:
        server.close()
