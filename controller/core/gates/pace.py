"""Polling interval of a member while gates judge it."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from controller.core.gates.gate import Gate

AT_ONCE: Final = timedelta(milliseconds=20)
CALM: Final = timedelta(milliseconds=250)


def judging_pace(gates: Iterable[Gate]) -> timedelta:
    """The interval between two looks at a member that gates judge."""
    return max(AT_ONCE, min([CALM, *(gate.every / 2 for gate in gates)]))
