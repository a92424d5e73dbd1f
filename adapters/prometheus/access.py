"""Credentials: secrets, and the HTTP headers made of them.

Secrets are read again for each request, so that a rotated file or token is used at once.
"""

import base64
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from adapters.prometheus.faults import Unanswered
from controller.core.gates.evidence import Missing
from controller.metrics_servers import MetricsServer, Secret

_MOST = 64 * 1024
"""Bytes of a secret's file: servers take no longer headers, and a wrong path must not fill us."""


@dataclass(frozen=True, slots=True)
class Access:
    """Headers of a request, and the secrets in them that must not be printed."""

    headers: dict[str, str] = field(repr=False)
    secrets: frozenset[str] = field(repr=False)


def access_of(server: MetricsServer) -> Access:
    """Raises Unanswered, which names the variable or the file and never the value."""
    headers: dict[str, str] = {}
    secrets: set[str] = set()
    if server.username is not None:
        password = _read(server.password, "the password") if server.password else ""
        pair = base64.b64encode(f"{server.username}:{password}".encode()).decode("ascii")
        headers["Authorization"] = f"Basic {pair}"
        secrets |= {password, pair}
    if server.bearer is not None:
        token = _in_header(_read(server.bearer, "the bearer token"), "the bearer token")
        headers["Authorization"] = f"Bearer {token}"
        secrets.add(token)
    for name, secret in server.headers.items():
        what = f"the value of the header {name}"
        headers[name] = _in_header(_read(secret, what), what)
        secrets.add(headers[name])
    return Access(headers, frozenset(secrets))


def _read(secret: Secret, what: str) -> str:
    if secret.inline is not None:
        return secret.inline
    if secret.env is not None:
        value = os.environ.get(secret.env, "")
        if not value:
            raise _no_credentials(f"the environment variable {secret.env} with {what} is not set")
        return value
    return _read_file(secret.file or "", what)


def _read_file(path: str, what: str) -> str:
    place = f"the file {path} with {what}"
    try:
        if not stat.S_ISREG(Path(path).stat().st_mode):  # a pipe would hold us
            raise _no_credentials(f"{place} is not a regular file")
        with Path(path).open("rb") as file:
            raw = file.read(_MOST + 1)
        value = raw.decode().rstrip("\r\n")
    except OSError as error:
        reason = os.strerror(error.errno).lower() if error.errno else "no reason given"
        raise _no_credentials(f"{place} cannot be read: {reason}") from None
    except ValueError:
        raise _no_credentials(f"{place} is not UTF-8 text") from None
    if not value or len(raw) > _MOST:
        raise _no_credentials(f"{place} is {'empty' if not value else 'larger than 64 KiB'}")
    return value


def _in_header(value: str, what: str) -> str:
    if value.isascii() and value.isprintable() and value == value.strip():
        return value
    raise _no_credentials(f"{what} is not valid in an HTTP header: only ASCII, on one line")


def _no_credentials(words: str) -> Unanswered:
    return Unanswered(Missing.FAILED, words)
