"""Addresses of pods: loopback against the fake, a range of a network namespace's own otherwise."""

import ipaddress
import itertools
import os
import random
import socket
from collections.abc import Callable, Iterator

LOOPBACK = "127.0.0.0/8"


def addresses(cidr: str = LOOPBACK) -> Callable[[], str]:
    """Makes addresses of this range, each call another one.

    Raises RuntimeError where this machine does not own them: a real API server refuses loopback
    addresses in slices, and needs a range that `ip addr add RANGE dev lo` gave to the network
    namespace.
    """
    made = _made(ipaddress.ip_network(cidr, strict=False))
    first = next(made)
    with socket.socket() as tried:
        try:
            tried.bind((first, 0))
        except OSError as error:
            raise RuntimeError(
                f"no pod can listen on {first}: {error.strerror}; in a network namespace of your "
                f"own, run: ip addr add {cidr} dev lo"
            ) from error
    return made.__next__


def _made(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> Iterator[str]:
    """From a start of this process's own: tests run side by side."""
    size = network.num_addresses
    # 127.0.0.0/12 is left to others; two runs meet hardly ever, and then a bind fails loudly.
    low = size // 16
    start = random.Random(f"{os.getpid()}-{random.random()}").randrange(low, size - low)
    for number in itertools.count(start):
        yield str(network[low + (number - low) % (size - 2 * low)])
