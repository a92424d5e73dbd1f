"""Counts, lists of names and phase names in text."""

from collections.abc import Sequence

from controller.core.phases import FIVE, Phase


def count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def names(members: Sequence[str]) -> str:
    return ", ".join(members) if members else "none"


def about(member: str, said: str) -> str:
    """A sentence about a member, which may begin with its name already."""
    return said if said.startswith((f"{member} ", f"{member}:")) else f"{member}: {said}"


def phase_word(phase: Phase) -> str:
    """One of the five phases, and the exact phase where that says more."""
    five = FIVE.get(phase)
    return str(phase) if five is None or phase.startswith(five[:4]) else f"{five}, {phase}"
