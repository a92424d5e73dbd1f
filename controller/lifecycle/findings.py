"""What a run would find now, and every reason for which it would refuse."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from controller.core.events import Answer, Halted
from controller.core.plan.plan import Plan
from controller.core.state.state import State, initial
from controller.errors import BalancerError, Refused
from controller.journal.unfinished import Unfinished
from controller.preflight.survey import PoolSurvey
from controller.records import Request


@dataclass(slots=True)
class Findings:
    """What was found; empty where something stood in the way of asking."""

    refusals: list[str] = field(default_factory=list)
    """Why a run would not begin."""
    notes: list[str] = field(default_factory=list)
    survey: PoolSurvey | None = None
    left: Plan | None = None
    """What is left to do; None where a rollout could not be begun."""
    whole: Plan | None = None
    """Of which it is a part."""
    aside: tuple[str, ...] = ()
    """Members that are left for another run."""
    former: Unfinished | None = None
    """The unfinished rollout that a run would go on with."""
    abandoned: Unfinished | None = None
    """The unfinished rollout that a run would leave behind."""
    pending: Sequence[Request] = ()
    """What the operator asked of `former` since."""
    overridden: Halted | None = None
    """The halt of `former` by a gate that the operator overrides."""
    is_startable: bool = True
    """Every program that a run would start is there."""
    is_asked: bool = False
    """Members and gates were asked."""
    gates: Mapping[str, str] = field(default_factory=dict)
    """Gate → what it reads at this moment."""
    intervals: Mapping[str, timedelta] = field(default_factory=dict)
    """Gate → the scrape interval of its metrics system, as it was seen."""
    unless: Mapping[str, tuple[Answer, str]] = field(default_factory=dict)

    @property
    def state(self) -> State:
        """As a run would take it up. Not without a plan."""
        if self.former is not None:
            return self.former.state
        assert self.whole is not None, "neither begun nor planned"
        return initial(self.whole)

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """What stands in the way of the block is a reason to refuse."""
        try:
            yield
        except Refused as refused:
            self.refusals += refused.reasons
        except BalancerError as error:
            self.refusals.append(str(error))
