"""Why there was no connection, in one line. Pure; no secrets (S12)."""

import os
import socket
import ssl
from typing import Final

from adapters.kubernetes.client.words import one_line
from adapters.words import causes

_CLIENT_ALERTS: Final = (
    "CERTIFICATE_REQUIRED", "ALERT_BAD_CERTIFICATE", "ALERT_UNKNOWN_CA", "ALERT_CERTIFICATE",
    "ALERT_HANDSHAKE_FAILURE", "ALERT_UNSUPPORTED_CERTIFICATE", "ALERT_ACCESS_DENIED",
)  # fmt: skip
"""TLS alerts by which a server rejects our certificate (RFC 8446, section 6.2)."""


def network_words(error: BaseException) -> str:
    """Why there was no connection. Messages of the library are not shown: they may quote a
    header."""
    for cause in causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                return f"TLS: its certificate is not valid: {one_line(cause.verify_message)}"
            case ssl.SSLError():
                return _tls_words(getattr(cause, "reason", None) or "no reason given")
            case socket.gaierror():
                return f"its host name is not found: {(cause.strerror or 'no reason').lower()}"
            case ConnectionRefusedError():
                return "it refuses the connection: nothing listens there, is it running?"
            case OSError() if cause.errno:
                return f"no connection: {os.strerror(cause.errno).lower()}"
            case _:
                pass
    return "the connection broke"


def _tls_words(reason: str) -> str:
    said = reason.lower().replace("_", " ")
    if "WRONG_VERSION" in reason or "HTTP_REQUEST" in reason:
        return f"TLS: it does not speak TLS, is its URL http://…? ({said})"
    if any(alert in reason for alert in _CLIENT_ALERTS):
        return f"TLS: it does not accept our client certificate, or lack of one ({said})"
    return f"TLS: {said}"
