"""The status of each member, in words.

What was done to it comes from the journal; where it is comes from the last looks, if there are
any. Where the two contradict each other, both are said.
"""

from collections.abc import Mapping
from typing import Final

from controller.core.decide.guard import put_back_by_hand
from controller.core.events import Answer
from controller.core.outcome import Outcome
from controller.core.phases import HELD_OUT, JUDGED, PUT_BACK, Phase
from controller.core.plan.plan import Plan, Purpose
from controller.core.settings import OnFailure
from controller.core.state.member import RETIRED
from controller.core.state.parts import MemberState
from controller.core.state.state import State
from controller.core.steps import Course
from controller.report.members.placement import Observed, at, observed, others
from controller.report.words import phase_word

Holders = Mapping[str, str]
"""Member → the other poolroll rollout that took it out of rotation."""

NO_HOLDERS: Final[Holders] = {}

NAMELESS: Final = "its name has no address"

RELOADED: Final = (
    "since a reload, which may have restored what this rollout had set before (a state file?)"
)

DOWN: Final = "DOWN{} (fails its health check)"


def member_status(plan: Plan, state: State, m: MemberState, by: Holders = NO_HOLDERS) -> str:
    """`by`: see `Holders`."""
    seen = observed(state, m.name)
    if is_given_back(state, m):
        reason = _why_out(state, m)
        return "in rotation, PUT BACK BY HAND since the end" + (f": {reason}" if reason else "")
    if is_left_out(m) or m.phase in HELD_OUT:
        return _out(plan, state, m) + contradiction(seen)
    if is_gone(state, m):
        return f"gone: {m.why}"
    if m.phase in PUT_BACK:
        return _in(plan, m, seen, by)
    if m.is_unreached:
        return f"SKIPPED, left as found: {m.why}" + _back(seen)
    if m.phase is Phase.LEFT:
        return f"left as found: {m.why or 'taken out by somebody else'}" + _back(seen)
    is_out = bool(seen.out) if seen.is_seen else m.is_away
    place = "OUT OF ROTATION" if is_out else "in rotation"
    return f"{place} ({phase_word(m.phase)})" + (f": {m.why}" if m.why else "")


def is_gone(state: State, m: MemberState) -> bool:
    """Whether its place is no more: its controller does without it."""
    return m.why == RETIRED and not observed(state, m.name).is_seen


def left_status(plan: Plan, state: State, name: str) -> str:
    """Of a member that was out before the rollout began."""
    return f"left as found: {plan.left[name]}" + _back(observed(state, name))


def non_members(plan: Plan, state: State) -> dict[str, str]:
    """Servers of the pool that are not members and do not serve: they count for the floor, and
    are often the cause of a halt."""
    found = {}
    for name in others(state, frozenset((*state.members, *plan.left))):
        seen = observed(state, name)
        if not seen.is_serving:
            found[name] = f"not a member of this rollout, {_not_serving(name, seen, NO_HOLDERS)}"
    return found


def is_left_out(m: MemberState) -> bool:
    """Whether it is out because of us, and no longer in progress."""
    if m.phase is Phase.WAITING:
        return m.placement.found is not None
    return m.phase in (Phase.FAILED, Phase.STUCK)


def is_changed(m: MemberState) -> bool:
    """Whether it is out because of us and its upgrade has begun: users must not meet it."""
    return (is_left_out(m) or m.phase in HELD_OUT) and m.progress.begun


def is_given_back(state: State, m: MemberState) -> bool:
    """Whether an ended rollout left it out, and somebody has put it back since: that is theirs to
    decide, and no longer out because of us."""
    over = state.finished
    is_ended = over is not None and over.outcome is Outcome.ABORTED
    held = m.placement.incarnations
    return is_ended and is_left_out(m) and put_back_by_hand(m.name, held, state.snapshots)


def is_fine(m: MemberState) -> bool:
    """Whether there is nothing to say about it."""
    is_settled = m.phase in (Phase.WAITING, Phase.DONE, Phase.SKIPPED) and m.placement.found is None
    return is_settled and not m.trial.disproven


def way_back(plan: Plan) -> str:
    return "revert" if plan.reverts else "rollback"


def went_back(plan: Plan) -> str:
    return "reverted" if plan.reverts else "rolled back"


def no_way_back(plan: Plan, m: MemberState) -> str:
    """Why a member that failed does not go back, where the rollout file wants that."""
    is_wanted = plan.policies.on_failure is not OnFailure.HALT
    if not m.progress.begun or m.progress.course is Course.ROLLBACK or not is_wanted:
        return ""
    if m.progress.beyond:
        return f", PAST THE POINT OF NO RETURN, NOT {went_back(plan)}"
    return ", NO SNAPSHOT to revert to" if plan.reverts and m.progress.saved is None else ""


def is_whole(plan: Plan, m: MemberState) -> bool:
    """Whether all steps of its direction are done."""
    steps = plan.shape(is_back=m.progress.course is Course.ROLLBACK).steps
    return m.progress.step >= steps or m.progress.answer is Answer.PRESENT


def was_there(m: MemberState) -> bool:
    """Whether `unless` said, before any of its steps ran here, that nothing is to be done: of a
    member that an earlier rollout had left out, and that is returned all the same."""
    p = m.progress
    has_run = p.attempt > 0 or bool(p.exits) or p.course is Course.ROLLBACK
    return p.answer is Answer.PRESENT and not has_run


def contradiction(seen: Observed) -> str:
    """For a member that should be out of rotation everywhere."""
    if not seen.ready:
        return ""
    return f" — NOW IN ROTATION{at(seen.ready)}, though it should be out"


def _back(seen: Observed) -> str:
    """For a member that somebody else had taken out."""
    return " — in rotation now" if seen.is_serving else ""


