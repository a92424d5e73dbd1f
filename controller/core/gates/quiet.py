"""What becomes of a member that no user comes to: a pool without traffic is a normal pool."""

from enum import StrEnum
from typing import Final

OWN: Final = 40
"""Requests of our own from which on they are enough to pass: of a version that fails a tenth, as
many fail as the exact test needs."""


PINNED: Final = 0.9
"""Share of them that must have arrived at the member, where they are pinned to it."""


class Quiet(StrEnum):
    HALT = "halt"
    """Nobody is there to be judged by: evidence is missing, which holds the rollout, then halts."""
    PASS = "pass"
    PROBE = "probe"
    """Requests of our own are judged in the place of users'."""
    THROUGH = "through"
    """They go through the load balancer, pinned to the member, and it counts them."""
