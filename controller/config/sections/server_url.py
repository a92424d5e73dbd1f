"""The addresses of metrics systems. Pure."""

import re

from controller.config.sections.validation import check_filled_url, check_url
from controller.config.text.scalars import Wrong

_USERINFO = re.compile(r"://[^/?#]*@")


def check_server_url(value: object) -> None:
    """Where an HTTP API is, with a path prefix or none; templates may stand in it.

    Raises Wrong, without the value: it may hold a password.
    """
    if not isinstance(value, str) or not value:
        raise Wrong("is not an address; write it like http://127.0.0.1:9090")
    if _USERINFO.search(value):
        raise Wrong("holds a name or a password; write them under `auth:`, as basic")
    check_url(value)
    if "?" in value or "#" in value:
        raise Wrong("is more than an address; leave out what begins with ? or #")


def check_filled_server_url(value: str) -> None:
    """The same without templates. Raises Wrong."""
    check_server_url(value)
    check_filled_url(value)
