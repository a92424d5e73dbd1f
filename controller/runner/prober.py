"""Requests of poolroll's own, in the place of users'."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from controller.core.gates.gate import Gate
from controller.core.steps import Course
from controller.tasks import ValidationResult


@dataclass(frozen=True, slots=True)
class Prober:
    """Sends one marked request in the place of a user's."""

    for_gate: Callable[[Gate, str, timedelta], Awaitable[None]]
    """Through the balancer to a member in soak: what becomes of it, the evidence shows."""
    own: Callable[[str, Course], Awaitable[ValidationResult]]
    """To a member that no user comes to, as one of its validations asks, or `quiet.through`."""
