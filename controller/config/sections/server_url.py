"""URLs of metrics servers. Pure."""

import re

from controller.config.sections.validation import check_filled_url, check_url
from controller.config.text.scalars import Wrong

_USERINFO = re.compile(r"://[^/?#]*@")


def check_server_url(value: object) -> None:
    """The URL of an HTTP API, with or without a path prefix; may contain templates.

    Raises Wrong, without the value: it may hold a password.
    """
    if not isinstance(value, str) or not value:
        raise Wrong("is not a URL; write it like http://127.0.0.1:9090")
    if _USERINFO.search(value):
        raise Wrong("contains a user name or password; put them under `auth:`, as basic")
    check_url(value)
    if "?" in value or "#" in value:
        raise Wrong("has a query or fragment; remove everything from ? or # on")


def check_filled_server_url(value: str) -> None:
    """The same without templates. Raises Wrong."""
    check_server_url(value)
    check_filled_url(value)