def _out(plan: Plan, state: State, m: MemberState) -> str:
    why = f": {reason}" if (reason := _why_out(state, m)) else ""
    if m.phase is Phase.STUCK:
        return f"OUT OF ROTATION, {way_back(plan)} failed: a person must repair it{why}"
    if m.phase is Phase.FAILED:
        return f"OUT OF ROTATION{no_way_back(plan, m)}{why}"
    if m.phase is Phase.WAITING and m.progress.course is Course.ROLLBACK:
        return f"OUT OF ROTATION, NOT {went_back(plan)}{why}"
    if m.phase is Phase.WAITING:
        since = "an earlier run" if m.progress.attempt else "an earlier rollout"
        return f"OUT OF ROTATION since {since}"
    runs = ", its command may still run" if m.progress.unfinished else ""
    return f"OUT OF ROTATION ({phase_word(m.phase)}){runs}"


def _why_out(state: State, m: MemberState) -> str:
    """Its own reason, else that of the halt."""
    halt = state.halt
    if m.why or halt is None:
        return m.why
    if halt.member == m.name:
        return halt.seen.removeprefix(f"{m.name}: ")
    return "returning when the rollout halted" if m.progress.begun else ""


def _in(plan: Plan, m: MemberState, seen: Observed, by: Holders) -> str:
    done = _done(plan, m)
    why = m.why.removeprefix("in rotation, ")
    if m.phase in JUDGED or m.phase is Phase.KEPT:
        return _unproven(m, done, why, seen, by)
    if seen.is_seen and not seen.is_serving:
        return f"{done}, but {_not_serving(m.name, seen, by)}"
    if m.trial.disproven:
        return f"{done}, back in rotation though it {fault(m)}"
    if m.phase is Phase.WAITING:
        is_back = m.progress.course is Course.ROLLBACK
        return f"{done}, in rotation, NOT {went_back(plan)}" if is_back else _untouched(done, seen)
    if m.phase is Phase.SKIPPED:
        return f"in rotation, {done}" if seen.is_seen else done
    return f"{done}, in rotation" + (f": {why}" if why else "")


def fault(m: MemberState) -> str:
    """Why it was taken out again, as what follows the name of the member: `failed gate 'errors'`.
    What was seen may be a sentence of its own."""
    why = m.trial.disproven.removeprefix(f"{m.name} ")
    if why.startswith("not proven"):
        return f"was {why}"
    if why != m.trial.disproven or why.startswith("failed gate"):
        return why
    return f"was taken out again: {why.removeprefix(f'{m.name}: ')}"


def _untouched(done: str, seen: Observed) -> str:
    return f"in rotation, {done}" if seen.is_seen else done


def _unproven(m: MemberState, done: str, why: str, seen: Observed, by: Holders) -> str:
    """For a member left in rotation, unless a look shows it out everywhere."""
    end, what = f": {why}" if why else "", _missing(m)
    is_kept = m.phase is Phase.KEPT
    if seen.nameless and seen.nameless == seen.out:
        return f"{done}{what}, {_not_serving(m.name, seen, by)}{end}"
    if (seen.out and not seen.ready) or (is_kept and m.placement.kept_out and not seen.is_seen):
        if is_kept:
            who = "SOMEBODY ELSE" + (", OR BY THE RUN BEFORE" if m.placement.unsure else "")
            return f"{done}, TAKEN OUT BY {who}{what}{end}"
        return f"{done}{what}, {_not_serving(m.name, seen, by)}"
    places = {Phase.KEPT: "IN ROTATION", Phase.RAMPING: "IN ROTATION AT A SHARE OF ITS WEIGHT"}
    place = places.get(m.phase, "in rotation")
    down = f", {DOWN.format(seen.where(seen.down))}" if seen.down else ""
    out = f", TAKEN OUT BY SOMEBODY ELSE{at(seen.out)}" if seen.out else ""
    return f"{done}, {place}{what}{down}{out}{end}"


def _missing(m: MemberState) -> str:
    if m.phase is not Phase.KEPT:
        return f", {'ramp' if m.phase is Phase.RAMPING else 'soak'} not finished"
    if m.progress.begun:
        return ", not proven"
    return "" if m.progress.course is Course.UPGRADE else ", NOT rolled back"


def _not_serving(name: str, seen: Observed, by: Holders) -> str:
    if seen.out:
        why = RELOADED if seen.is_reloaded and name not in by else _by_whom(name, by)
        why = NAMELESS if seen.nameless == seen.out else why
        return f"OUT OF ROTATION{seen.where(seen.out)}: {why}"
    return DOWN.format(seen.where(seen.down))


def _by_whom(name: str, by: Holders) -> str:
    return f"by rollout {by[name]}" if name in by else "not by this rollout"


def _done(plan: Plan, m: MemberState) -> str:
    """What was done to a member that should be in rotation."""
    if m.phase is Phase.SKIPPED:
        return "was already there"
    if m.phase is Phase.WAITING or not m.progress.begun:
        return "untouched" if m.progress.course is Course.UPGRADE else "upgraded"
    if plan.purpose is Purpose.REHEARSAL:
        return "out and back"
    if was_there(m):
        return "was already there" + (", returned" if m.phase is Phase.DONE else "")
    is_back = m.progress.course is Course.ROLLBACK or plan.purpose is Purpose.ROLLBACK
    if m.progress.restore_tried and plan.purpose is not Purpose.ROLLBACK and not m.progress.step:
        return "its upgrade NOT finished"  # validated as the former version, nothing rolled back
    if not is_whole(plan, m):
        return f"its {way_back(plan) if is_back else 'upgrade'} NOT finished"
    return went_back(plan) if is_back else "upgraded"
