"""Failures of probes in words: short, on one line, and without secrets (S12)."""

import os
import re
import socket
import ssl
from urllib.parse import urlsplit

from adapters.words import HIDDEN, causes
from controller.redaction import discreet

_SECRET_KEY = re.compile(
    r"token|pass|pwd|secret|key|auth|(^|[_-])sig(n|nature)?$|credential|session|code|jwt",
    re.IGNORECASE,
)


def excerpt(text: str, length: int = 60) -> str:
    """The beginning of `text`, quoted, with what is not printable escaped."""
    text = discreet(text)
    return repr(text if len(text) <= length else text[:length] + "…")


def public_url(url: str) -> str:
    """`url` without userinfo, fragment, and the values of query keys whose names sound secret."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        scheme, there, rest = url.partition("://")
        _, at, host = rest.rpartition("@")  # a password with '/' in it looks like a bad port
        return (
            f"{scheme}://{HIDDEN + at if at else at}{host.partition('?')[0]}"
            if there
            else "(no URL)"
        )
    userinfo, at, host = parts.netloc.rpartition("@")
    netloc = f"{HIDDEN}@{host}" if at and userinfo else host
    query = "&".join(_public_pair(pair) for pair in parts.query.split("&"))
    return parts._replace(netloc=netloc, query=query, fragment="").geturl()


def url_secrets(url: str) -> list[str]:
    """What `public_url` hides, in full."""
    try:
        parts = urlsplit(url)
        userinfo = [word for word in (parts.username, parts.password) if word]
    except ValueError:
        return []
    pairs = (pair.partition("=") for pair in parts.query.split("&"))
    return userinfo + [value for key, _, value in pairs if _SECRET_KEY.search(key)]


def network_fault(error: BaseException) -> str | None:
    """Why a connection failed, from an exception or what caused it; None when it does not say."""
    for cause in causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                return f"the certificate is not valid: {cause.verify_message}"
            case ssl.SSLError():
                reason = getattr(cause, "reason", None) or "no reason given"
                return f"TLS failed: {reason.lower().replace('_', ' ')}"
            case socket.gaierror():
                return f"the name cannot be resolved: {(cause.strerror or '').lower()}"
            case UnicodeError():
                return "the name cannot be resolved: not a valid host name"
            case OverflowError():
                return "there is no such port"
            case OSError() if cause.errno:
                return os.strerror(cause.errno).lower()
            case _:
                pass
    return None


def _public_pair(pair: str) -> str:
    key, equals, _ = pair.partition("=")
    return f"{key}={HIDDEN}" if equals and _SECRET_KEY.search(key) else pair
