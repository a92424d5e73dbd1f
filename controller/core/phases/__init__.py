"""The phases of a member: every transition in one table, and what is true in each.

What does not belong here: when a transition is taken (`controller.core.decide`).
"""

from controller.core.phases.table import TABLE, IllegalMove, Move, Phase, after, diagram
from controller.core.phases.traits import (
    AWAY,
    COMING,
    FAILED,
    FIVE,
    GRAVE,
    HELD_OUT,
    HELD_WHILE_CHANGED,
    IN_PROGRESS,
    JUDGED,
    LEAVING,
    LEFT_OUT,
    MAY_START,
    OVER,
    PASSING,
    PUT_BACK,
    TRAITS,
    UNTOUCHED,
    UPGRADED,
    WATCHED_CLOSELY,
    Place,
    Traits,
)

__all__ = [
    "AWAY",
    "COMING",
    "FAILED",
    "FIVE",
    "GRAVE",
    "HELD_OUT",
    "HELD_WHILE_CHANGED",
    "IN_PROGRESS",
    "JUDGED",
    "LEAVING",
    "LEFT_OUT",
    "MAY_START",
    "OVER",
    "PASSING",
    "PUT_BACK",
    "TABLE",
    "TRAITS",
    "UNTOUCHED",
    "UPGRADED",
    "WATCHED_CLOSELY",
    "IllegalMove",
    "Move",
    "Phase",
    "Place",
    "Traits",
    "after",
    "diagram",
]
