"""Members judged by requests of our own that go through the load balancer, pinned to them.

What the load balancer counts at a member is about that member, whoever sent it: so it is judged as
ever, and a member passes by nothing else. Besides, requests that met a failure which is none to the
load balancer, like a text that is missing, speak against the member where all is theirs that it
counted there. A pin that leads elsewhere shows at the member as requests that do not arrive: then
there is nothing to pass by.
"""

from dataclasses import replace
from typing import Final

from controller.core.decide.context import Context
from controller.core.events import Verdict
from controller.core.gates.counters import judge
from controller.core.gates.evidence import Missing
from controller.core.gates.figures import requests
from controller.core.gates.gate import CounterGate, SeenGate
from controller.core.gates.judgement import Judgement, inconclusive, worst
from controller.core.gates.quiet import OWN, PINNED
from controller.core.pool import Counters
from controller.core.state.counts import counted, ours_beside
from controller.core.state.ours import without
from controller.core.state.parts import Trial
from controller.core.state.state import State

UNDER_WAY: Final = 1
"""So many may have been answered since the last look."""
MAY_FAIL: Final = 1
"""So many of our own may have failed on their way."""


def arrived(state: State, member: str) -> int:
    """How many of them the load balancer has counted at the member, at the most: where users come
    too, some of these are theirs."""
    return min(counted(state, member).total, state.members[member].trial.own.total)


def judged_through(
    ctx: Context, gate: SeenGate, member: str, counts: Counters, judgement: Judgement
) -> Judgement:
    """`judgement`: of what was counted at the member; with a gate on how long requests take, of
    users'. `counts`: what that was."""
    trial = ctx.state.members[member].trial
    if not isinstance(gate, CounterGate):
        nothing = Judgement(Verdict.PASS, f"{_nobody(ctx.state, member)}: nothing to judge")
        return judgement if trial.met_users else _if_enough(ctx.state, member, nothing)
    parts = [judgement]
    if trial.met_users and counts.errors:
        parts.append(judge(gate, without(counts, ours_beside(ctx.state, member))))
    if not gate.measure and _are_ours(ctx.state, member):
        parts.append(judge(gate, trial.own))
    if trial.met_users:
        return _of_all(trial, worst(parts))
    return _of_ours(ctx.state, member, worst(parts))


def _of_all(trial: Trial, judged: Judgement) -> Judgement:
    if not trial.own.total:
        return judged
    return replace(judged, reason=f"{judged.reason}, with {requests(trial.own.total)} of our own")


def _of_ours(state: State, member: str, judged: Judgement) -> Judgement:
    trial = state.members[member].trial
    if not trial.own.total:
        if judged.verdict is not Verdict.PASS:
            return judged
        words = f"{judged.reason}; {OWN} are needed, our own included"
        return inconclusive(Missing.LITTLE_TRAFFIC, words)
    who, seen = _nobody(state, member), arrived(state, member)
    words = f"{who}; of our own requests, {judged.reason}{_met(trial)}"
    if not seen and judged.verdict is not Verdict.FAIL:
        none = f"{who}; none of {requests(trial.own.total)} of our own has arrived{_last(trial)}"
        return _if_enough(state, member, inconclusive(Missing.NO_DATA, none))
    return _if_enough(state, member, replace(judged, reason=words))


def _if_enough(state: State, member: str, judgement: Judgement) -> Judgement:
    """A pass needs enough of them at this very member. A fail stands: the load balancer has counted
    it there, or the pin has held."""
    trial, seen = state.members[member].trial, arrived(state, member)
    if judgement.verdict is Verdict.FAIL:
        return judgement
    if trial.own.total < OWN or (seen < OWN and _is_pinned(seen, trial.own.total)):
        if judgement.verdict is Verdict.INCONCLUSIVE:
            return judgement
        words = f"{judgement.reason}; {seen} of {trial.own.total} have arrived, {OWN} are needed"
        return inconclusive(Missing.LITTLE_TRAFFIC, words)
    if _is_pinned(seen, trial.own.total):
        return _unless_unsure(state, member, judgement)
    words = (
        f"{_nobody(state, member)}; {seen} of {requests(trial.own.total)} of our own arrived at "
        f"{member}: the pin does not work; correct `quiet.through`{_last(trial)}"
    )
    return inconclusive(Missing.NO_DATA, words)


def _unless_unsure(state: State, member: str, judgement: Judgement) -> Judgement:
    """Answers that were wrong to us alone, while a few users may have come: it does not pass."""
    trial = state.members[member].trial
    if trial.own.errors <= MAY_FAIL or _are_ours(state, member):
        return judgement
    words = (
        f"{_nobody(state, member)}; {trial.own.errors} of {requests(trial.own.total)} of our own "
        f"failed, but whether {member} answered them is not known{_last(trial)}"
    )
    return inconclusive(Missing.NO_DATA, words)


def _are_ours(state: State, member: str) -> bool:
    """Whether what is counted at the member are our own, all of them, and enough to tell: beside
    users, nobody knows whether it was this member that answered us."""
    trial, seen = state.members[member].trial, counted(state, member).total
    is_alone = not trial.met_users and seen <= trial.own.total + UNDER_WAY
    return is_alone and trial.own.total >= OWN and _is_pinned(seen, trial.own.total)


def _is_pinned(seen: int, answered: int) -> bool:
    return seen > 0 and seen + UNDER_WAY >= PINNED * answered


def _met(trial: Trial) -> str:
    return f": {trial.own_fault}" if trial.own_fault else ""


def _last(trial: Trial) -> str:
    return f"; the last that failed: {trial.own_fault}" if trial.own_fault else ""


def _nobody(state: State, member: str) -> str:
    """Nobody can say of a few whose they are."""
    is_more = counted(state, member).total > ours_beside(state, member)
    return "hardly a user came" if is_more else "no user came"


def through_note(state: State, member: str) -> str:
    """For the report."""
    own, seen = state.members[member].trial.own, arrived(state, member)
    share = f", {own.errors} of them failed" if own.errors else ""
    who = _nobody(state, member)
    return f"judged by {requests(seen)} of our own through the load balancer, {who}{share}"
