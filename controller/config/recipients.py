"""The sections `notify` and `heartbeat` → recipients, with their secrets resolved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from controller.config.rollout_file import RolloutFile
from controller.config.sections.mail import Mail
from controller.config.sections.notify import Notification, Webhook
from controller.config.sections.validation import check_filled_url, check_header
from controller.config.text import scalars
from controller.config.text.hosts import is_loopback
from controller.config.text.places import Trail
from controller.config.text.scalars import Wrong
from controller.config.text.templating import fill
from controller.config.values.filling import named
from controller.errors import ConfigurationError, Fault

MAX_SECRET = 64 * 1024
"""Bytes of a file that holds one secret."""

Source = str | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """Its fields may be secret, so none of them is in the repr."""

    url: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    style: str = "json"
    """`json` or `slack`."""
    method: str = "POST"
    ca: str | None = None
    """Path of the authorities to trust."""


@dataclass(frozen=True, slots=True)
class CommandTarget:
    argv: tuple[str, ...]
    cwd: str


@dataclass(frozen=True, slots=True)
class MailTarget:
    to: tuple[str, ...]
    sender: str
    host: str
    port: int
    tls: str
    """`starttls`, `implicit` or `none`."""
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca: str | None = None
    """Path of the authorities to trust."""


@dataclass(frozen=True, slots=True)
class Recipient:
    name: str
    """Its path in the file, like `notify[0].webhook`."""
    events: frozenset[str]
    target: WebhookTarget | CommandTarget | MailTarget


@dataclass(frozen=True, slots=True)
class Beat:
    recipient: Recipient
    every: timedelta


@dataclass(frozen=True, slots=True)
class Audience:
    recipients: tuple[Recipient, ...] = ()
    beat: Beat | None = None


def audience(file: RolloutFile, environ: Mapping[str, str]) -> Audience:
    """The recipients of notifications. Reads secrets from the environment and from files.

    Raises ConfigurationError when a secret is missing; the message shows no secret.
    """
    found, faults = readable_audience(file, environ)
    if faults:
        raise ConfigurationError(str(file.path), tuple(faults))
    return found


def readable_audience(
    file: RolloutFile, environ: Mapping[str, str]
) -> tuple[Audience, Sequence[Fault]]:
    """The same without those whose secrets are missing, and what is missing."""
    reading = _Reading(file, environ)
    recipients = []
    for index, entry in enumerate(file.rollout.notify):
        known = len(reading.faults)
        one = reading.recipient(entry, index)
        if len(reading.faults) == known:
            recipients.append(one)
    known = len(reading.faults)
    beat = reading.beat()
    is_whole = len(reading.faults) == known
    return Audience(tuple(recipients), beat if is_whole else None), reading.faults


def _usual_tls(host: str, port: int | None) -> str:
    """A mail server on this machine rarely has a certificate that anybody signed."""
    if is_loopback(host):
        return "none"
    return "implicit" if port == 465 else "starttls"


class _Reading:
    def __init__(self, file: RolloutFile, environ: Mapping[str, str]) -> None:
        self.faults: list[Fault] = []
        self._file = file
        self._environ = environ

    def recipient(self, entry: Notification, index: int) -> Recipient:
        trail: Trail = ("notify", index)
        events = frozenset(entry.on)
        if entry.webhook is not None:
            target = self._webhook(entry.webhook, (*trail, "webhook"))
            return Recipient(f"notify[{index}].webhook", events, target)
        if entry.mail is not None:
            mail = self._mail(entry.mail, (*trail, "mail"))
            return Recipient(f"notify[{index}].mail", events, mail)
        settings = self._file.settings
        known = {"rollout.name": settings.name, **named(settings.vars)}
        argv = tuple(fill(word, known) for word in entry.command or ())
        return Recipient(f"notify[{index}].command", events, CommandTarget(argv, self._file.folder))

    def beat(self) -> Beat | None:
        section = self._file.rollout.heartbeat
        if section is None:
            return None
        target = WebhookTarget(
            url=self._url(section.url, ("heartbeat", "url")),
            headers=self._headers(section.headers, ("heartbeat", "headers")),
            method=section.method,
            ca=self._path(section.ca),
        )
        recipient = Recipient("heartbeat", frozenset(("heartbeat",)), target)
        return Beat(recipient, scalars.duration(section.every))

    def _webhook(self, section: Webhook, trail: Trail) -> WebhookTarget:
        secret = section.secret
        return WebhookTarget(
            url=self._url(section.url, (*trail, "url")),
            secret=None if secret is None else self._text(secret, (*trail, "secret")),
            headers=self._headers(section.headers, (*trail, "headers")),
            style=section.style,
            ca=self._path(section.ca),
        )

    def _mail(self, section: Mail, trail: Trail) -> MailTarget:
        smtp = section.smtp
        password = smtp.password
        tls = smtp.tls or _usual_tls(smtp.host, smtp.port)
        usual = 465 if tls == "implicit" else 25 if smtp.user is None else 587
        return MailTarget(
            tuple(section.to),
            section.sender,
            smtp.host,
            smtp.port or usual,
            tls,
            smtp.user,
            None if password is None else self._text(password, (*trail, "smtp", "password")),
            self._path(smtp.ca),
        )

    def _path(self, place: str | None) -> str | None:
        return None if place is None else str(Path(self._file.folder, place))

    def _url(self, source: Source, trail: Trail) -> str:
        url = self._text(source, trail)
        try:
            if url:
                check_filled_url(url)
        except Wrong as reason:
            self._note(trail, str(reason))
        return url

    def _headers(self, sources: Mapping[str, Source], trail: Trail) -> dict[str, str]:
        headers = {name: self._text(one, (*trail, name)) for name, one in sources.items()}
        for name, value in headers.items():
            try:
                check_header(value)
            except Wrong as reason:
                self._note((*trail, name), str(reason))
        return headers

    def _text(self, source: Source, trail: Trail) -> str:
        """The secret itself; empty, with a fault recorded, when it cannot be read."""
        if isinstance(source, str):
            return source
        ((kind, place),) = source.items()
        if kind == "file":
            return self._from_file(place, trail)
        found = self._environ.get(place, "").strip()
        if not found:
            self._note(
                trail, f"the environment variable {place} is not set; set it for this command"
            )
        return found

    def _from_file(self, place: str, trail: Trail) -> str:
        path = Path(self._file.folder, place)
        try:
            with path.open("rb") as stream:
                raw = stream.read(MAX_SECRET + 1)
            found = raw.decode("utf-8").strip()
        except UnicodeDecodeError:
            self._note(trail, f"{path} is not UTF-8 text; it must hold the secret and nothing else")
        except ValueError:
            self._note(trail, "this cannot be the name of a file; check the path")
        except OSError as error:
            self._note(trail, f"{path} cannot be read: {error.strerror}; check path and mode")
        else:
            if found and len(raw) <= MAX_SECRET:
                return found
            what = "empty" if not found else "longer than 64 KiB"
            self._note(trail, f"{path} is {what}; it must hold the secret and nothing else")
        return ""

    def _note(self, trail: Trail, message: str) -> None:
        self.faults.append(self._file.document.fault(trail, message))
