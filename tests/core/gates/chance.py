"""How many of many requests fail by chance."""

from math import log, log1p
from random import Random


def failing(random: Random, count: int, ratio: float) -> int:
    """How many of `count` fail, each with the probability `ratio` (between 0 and 1, neither of
    them). By the gaps between those that fail: a few draws, where each request would need one."""
    failed, at, per_request = 0, 0, log1p(-ratio)
    while (at := at + 1 + int(log(1 - random.random()) / per_request)) <= count:
        failed += 1
    return failed
