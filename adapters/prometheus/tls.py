"""TLS: whom to trust, and the client certificate. The files are looked at before each request."""

import os
import ssl
from pathlib import Path

from adapters.prometheus.faults import Unanswered
from controller.core.gates.evidence import Missing
from controller.metrics_servers import MetricsServer

Stamp = tuple[tuple[int, int, int] | None, ...]
"""Which files of a server were found, and when they were changed last; None: one is away."""


def stamp_of(server: MetricsServer) -> Stamp:
    files = (server.ca, server.cert, server.key)
    return tuple(_changed(path) for path in files if path is not None)


def _changed(path: str) -> tuple[int, int, int] | None:
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return None
    return found.st_ino, found.st_ctime_ns, found.st_size


def context_of(server: MetricsServer) -> ssl.SSLContext | bool:
    """Raises Unanswered for files that cannot be used."""
    if not server.url.lower().startswith("https:"):
        return False
    try:
        context = ssl.create_default_context(cafile=server.ca)
    except OSError as error:
        raise _unusable(f"the CA certificates in {server.ca}", error) from None
    if not server.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if server.cert is not None:
        try:
            context.load_cert_chain(server.cert, server.key, password=b"")  # never asks for one
        except OSError as error:
            what = f"the client certificate {server.cert}"
            if server.key is not None:
                what += f" with the key {server.key}"
            raise _unusable(what, error) from None
    return context


def _unusable(what: str, error: OSError) -> Unanswered:
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or "not a PEM file").lower().replace("_", " ")
    else:
        reason = os.strerror(error.errno or 0).lower()
    return Unanswered(Missing.FAILED, f"{what} cannot be used: {reason}")
