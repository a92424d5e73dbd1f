"""Error messages: short, on one line, and without secrets (S12)."""

import os
import socket
import ssl
from urllib.parse import urlsplit

from adapters.prometheus.faults import Unanswered
from adapters.words import causes
from controller.core.gates.evidence import Missing

_LONGEST = 240
"""Characters shown of a server's text: enough for any parse error."""
_CLIENT_ALERTS = ("CERTIFICATE_REQUIRED", "ALERT_BAD_CERTIFICATE", "ALERT_UNKNOWN_CA",
                  "ALERT_CERTIFICATE", "ALERT_HANDSHAKE_FAILURE", "ALERT_UNSUPPORTED_CERTIFICATE",
                  "ALERT_ACCESS_DENIED")  # fmt: skip
"""TLS alerts by which a server rejects our certificate (RFC 8446, section 6.2)."""


def one_line(text: str, longest: int = _LONGEST) -> str:
    """`text` on one line, without control characters, and cut when too long."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= longest else line[:longest] + "…"


def public_url(url: str) -> str:
    """`url` without userinfo, query and fragment; `(no URL)` when it is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "(no URL)"
    if not parts.hostname:
        return "(no URL)"
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}".rstrip("/")


def network_fault(error: BaseException) -> Unanswered | None:
    """Why a connection failed, from an exception or what caused it; None when it does not say."""
    for cause in causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                return _lost(f"TLS: its certificate is not valid: {cause.verify_message}")
            case ssl.SSLError():
                return _lost(_tls_words(getattr(cause, "reason", None) or "no reason given"))
            case socket.gaierror():
                is_passing = cause.errno == socket.EAI_AGAIN
                reason = (cause.strerror or "no reason given").lower()
                return _lost(f"its host name is not found: {reason}", is_passing=is_passing)
            case UnicodeError():
                return _lost("its host name is not found: not a valid name")
            case ConnectionRefusedError():
                return _lost(
                    "it refuses the connection: nothing listens there, is it running?",
                    is_passing=True,
                )
            case OSError() if cause.errno:
                reason = os.strerror(cause.errno).lower()
                return _lost(f"no connection: {reason}", is_passing=True)
            case _:
                pass
    return None


def _lost(words: str, *, is_passing: bool = False) -> Unanswered:
    return Unanswered(Missing.UNREACHABLE, words, is_passing=is_passing)


def _tls_words(reason: str) -> str:
    said = reason.lower().replace("_", " ")
    if "WRONG_VERSION" in reason or "HTTP_REQUEST" in reason:
        return f"TLS: it does not speak TLS, is its URL http://…? ({said})"
    if any(alert in reason for alert in _CLIENT_ALERTS):
        return f"TLS: it does not accept our client certificate, or lack of one ({said})"
    return f"TLS: {said}"
