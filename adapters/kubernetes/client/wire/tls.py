"""TLS towards the API server: whom to trust, who we are. No key is ever written to a disk."""

import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.kubernetes.client.faults import BadAccess

Stamp = Sequence[object]
"""Of the files that a context was made of; it differs once one of them was rotated."""


@dataclass(frozen=True, slots=True)
class Pem:
    """Certificates or a key: a file, or what a kubeconfig holds itself."""

    what: str
    """For people, like `client-certificate`."""
    file: str = ""
    data: bytes = field(default=b"", repr=False)

    @property
    def title(self) -> str:
        return f"{self.what} {self.file}" if self.file else f"{self.what}-data"

    def stamp(self) -> object:
        if not self.file:
            return None
        try:
            found = Path(self.file).stat()
        except (OSError, ValueError):
            return None
        return found.st_ino, found.st_ctime_ns, found.st_size

    def read(self) -> bytes:
        """Raises BadAccess."""
        if not self.file:
            return self.data
        try:
            with Path(self.file).open("rb") as file:
                return file.read(1 << 20)
        except (OSError, ValueError) as error:
            raise BadAccess(f"the {self.title} cannot be read: {_why(error)}") from None


@dataclass(frozen=True, slots=True)
class Tls:
    ca: Pem | None = None
    """None: the authorities of the system."""
    cert: Pem | None = None
    key: Pem | None = None
    verify: bool = True
    server_name: str = ""
    """That the certificate must have; empty: the host of the URL."""

    def stamp(self) -> Stamp:
        return tuple(pem.stamp() if pem else None for pem in (self.ca, self.cert, self.key))


class _Context(ssl.SSLContext):
    """Asks for one name, also through a proxy, for which httpcore knows no `sni_hostname`."""

    name = ""

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        asked: Any = self.name or server_hostname
        return super().wrap_bio(incoming, outgoing, server_side, asked, session)


def context_of(tls: Tls, cert: bytes = b"", key: bytes = b"") -> ssl.SSLContext:
    """`cert` and `key`: of a plugin; they go first. Raises BadAccess."""
    context = _Context(ssl.PROTOCOL_TLS_CLIENT)
    context.name = tls.server_name
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif tls.ca is None:
        context.load_default_certs()
    else:
        _trust(context, tls.ca)
    if cert:
        _present(context, "certificate of the plugin", cert, key)
    elif tls.cert is not None and tls.key is not None:
        _present(context, tls.cert.title, tls.cert.read(), tls.key.read())
    return context


def _trust(context: ssl.SSLContext, ca: Pem) -> None:
    try:
        context.load_verify_locations(cadata=ca.read().decode("ascii"))
    except (OSError, ValueError) as error:
        raise BadAccess(f"the {ca.title} cannot be used: {_why(error)}") from None


def _present(context: ssl.SSLContext, title: str, cert: bytes, key: bytes) -> None:
    """OpenSSL takes a path alone: that of a file in memory."""
    inside = os.memfd_create("poolroll", os.MFD_CLOEXEC)
    try:
        with open(inside, "wb", closefd=False) as file:
            file.write(cert.rstrip() + b"\n" + key)
        context.load_cert_chain(f"/proc/self/fd/{inside}", password=b"")  # never asks for one
    except (OSError, ValueError) as error:
        raise BadAccess(f"the {title}, with its key, cannot be used: {_why(error)}") from None
    finally:
        os.close(inside)


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "not a PEM file").lower().replace("_", " ")
    if isinstance(error, OSError):
        return os.strerror(error.errno or 0).lower()
    return "not a PEM file"
