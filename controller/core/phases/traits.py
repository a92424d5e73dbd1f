"""What is true of every member in a phase: a table with a row for each, and the sets from it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from controller.core.phases.table import Phase

P = Phase


class Place(StrEnum):
    """Where a member has to be in a phase, as the load balancers show it."""

    IN = "in rotation"
    OUT = "out of rotation"
    ANY = "either"
    """On its way from one to the other, or not ours to say."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What is true of every member in a phase: the columns of the table of phases."""

    word: str = ""
    """The operator's word, where it is one of the five."""
    place: Place = Place.ANY
    is_away: bool = False
    """Out of rotation because of us, wholly or in part, or about to be (S1, S2)."""
    is_in_progress: bool = False
    """Being worked on now: it uses up max_unavailable."""
    is_leaving: bool = False
    """On its way out, before the first step of this course."""
    is_coming: bool = False
    """After the last step, on its way back."""
    may_start: bool = False
    """A step may start from here, which it does on a quiet member alone."""
    is_judged: bool = False
    """In rotation after its upgrade, and not proven yet: its gates judge it."""
    is_over: bool = False
    """Nothing is left to do for it in this course."""
    has_failed: bool = False
    """At rest, and not as it should be."""
    is_passing: bool = False
    """A stop or a halt does not leave it here: the load balancers have to follow first."""
    is_watched_closely: bool = False
    """What comes next is a matter of milliseconds."""


def _moving(word: str = "", **more: bool) -> Traits:
    """On its way, the load balancers being told and watched."""
    return Traits(
        word, Place.ANY, is_away=True, is_in_progress=True, is_watched_closely=True, **more
    )


def _out(word: str, **more: bool) -> Traits:
    return Traits(word, Place.OUT, is_away=True, is_in_progress=True, **more)


def _judged(word: str, **more: bool) -> Traits:
    return Traits(word, Place.IN, is_in_progress=True, is_judged=True, **more)


TRAITS: Final[dict[Phase, Traits]] = {
    P.WAITING: Traits(place=Place.IN),
    P.ASKING: Traits(),
    P.DUE: Traits(is_in_progress=True),
    P.DRAINING: _moving("drain", is_leaving=True, is_passing=True),
    P.HOLDING: _moving("drain", is_leaving=True, is_passing=True),
    P.OUT: _out("drain", is_leaving=True, may_start=True, is_watched_closely=True),
    P.UPGRADING: _out("upgrade", may_start=True),
    P.PROVING: _out("upgrade", is_coming=True, may_start=True, is_watched_closely=True),
    P.VALIDATING: _out("validate", is_coming=True, is_watched_closely=True),
    P.CHECKING: _moving("return", is_coming=True),
    P.RETURNING: _moving("return", is_coming=True),
    P.RAMPING: _judged("return", is_coming=True, is_away=True),
    P.SOAKING: _judged("soak"),
    P.DONE: Traits(place=Place.IN, is_over=True),
    P.SKIPPED: Traits(place=Place.IN, is_over=True),
    P.LEFT: Traits(is_over=True),
    P.RESTORING: _moving(is_passing=True),
    P.REMOVING: _moving(is_passing=True),
    P.FAILED: Traits(place=Place.OUT, is_away=True, has_failed=True),
    P.KEPT: Traits(place=Place.IN, has_failed=True),
    P.STUCK: Traits(place=Place.OUT, is_away=True, has_failed=True),
}


FIVE: Final = {phase: traits.word for phase, traits in TRAITS.items() if traits.word}
"""The operator's word for a phase."""


def _having(test: Callable[[Traits], bool]) -> frozenset[Phase]:
    return frozenset(phase for phase, traits in TRAITS.items() if test(traits))


AWAY: Final = _having(lambda one: one.is_away)
IN_PROGRESS: Final = _having(lambda one: one.is_in_progress)
LEAVING: Final = _having(lambda one: one.is_leaving)
COMING: Final = _having(lambda one: one.is_coming)
MAY_START: Final = _having(lambda one: one.may_start)
JUDGED: Final = _having(lambda one: one.is_judged)
EXPOSED: Final = JUDGED | {P.RETURNING}
"""Users may meet it, and it is not proven yet."""
BACK: Final = JUDGED | {P.DONE}
"""In rotation again since its turn, be it in part."""
OVER: Final = _having(lambda one: one.is_over)
UPGRADED: Final = _having(lambda one: one.is_over and one.place is Place.IN)
"""As its course wants it, by us or already."""
FAILED: Final = _having(lambda one: one.has_failed)
GRAVE: Final = FAILED | {P.REMOVING}
"""Somebody has to look at it."""
PASSING: Final = _having(lambda one: one.is_passing)
WATCHED_CLOSELY: Final = _having(lambda one: one.is_watched_closely)
UNTOUCHED: Final = frozenset({P.WAITING, P.ASKING, P.DUE})
"""Nothing has been done to it in this course."""
HELD_OUT: Final = _having(lambda one: one.place is Place.OUT)
PUT_BACK: Final = _having(lambda one: one.place is Place.IN)
HELD_WHILE_CHANGED: Final = HELD_OUT & IN_PROGRESS - LEAVING
"""Holding it once more changes nothing but the load balancers."""
HELD_IN_PLACE: Final = HELD_WHILE_CHANGED | UNTOUCHED | {P.FAILED, P.STUCK}
"""Being held out of rotation once more does not move a member to another phase."""
RELAPSING: Final = BACK | {P.WAITING}
"""In rotation because we put it back, be it in part: a reload may take it out anew."""
LEFT_OUT: Final = HELD_OUT | {P.WAITING, P.KEPT}
"""Where a member of ours may be left by a halt or a stop."""
