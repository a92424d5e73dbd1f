"""What others say, as values of ours: a load balancer, a cluster, a metrics server, the
environment. Each kind of value has one constructor, and is not used before it has passed that.

All raise ValueError, whose words end a sentence that begins with what was read. Pure.
"""

import re
from ipaddress import ip_address
from typing import Final, NewType

ServerName = NewType("ServerName", str)
Address = NewType("Address", str)
Label = NewType("Label", str)
User = NewType("User", str)

MOST: Final = 2**64
"""No counter of theirs has more bits."""
LONGEST: Final = 2**32
"""Seconds: a longer time, more than a hundred years, is none."""
LATEST: Final = 2**33
"""Seconds since the epoch: about the year 2242."""

_MOST_NAME: Final = 1024
"""Signs. HAProxy sets no limit to the name of a server but that of a line of its configuration."""
_MOST_ADDRESS: Final = 255
"""Signs: what DNS allows."""
_MOST_LABEL: Final = 4096
_MOST_USER: Final = 64

_SERVER: Final = re.compile(r"[A-Za-z0-9_.:-]+", re.ASCII)
"""What a server may be called (HAProxy configuration manual, section 2), and an object of
Kubernetes."""
_HOST: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_.])?", re.ASCII)
_IP: Final = re.compile(r"[0-9A-Fa-f.:]+(?:%[A-Za-z0-9_.-]{1,32})?", re.ASCII)
_MOST_DIGITS: Final = 20


def server_name(text: object) -> ServerName:
    """The name of a server, a backend or an object: what can be sent back as it came."""
    if not isinstance(text, str) or not _SERVER.fullmatch(text):
        raise ValueError(f"is no name: {shown(text)}")
    if len(text) > _MOST_NAME:
        raise ValueError(f"is a name of {len(text)} characters: {shown(text)}")
    return ServerName(text)


def address(text: object) -> Address:
    """An IP address, or the name of a host. None begins with a dash: ssh and others would take it
    for an option."""
    if isinstance(text, str) and len(text) <= _MOST_ADDRESS and (_is_ip(text) or _is_host(text)):
        return Address(text)
    raise ValueError(f"is no address: {shown(text)}")


def counter(text: object, below: int = MOST) -> int:
    """A number of 0 or more."""
    if isinstance(text, str) and _is_digits(text) and (read := int(text)) < below:
        return read  # nearly always, and asked of each counter of each line of HAProxy's
    number = int(text) if isinstance(text, str) and _is_digits(text) else text
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise ValueError(f"is not a number: {shown(text)}")
    if number >= below:
        raise ValueError(f"is too large a number: {shown(text)}")
    return number


def label(text: object) -> Label:
    """The value of a label: any text, but not without end. Whoever shows it makes it legible."""
    if not isinstance(text, str) or len(text) > _MOST_LABEL:
        raise ValueError(f"is no text of at most {_MOST_LABEL} characters: {shown(text)}")
    return Label(text)


def user(text: object) -> User:
    """Who somebody is, for records: one short word."""
    if not isinstance(text, str) or not text.isprintable() or not text or text.startswith("-"):
        raise ValueError(f"is no name of a user: {shown(text)}")
    if len(text) > _MOST_USER or any(sign.isspace() for sign in text):
        raise ValueError(f"is no name of a user: {shown(text)}")
    return User(text)


def shown(text: object, most: int = 80) -> str:
    """What was read, in quotes and without an end that is too far; its signs are escaped."""
    if isinstance(text, str):
        return ascii(text if len(text) <= most else text[:most] + "...")
    return f"of type {type(text).__name__}"


def _is_digits(text: str) -> bool:
    """Asked of each counter of each line of HAProxy's: these are a third of a pattern's time."""
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def _is_ip(text: str) -> bool:
    if not _IP.fullmatch(text):
        return False
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_host(text: str) -> bool:
    return _HOST.fullmatch(text) is not None
