"""Whom https trusts: the system's store, or the authorities of one file."""

import os
import ssl


class NoAuthorities(Exception):
    """The authorities cannot be used; `str()` says which, and why."""


def context(ca: str | None = None) -> ssl.SSLContext:
    """The system's store is OpenSSL's: what `update-ca-certificates` maintains, or `SSL_CERT_FILE`
    and `SSL_CERT_DIR`. Raises NoAuthorities."""
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError as error:
        where = f"in {ca}" if ca is not None else "of the system"
        raise NoAuthorities(f"the trusted authorities {where} cannot be used: {_why(error)}") from (
            error
        )


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "not a PEM file").lower().replace("_", " ")
    return os.strerror(error.errno or 0).lower()
