"""Findings of the preflight: what a run would find now, and every reason to refuse."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from controller.core.events import Answer, Halted, Reply, ResumeRequested, RunBegan
from controller.core.plan.plan import Plan
from controller.core.pool import InstanceView
from controller.core.state.apply import apply
from controller.core.state.state import State, initial
from controller.errors import BalancerError, Refused
from controller.hosts_seen import HostsSeen
from controller.journal.unfinished import Unfinished
from controller.preflight.survey import PoolSurvey
from controller.records import Request, Verb
from controller.windows.timetable import Timetable


@dataclass(slots=True)
class Findings:
    """What was found; empty where it could not be found out."""

    refusals: list[str] = field(default_factory=list)
    """Why a run would refuse to begin."""
    notes: list[str] = field(default_factory=list)
    survey: PoolSurvey | None = None
    left: Plan | None = None
    """What is left to do; None where a rollout could not be begun."""
    whole: Plan | None = None
    """The plan that `left` is a part of."""
    aside: tuple[str, ...] = ()
    """Members left for another run."""
    former: Unfinished | None = None
    """The unfinished rollout that a run would continue."""
    abandoned: Unfinished | None = None
    """The unfinished rollout that a run would leave behind."""
    pending: Sequence[Request] = ()
    """Requests of the operator to `former` since then."""
    overridden: Halted | None = None
    """The halt of `former` by a gate that the operator overrides."""
    is_resumed: bool = False
    """`former` halted, and the rollout file lets a run go on all the same."""
    is_startable: bool = True
    """Whether every program that a run would start exists."""
    is_asked: bool = False
    """Whether members and gates were asked."""
    gates: Mapping[str, str] = field(default_factory=dict)
    """Gate → its verdict now, in words."""
    intervals: Mapping[str, timedelta] = field(default_factory=dict)
    """Gate → the observed scrape interval of its metrics system."""
    unless: Mapping[str, tuple[Answer, str]] = field(default_factory=dict)
    replies: Mapping[str, tuple[Reply, str]] = field(default_factory=dict)
    """Member → what it answered to `preflight`."""
    hosts: HostsSeen = field(default_factory=HostsSeen)
    """The hosts that steps go to by ssh."""
    before: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Member → the variables with which it was upgraded last, where that is known."""
    skipped: Sequence[str] = ()
    """Members that are not reached, and that the budget lets be skipped."""
    closed: str = ""
    """The reason among `refusals` that the clock alone will lift; empty: there is none."""
    timetable: Timetable | None = None
    """The windows of the run; None: members may be taken up at any time."""
    watched: Sequence[InstanceView] = ()
    """Looks at the whole pool from the survey until the run began, oldest first."""

    @property
    def state(self) -> State:
        """The state that a run would start from, as the operator has decided. Only with a plan."""
        if self.former is not None:
            return _decided(self.former) if self._goes_on else self.former.state
        assert self.whole is not None, "neither begun nor planned"
        return initial(self.whole)

    @property
    def called(self) -> dict[str, str]:
        """Member → its host, where steps go there by ssh; else its name."""
        members = self.whole.members if self.whole is not None else ()
        return {one.name: one.name for one in members} | self.hosts.names

    @property
    def _goes_on(self) -> bool:
        """Whether the run begins with the decision to go on after a halt."""
        verbs = {one.verb for one in self.pending}
        is_asked = Verb.RESUME in verbs and not verbs & {Verb.ABORT, Verb.ABORT_RESTORE}
        return is_asked or self.is_resumed or self.overridden is not None

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Turns the errors of the block into reasons to refuse."""
        try:
            yield
        except Refused as refused:
            self.refusals += refused.reasons
        except BalancerError as error:
            self.refusals.append(str(error))


def _decided(former: Unfinished) -> State:
    """Whom a halt has taken back is upgraded again, and is a member like any other from then on:
    shown in the plan, asked before, and bound by the windows."""
    state, now = former.state, former.state.began_at
    for event in (RunBegan(""), ResumeRequested("", "")):
        state = apply(former.plan, state, event, now)
    return state
